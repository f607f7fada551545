#include "loop/cluster_sink.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace capstan::loop {
namespace {

std::string without_slashes(std::string name) {
  std::ranges::replace(name, '/', '_');
  return name;
}

}  // namespace

ClusterSink::ClusterSink(std::string cluster, const std::vector<KindSpec>& kinds, Parts parts)
    : cluster_(without_slashes(std::move(cluster))), mapping_(kinds, "kubernetes"), parts_(std::move(parts)) {}

Observation ClusterSink::look() const {
  return {.scope = "kubernetes:" + cluster_,
          .at = parts_.clock.now(),
          .resources = {},
          .relations = {},
          .complete_kinds = {},
          .departures = {}};
}

std::string ClusterSink::source(const kubernetes::ResourceType& type) const {
  return fmt::format("kubernetes:{}/{}", cluster_, type.name());
}

std::string ClusterSink::prefix(const kubernetes::ResourceType& type) const {
  const KindSpec* kind = mapping_.by_type(type.group, type.kind);
  if (kind == nullptr) return "";
  std::string text = kind->name + "/";
  for (const std::string& part : kind->objects->identity) {
    if (part == "cluster") text += cluster_ + "/";
    if (part == "api_group" && !type.group.empty()) text += type.group + "/";
    if (part == "object_kind") text += type.kind + "/";
  }
  return text;
}

std::optional<Resource> ClusterSink::read(const kubernetes::ResourceType& type, Json object) {
  const KindSpec* kind = mapping_.by_type(type.group, type.kind);
  if (kind == nullptr) return std::nullopt;
  Json given = Json::object({{"cluster", cluster_}});
  if (kind->objects->group == "*") {
    given.set("api_group", type.group);
    given.set("object_kind", type.kind);
  }
  Result<Resource> resource = ObjectMapping::to_resource(*kind, std::move(object), given);
  if (resource) return *std::move(resource);
  parts_.report(source(type), resource.error().to_string());
  return std::nullopt;
}

std::optional<kubernetes::ResourceType> ClusterSink::type_of(std::string_view group, std::string_view kind) {
  std::lock_guard lock(mutex_);
  const auto type = std::ranges::find_if(
      types_, [&](const kubernetes::ResourceType& one) { return one.group == group && one.kind == kind; });
  return type == types_.end() ? std::nullopt : std::optional(*type);
}

void ClusterSink::types(const std::vector<kubernetes::ResourceType>& types, const std::vector<Error>& problems) {
  Observation gone = look();
  {
    std::lock_guard lock(mutex_);
    std::unordered_map<std::string, std::string> now;
    for (const kubernetes::ResourceType& type : types) now.emplace(type.name(), prefix(type));
    for (const auto& [name, ids] : prefixes_) {
      if (!now.contains(name) && !ids.empty()) gone.complete_prefixes.push_back(ids);
    }
    prefixes_ = std::move(now);
    types_ = types;
    std::set<std::string> names;
    for (const kubernetes::ResourceType& type : types) names.insert(type.name());
    if (!unlisted_) unlisted_ = names;
    std::erase_if(*unlisted_, [&](const std::string& name) { return !names.contains(name); });
  }
  if (!gone.complete_prefixes.empty()) parts_.observed(std::move(gone));
  parts_.report("kubernetes:" + cluster_, problems.empty() ? "" : problems.front().to_string());
}

void ClusterSink::note_seen() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(seen_, true)) return;
  }
  parts_.seen(cluster_);
}

void ClusterSink::note_listed(const std::string& type) {
  {
    std::lock_guard lock(mutex_);
    if (!unlisted_) return;
    unlisted_->erase(type);
    if (!unlisted_->empty()) return;
  }
  note_seen();
}

void ClusterSink::reachable(Status state) {
  if (!state) note_seen();
  parts_.report("kubernetes:" + cluster_, state ? "" : state.error().to_string());
}

void ClusterSink::listing(const kubernetes::ResourceType& type) {
  std::lock_guard lock(mutex_);
  listings_[type.name()].clear();
}

void ClusterSink::page(const kubernetes::ResourceType& type, std::vector<Json> objects) {
  Observation seen = look();
  for (Json& object : objects) {
    if (std::optional<Resource> resource = read(type, std::move(object))) {
      seen.resources.push_back(*std::move(resource));
    }
  }
  // The same object may come twice in a list; the newer one counts.
  std::unordered_set<ResourceId> ids;
  std::vector<Resource> once;
  for (Resource& resource : std::ranges::reverse_view(seen.resources)) {
    if (ids.insert(resource.id).second) once.push_back(std::move(resource));
  }
  seen.resources = std::move(once);
  {
    std::lock_guard lock(mutex_);
    std::vector<ResourceId>& listed = listings_[type.name()];
    for (const Resource& resource : seen.resources) listed.push_back(resource.id);
  }
  if (!seen.resources.empty()) parts_.observed(std::move(seen));
}

void ClusterSink::listed(const kubernetes::ResourceType& type) {
  Observation complete = look();
  {
    std::lock_guard lock(mutex_);
    complete.still_there = std::move(listings_[type.name()]);
    listings_.erase(type.name());
  }
  if (std::string ids = prefix(type); !ids.empty()) {
    complete.complete_prefixes.push_back(std::move(ids));
    parts_.observed(std::move(complete));
  }
  note_listed(type.name());
}

void ClusterSink::changed(const kubernetes::ResourceType& type, Json object) {
  std::optional<Resource> resource = read(type, std::move(object));
  if (!resource) return;
  Observation seen = look();
  seen.resources.push_back(*std::move(resource));
  parts_.observed(std::move(seen));
}

void ClusterSink::deleted(const kubernetes::ResourceType& type, Json object) {
  const std::optional<Resource> resource = read(type, std::move(object));
  if (!resource) return;
  Observation seen = look();
  seen.gone.push_back(resource->id);
  parts_.observed(std::move(seen));
}

void ClusterSink::state(const kubernetes::ResourceType& type, Status state) {
  parts_.report(source(type), state ? "" : state.error().to_string());
  if (!state) note_listed(type.name());
}

}  // namespace capstan::loop
