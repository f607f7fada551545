#include "connect/kubernetes/verbs/removal_verb.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/performed.h"
#include "model/verb_check.h"

namespace capstan::kubernetes {
namespace {

constexpr Duration kMostGrace{3'600'000};
constexpr auto kPropagations = std::to_array<std::string_view>({"Background", "Foreground", "Orphan"});

VerbSpec spec_of(RemovalVerb::Way way, std::vector<std::string> target_kinds) {
  const bool evicts = way == RemovalVerb::Way::kEvict;
  VerbSpec spec{
      .name = evicts ? "kubernetes.evict" : "kubernetes.delete",
      .title = evicts ? "Evict" : "Delete",
      .help = evicts ? "Takes the pod from its node, unless a disruption budget forbids it now."
                     : "Deletes the object, and no other that has taken its name.",
      .target_kinds = std::move(target_kinds),
      .parameters = {{"grace", ColumnType::kText, false, "How long its containers may take to end: \"30s\"."}},
      .danger = evicts ? Danger::kDisruptive : Danger::kDestructive,
      .idempotent = true,
      .undoable = false};
  if (!evicts) {
    spec.parameters.push_back(
        {"propagation", ColumnType::kText, false, "What becomes of what it owns: Background, Foreground or Orphan."});
  }
  return spec;
}

Result<DeleteOptions> options_of(const Json& parameters, const Json& before) {
  DeleteOptions options{.uid = before["uid"].string_or_empty(),
                        .propagation = parameters["propagation"].string_or_empty()};
  if (parameters.contains("grace")) {
    const Duration grace = TRY(duration_parameter(parameters, "grace", Duration(0), kMostGrace));
    options.grace_seconds = std::chrono::ceil<std::chrono::seconds>(grace).count();
  }
  if (!options.propagation.empty() && std::ranges::find(kPropagations, options.propagation) == kPropagations.end()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'propagation' must be one of {}, found '{}'",
                                                         fmt::join(kPropagations, ", "), options.propagation));
  }
  return options;
}

std::string says_of(const Json& left) {
  const Json& finalizers = left["metadata"]["finalizers"];
  if (!finalizers.items().empty()) {
    return fmt::format("it ends when its finalizers have let it go, {} first",
                       finalizers.items().front().string_or_empty());
  }
  return "it is gone, or ends within its grace time";
}

}  // namespace

RemovalVerb::RemovalVerb(Way way, std::vector<std::string> target_kinds, const ClusterReach& reach)
    : ObjectVerb(spec_of(way, std::move(target_kinds)), reach), way_(way) {}

Status RemovalVerb::check(const Resource& target, const Json& parameters) const {
  TRY(ObjectVerb::check(target, parameters));
  TRY(options_of(parameters, Json::object()));
  return {};
}

Result<Json> RemovalVerb::state_before(const Resource& target, const Json&) {
  const Object object = TRY(find(target));
  const Json now = TRY(object.get());
  return identity(now);
}

Performed RemovalVerb::perform(const Action& action, const Resource& target, const Json& before,
                               const std::stop_token& stop) {
  const auto object = find(target);
  if (!object) return failed(quoted(object.error()));
  const auto options = options_of(action.parameters, before);
  if (!options) return failed(quoted(options.error()));
  if (way_ == Way::kEvict) {
    if (Status done = object->contact->pods.evict(object->name, *options, stop); !done)
      return not_performed(done.error());
    return succeeded(Words::phrase("done.evicted"));
  }
  const auto left = object->contact->client.remove(object->type, object->name, *options, stop);
  if (!left && left.error().code == ErrorCode::kNotFound) return succeeded(Words::phrase("done.gone_already"));
  if (!left) return not_performed(left.error());
  return succeeded(says_of(*left));
}

ProbeAnswer RemovalVerb::probe(const Action&, const Resource& target, const Json& before) {
  const auto object = find(target);
  if (!object) return ProbeAnswer::kCannotTell;
  const auto now = read(*object, before);
  if (!now) return now.error().code == ErrorCode::kNotFound ? ProbeAnswer::kHappened : ProbeAnswer::kCannotTell;
  return (*now)["metadata"].contains("deletionTimestamp") ? ProbeAnswer::kHappened : ProbeAnswer::kDidNotHappen;
}

}  // namespace capstan::kubernetes
