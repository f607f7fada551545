#include "connect/kubernetes/verbs/patch_verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/json_changes.h"
#include "base/json_path.h"
#include "connect/kubernetes/secret_values.h"
#include "model/performed.h"

namespace capstan::kubernetes {
namespace {

constexpr size_t kMostChanges = 50;

Result<PatchKind> patch_kind(const Json& parameters) {
  const std::string& type = parameters["type"].string_or_empty();
  const bool is_list = parameters["patch"].is_array();
  if (is_list && (type.empty() || type == "json")) return PatchKind::kJson;
  if (!is_list && (type.empty() || type == "merge")) return PatchKind::kMerge;
  if (!is_list && type == "strategic") return PatchKind::kStrategic;
  return fail(ErrorCode::kInvalidArgument, fmt::format("'type' must be {} for this patch, found '{}'",
                                                       is_list ? "json" : "merge or strategic", type));
}

// What others write, or the server by itself, is not what the patch is about.
Json without_bookkeeping(Json object) {
  Json metadata = object["metadata"];
  for (std::string_view name : {"generation", "managedFields", "resourceVersion"}) {
    metadata.mutable_members().erase(std::string(name));
  }
  object.set("metadata", std::move(metadata));
  object.mutable_members().erase("status");
  return object;
}

Result<Json> value_at(const Json& object, const std::string& path) {
  const JsonPath place = TRY(JsonPath::parse(path));
  return place.read(object);
}

// Whether every changed place holds what it held before, or what it was given.
bool holds(const Json& object, const Json& changes, std::string_view when) {
  return std::ranges::all_of(changes.items(), [&](const Json& change) {
    const Result<Json> value = value_at(object, change["path"].string_or_empty());
    return value && *value == change[when];
  });
}

bool mentions_secrets(const Json& before, const Json& after) {
  Json masked_before = before;
  Json masked_after = after;
  mask_values(masked_before);
  mask_values(masked_after);
  const std::vector<JsonChange> plain = json_changes(before, after, kMostChanges);
  const std::vector<JsonChange> masked = json_changes(masked_before, masked_after, kMostChanges);
  return !std::ranges::equal(plain, masked, [](const JsonChange& a, const JsonChange& b) {
    return a.path == b.path && a.before == b.before && a.after == b.after;
  });
}

}  // namespace

PatchVerb::PatchVerb(std::vector<std::string> target_kinds, const ClusterReach& reach)
    : ObjectVerb({.name = "kubernetes.patch",
                  .title = "Patch",
                  .help = "Changes places of the object: a merge patch, a strategic one, or a list of operations.",
                  .target_kinds = std::move(target_kinds),
                  .parameters = {{"patch", ColumnType::kJson, true,
                                  "An object that is merged into it, or operations as RFC 6902 has them."},
                                 {"type", ColumnType::kText, false, "merge (lists are replaced) or strategic."}},
                  .danger = Danger::kDisruptive,
                  .idempotent = false,
                  .undoable = true},
                 reach) {}

Status PatchVerb::check(const Resource& target, const Json& parameters) const {
  TRY(ObjectVerb::check(target, parameters));
  const Json& patch = parameters["patch"];
  if (!patch.is_object() && !patch.is_array()) {
    return fail(ErrorCode::kInvalidArgument, "'patch' must be an object or a list of operations");
  }
  TRY(patch_kind(parameters));
  const Object object = TRY(find(target));
  if (!keeps_secrets(object.type)) return {};
  return fail(ErrorCode::kPermissionDenied,
              "what a Secret holds would stand in facts for ever: it is not patched here");
}

Result<Json> PatchVerb::state_before(const Resource& target, const Json& parameters) {
  const Object object = TRY(find(target));
  const PatchKind kind = TRY(patch_kind(parameters));
  const Json now = TRY(object.get());
  const Json after =
      TRY(object.contact->client.patch(object.type, object.name, kind, parameters["patch"], {.dry_run = true}));
  Json before = identity(now);
  before.set("resource_version", now["metadata"]["resourceVersion"]);
  const Json old_text = without_bookkeeping(now);
  const Json new_text = without_bookkeeping(after);
  if (mentions_secrets(old_text, new_text)) {
    return fail(ErrorCode::kPermissionDenied,
                "the patch changes what looks like a secret, and that would stand in facts for ever");
  }
  Json changes = Json::array();
  for (const JsonChange& change : json_changes(old_text, new_text, kMostChanges)) {
    changes.push_back(Json::object({{"path", change.path}, {"before", change.before}, {"after", change.after}}));
  }
  before.set("changes", std::move(changes));
  return before;
}

Performed PatchVerb::perform(const Action& action, const Resource& target, const Json& before,
                             const std::stop_token& stop) {
  const auto object = find(target);
  if (!object) return failed(quoted(object.error()));
  const auto kind = patch_kind(action.parameters);
  if (!kind) return failed(quoted(kind.error()));
  if (before["changes"].items().empty()) return succeeded(Words::phrase("done.so_already"));
  const auto now = read(*object, before, stop);
  if (!now) return not_performed(now.error());
  if (!holds(*now, before["changes"], "before")) return failed(Words::phrase("done.not_changed_since"));
  const Json& patch = action.parameters["patch"];
  const auto done = object->contact->client.patch(object->type, object->name, *kind, patch, {}, stop);
  if (!done) return not_performed(done.error());
  return succeeded(Words::phrase("done.patched", {{"count", std::to_string(before["changes"].items().size())}}));
}

ProbeAnswer PatchVerb::probe(const Action&, const Resource& target, const Json& before) {
  const auto object = find(target);
  if (!object) return ProbeAnswer::kCannotTell;
  const auto now = read(*object, before);
  if (!now) return ProbeAnswer::kCannotTell;
  if (holds(*now, before["changes"], "after")) return ProbeAnswer::kHappened;
  return holds(*now, before["changes"], "before") ? ProbeAnswer::kDidNotHappen : ProbeAnswer::kCannotTell;
}

Performed PatchVerb::undo(const Action&, const Resource& target, const Json& before, const std::stop_token& stop) {
  const auto object = find(target);
  if (!object) return failed(quoted(object.error()));
  auto now = read(*object, before, stop);
  if (!now) return not_performed(now.error());
  if (!holds(*now, before["changes"], "after")) return failed(Words::phrase("done.not_places_since"));
  // Their order matters where one lies in another's list: the last goes first.
  for (const Json& change : before["changes"].items() | std::views::reverse) {
    apply_change(*now, change["path"].string_or_empty(), change["before"]);
  }
  // Refused where it has changed since it was read just now.
  const auto done = object->contact->client.update(object->type, object->name, *now, {}, stop);
  if (!done) return not_performed(done.error());
  return succeeded(Words::phrase("done.patched_back", {{"count", std::to_string(before["changes"].items().size())}}));
}

}  // namespace capstan::kubernetes
