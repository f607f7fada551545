#include "loop/live_object.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mask_secrets.h"
#include "connect/kubernetes/secret_values.h"
#include "drift/compare.h"

namespace capstan::loop {
namespace {

constexpr std::string_view kFieldManager = "capstan-drift";
constexpr std::string_view kNotToBeApplied[] = {"creationTimestamp", "generation", "managedFields",
                                                "resourceVersion",   "selfLink",   "uid"};

Json to_apply(Json manifest, const std::string& name_space) {
  Json metadata = manifest["metadata"];
  for (std::string_view name : kNotToBeApplied) metadata.mutable_members().erase(std::string(name));
  if (!name_space.empty()) metadata.set("namespace", name_space);
  manifest.set("metadata", std::move(metadata));
  manifest.mutable_members().erase("status");
  return manifest;
}

// It was asked, and said no to the manifest; not: it cannot be asked.
bool is_refusal(ErrorCode code) {
  return code == ErrorCode::kInvalidArgument || code == ErrorCode::kFailedPrecondition || code == ErrorCode::kNotFound;
}

bool is_silence(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kDeadlineExceeded ||
         code == ErrorCode::kUnauthenticated || code == ErrorCode::kCancelled;
}

}  // namespace

bool is_not_kept(const Json& value) {
  if (value.is_string()) {
    const std::string& text = value.string_or_empty();
    return text.find(kMask) != std::string::npos || text.ends_with("…");
  }
  if (value.contains(kOmitted)) return true;
  return std::ranges::any_of(value.items(), is_not_kept) ||
         std::ranges::any_of(value.members(), [](const auto& member) { return is_not_kept(member.second); });
}

std::optional<kubernetes::ResourceType> LiveObjects::type_of(const Json& manifest) const {
  if (contact_ == nullptr) return std::nullopt;
  const std::string group = drift::group_of(manifest);
  std::optional<kubernetes::ResourceType> type = contact_->type_of(group, manifest["kind"].string_or_empty());
  // Another version of it may have other fields.
  if (type) type->version = manifest["apiVersion"].string_or_empty().substr(group.empty() ? 0 : group.size() + 1);
  return type;
}

Result<LiveObject> LiveObjects::look(const Json& manifest, const std::string& name_space, const ResourceId& id) {
  const std::optional<kubernetes::ResourceType> type = type_of(manifest);
  if (contact_ != nullptr && !type) {
    return fail(ErrorCode::kNotFound,
                fmt::format("the cluster serves no {} of {}, or it may not be watched",
                            manifest["kind"].string_or_empty(), manifest["apiVersion"].string_or_empty()));
  }
  if (type && answers_) {
    const kubernetes::ObjectName name{type->namespaced ? name_space : "",
                                      manifest["metadata"]["name"].string_or_empty()};
    if (std::optional<LiveObject> live = ask(manifest, *type, name)) return *std::move(live);
  }
  return remember(manifest, id);
}

std::optional<LiveObject> LiveObjects::ask(const Json& manifest, const kubernetes::ResourceType& type,
                                           const kubernetes::ObjectName& name) {
  LiveObject live{.source = drift::Source::kObject, .object = {}, .wanted = {}, .refusal = {}};
  Result<Json> object = contact_->client.get_with_managers(type, name, stop_);
  if (!object) {
    if (object.error().code == ErrorCode::kNotFound) return live;
    answers_ = !is_silence(object.error().code);
    silence_ = object.error();
    return std::nullopt;
  }
  live.object = *std::move(object);
  Result<Json> wanted = contact_->client.apply(type, name, to_apply(manifest, name.name_space), true,
                                               {.dry_run = true, .field_manager = std::string(kFieldManager)}, stop_);
  if (wanted) {
    live.source = drift::Source::kServer;
    live.wanted = *std::move(wanted);
  } else if (is_refusal(wanted.error().code)) {
    // The server repeats values that it does not like.
    live.refusal = kubernetes::keeps_secrets(type) ? "the Secret is not valid" : mask_argument(wanted.error().message);
  }
  return live;
}

Result<LiveObject> LiveObjects::remember(const Json& manifest, const ResourceId& id) const {
  LiveObject live;
  std::optional<catalog::KnownResource> known = TRY(catalog_.resource(id));
  if (!known) return silence_ ? Result<LiveObject>(fail(*silence_)) : live;
  live.object = std::move(known->object);
  if (live.object["apiVersion"] != manifest["apiVersion"]) {
    return fail(ErrorCode::kUnavailable, fmt::format("the API server cannot be asked, and the catalog has it as {}",
                                                     live.object["apiVersion"].string_or_empty()));
  }
  Json metadata = live.object["metadata"];
  metadata.set("labels", to_json(known->resource.labels));
  live.object.set("metadata", std::move(metadata));
  return live;
}

}  // namespace capstan::loop
