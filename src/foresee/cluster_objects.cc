#include "foresee/cluster_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "model/object_mapping.h"

namespace capstan::foresee {
namespace {

struct KnownType {
  std::string_view type;
  bool in_space;
};

constexpr std::array<KnownType, 20> kTypes = {{{"Node", false},
                                               {"Namespace", false},
                                               {"PersistentVolume", false},
                                               {"StorageClass", false},
                                               {"PriorityClass", false},
                                               {"RuntimeClass", false},
                                               {"Pod", true},
                                               {"PersistentVolumeClaim", true},
                                               {"PodDisruptionBudget", true},
                                               {"ResourceQuota", true},
                                               {"LimitRange", true},
                                               {"HorizontalPodAutoscaler", true},
                                               {"Deployment", true},
                                               {"ReplicaSet", true},
                                               {"StatefulSet", true},
                                               {"DaemonSet", true},
                                               {"ReplicationController", true},
                                               {"Job", true},
                                               {"ConfigMap", true},
                                               {"APIService", false}}};
// Of config maps only this one says how to scale.
constexpr std::string_view kPriorityExpander = "cluster-autoscaler-priority-expander";
const Json kNothing;

const KnownType* known(std::string_view type) {
  const auto found = std::ranges::find(kTypes, type, &KnownType::type);
  return found == kTypes.end() ? nullptr : &*found;
}

std::string key_of(std::string_view space, std::string_view name) {
  return space.empty() ? std::string(name) : fmt::format("{}/{}", space, name);
}

// The kinds of the picture that hold objects of a type that matters.
std::vector<const KindSpec*> kinds_that_matter(const catalog::Picture& picture) {
  std::vector<const KindSpec*> kinds;
  for (const KindSpec& kind : picture.kinds()) {
    if (kind.objects && kind.objects->system == "kubernetes" && kind.name.starts_with("k8s_") &&
        known(kind.objects->type) != nullptr) {
      kinds.push_back(&kind);
    }
  }
  return kinds;
}

Result<std::string> only_cluster(catalog::Picture& picture) {
  std::set<std::string> names;
  for (const KindSpec* kind : kinds_that_matter(picture)) {
    auto rows = TRY(picture.database().prepare(fmt::format("SELECT DISTINCT cluster FROM {}", kind->name)));
    while (TRY(rows.step())) names.emplace(rows.text(0));
  }
  if (names.size() == 1) return *names.begin();
  return fail(ErrorCode::kInvalidArgument, names.empty()
                                               ? "no cluster is known"
                                               : fmt::format("which cluster? known are {}", fmt::join(names, ", ")));
}

}  // namespace

std::string space_of(const Json& object) { return object["metadata"]["namespace"].string_or_empty(); }

const std::string& name_of(const Json& object) { return object["metadata"]["name"].string_or_empty(); }

const Json& controller_of(const Json& object) {
  for (const Json& owner : object["metadata"]["ownerReferences"].items()) {
    if (owner["controller"].bool_or(false)) return owner;
  }
  return kNothing;
}

bool ClusterObjects::matters(std::string_view type) { return known(type) != nullptr; }

bool ClusterObjects::in_space(std::string_view type) {
  const KnownType* one = known(type);
  return one != nullptr && one->in_space;
}

Result<ClusterObjects> ClusterObjects::from(catalog::Picture& picture, std::string cluster) {
  ClusterObjects objects;
  objects.cluster_ = cluster.empty() ? TRY(only_cluster(picture)) : std::move(cluster);
  for (const KindSpec* kind : kinds_that_matter(picture)) {
    auto rows = TRY(picture.database().prepare(fmt::format("SELECT id FROM {} WHERE cluster = ?1", kind->name)));
    std::vector<std::string> ids;
    rows.with(objects.cluster_);
    while (TRY(rows.step())) ids.emplace_back(rows.text(0));
    for (const std::string& id : ids) {
      if (kind->objects->type == "ConfigMap" && !id.ends_with(kPriorityExpander)) continue;
      std::optional<Resource> resource = picture.find(id);
      if (!resource) continue;
      Json object = std::move(resource->fields);
      if (!kind->objects->labels.empty()) kind->objects->labels.write(object, to_json(resource->labels));
      object.set("kind", kind->objects->type);
      objects.put(std::move(object));
    }
  }
  return objects;
}

ClusterObjects ClusterObjects::from(std::vector<ObjectDocument> documents, std::string_view space) {
  ClusterObjects objects;
  for (ObjectDocument& document : documents) {
    Json object = std::move(document.object);
    if (in_space(object["kind"].string_or_empty()) && space_of(object).empty()) {
      Json metadata = object["metadata"];
      metadata.set("namespace", space);
      object.set("metadata", std::move(metadata));
    }
    objects.put(std::move(object));
  }
  return objects;
}

const ClusterObjects::OfType& ClusterObjects::of(std::string_view type) const {
  static const OfType none;
  const auto found = types_.find(type);
  return found == types_.end() ? none : found->second;
}

const Json* ClusterObjects::find(std::string_view type, std::string_view space, std::string_view name) const {
  const OfType& all = of(type);
  const auto found = all.find(key_of(in_space(type) ? space : "", name));
  return found == all.end() ? nullptr : &found->second;
}

void ClusterObjects::put(Json object) {
  const std::string type = object["kind"].string_or_empty();
  if (!matters(type)) return;
  Json& place = types_[type][key_of(in_space(type) ? space_of(object) : "", name_of(object))];
  if (!object.contains("status") && place.contains("status")) object.set("status", place["status"]);
  place = std::move(object);
}

void ClusterObjects::remove(std::string_view type, std::string_view space, std::string_view name) {
  const auto found = types_.find(type);
  if (found != types_.end()) found->second.erase(key_of(in_space(type) ? space : "", name));
}

}  // namespace capstan::foresee
