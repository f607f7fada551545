#include "foresee/schedule_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace capstan::foresee {
namespace {

constexpr std::string_view kNoProvisioner = "kubernetes.io/no-provisioner";
constexpr std::string_view kZoneLabels[] = {"topology.kubernetes.io/zone", "topology.kubernetes.io/region",
                                            "failure-domain.beta.kubernetes.io/zone",
                                            "failure-domain.beta.kubernetes.io/region"};

bool has_ended(const Json& pod) {
  const std::string& phase = pod["status"]["phase"].string_or_empty();
  return phase == "Succeeded" || phase == "Failed";
}

std::vector<NodeTerm> read_node_terms(const Json& terms) {
  std::vector<NodeTerm> read;
  for (const Json& term : terms.items()) read.push_back(read_node_term(term));
  return read;
}

std::string term_key(const PodTerm& term) {
  return fmt::format("{}|{}|{}|{}|{}", term.topology, term.selector ? 1 : 0, term.selector ? term.selector->text() : "",
                     term.everywhere, fmt::join(term.spaces, ","));
}

// A zone label of a volume may name several: "a__b".
std::set<std::string> split_zones(std::string_view text) {
  std::set<std::string> zones;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find("__", at), text.size());
    zones.emplace(text.substr(at, end - at));
    at = end + 2;
  }
  return zones;
}

void count_class(std::vector<ClassCount>& classes, int pod_class, int times, bool leaving) {
  auto found = std::ranges::find(classes, pod_class, &ClassCount::pod_class);
  if (found == classes.end()) found = classes.insert(classes.end(), {pod_class, 0, 0});
  found->pods += times;
  if (leaving) found->leaving += times;
  if (found->pods == 0) classes.erase(found);
}

}  // namespace

ScheduleWorld::ScheduleWorld(const ClusterObjects& objects) {
  read_surroundings(objects);
  for (const auto& [name, node] : objects.of("Node")) add_node(read_node(node, names_));
  for (const auto& [name, pod] : objects.of("Pod")) {
    if (has_ended(pod)) continue;
    const PodNumber number = add_pod(pod);
    const std::string& node = pod["spec"]["nodeName"].string_or_empty();
    if (node.empty()) continue;
    const NodeNumber on = node_named(node);
    if (on == kNowhere) {
      pods_.pop_back();  // Its node is no more; it is about to be collected.
    } else {
      place(number, on);
    }
  }
}

void ScheduleWorld::read_surroundings(const ClusterObjects& objects) {
  for (const auto& [name, space] : objects.of("Namespace")) {
    spaces_[name] = resource_labels(space["metadata"]["labels"]);
    spaces_[name].emplace("kubernetes.io/metadata.name", name);
  }
  for (const char* type : {"Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"}) {
    for (const auto& [key, object] : objects.of(type)) {
      const std::string space = space_of(object);
      if (!spaces_.contains(space)) spaces_[space] = {{"kubernetes.io/metadata.name", space}};
    }
  }
  priorities_ = {{"system-cluster-critical", 2'000'000'000}, {"system-node-critical", 2'000'001'000}};
  for (const auto& [name, one] : objects.of("PriorityClass")) {
    priorities_[name] = one["value"].int_or(0);
    if (one["globalDefault"].bool_or(false)) priorities_[""] = one["value"].int_or(0);
  }
  claims_ = std::make_shared<const ClusterObjects::OfType>(objects.of("PersistentVolumeClaim"));
  volumes_ = std::make_shared<const ClusterObjects::OfType>(objects.of("PersistentVolume"));
  storage_classes_ = std::make_shared<const ClusterObjects::OfType>(objects.of("StorageClass"));
}

ScheduleNode ScheduleWorld::read_node(const Json& object, ResourceNames& names) {
  ScheduleNode node;
  node.name = name_of(object);
  node.labels = resource_labels(object["metadata"]["labels"]);
  node.unschedulable = object["spec"]["unschedulable"].bool_or(false);
  for (const Json& taint : object["spec"]["taints"].items()) {
    node.taints.push_back(
        {taint["key"].string_or_empty(), taint["value"].string_or_empty(), taint["effect"].string_or_empty()});
  }
  const Json& status = object["status"];
  node.allocatable = names.read(status.contains("allocatable") ? status["allocatable"] : status["capacity"]);
  return node;
}

int ScheduleWorld::value_in(Topology& topology, const ScheduleNode& node) {
  const auto label = node.labels.find(topology.label);
  if (label == node.labels.end()) return kNowhere;
  const auto known = std::ranges::find(topology.values, label->second);
  if (known == topology.values.end()) topology.values.push_back(label->second);
  return static_cast<int>(known - topology.values.begin());
}

NodeNumber ScheduleWorld::add_node(ScheduleNode node) {
  for (Topology& topology : topologies_) topology.of_node.push_back(value_in(topology, node));
  nodes_.push_back(std::move(node));
  return static_cast<NodeNumber>(nodes_.size()) - 1;
}

int ScheduleWorld::topology_number(const std::string& label) {
  const auto found = std::ranges::find(topologies_, label, &Topology::label);
  if (found != topologies_.end()) return static_cast<int>(found - topologies_.begin());
  Topology topology{.label = label, .values = {}, .of_node = {}};
  std::unordered_map<std::string, int> numbers;  // A thousand host names are looked up, not searched for.
  for (const ScheduleNode& node : nodes_) {
    const auto has = node.labels.find(label);
    if (has == node.labels.end()) {
      topology.of_node.push_back(kNowhere);
      continue;
    }
    const auto [number, is_new] = numbers.emplace(has->second, static_cast<int>(topology.values.size()));
    if (is_new) topology.values.push_back(has->second);
    topology.of_node.push_back(number->second);
  }
  topologies_.push_back(std::move(topology));
  return static_cast<int>(topologies_.size()) - 1;
}

std::vector<PodNumber> ScheduleWorld::remove_node(NodeNumber number) {
  ScheduleNode& node = nodes_[static_cast<size_t>(number)];
  if (node.gone) return {};
  std::vector<PodNumber> waiting;
  for (const PodNumber pod : std::vector(node.pods)) {
    unplace(pod);
    SchedulePod& moved = pods_[static_cast<size_t>(pod)];
    const bool comes_again = !moved.owner.empty() && !moved.owner.starts_with("DaemonSet/") &&
                             !moved.owner.starts_with("Node/") && !moved.leaving;
    moved.gone = !comes_again;
    if (comes_again) waiting.push_back(pod);
  }
  node.gone = true;
  ++gone_nodes_;
  return waiting;
}

void ScheduleWorld::set_unschedulable(NodeNumber node, bool unschedulable) {
  nodes_[static_cast<size_t>(node)].unschedulable = unschedulable;
}

int ScheduleWorld::class_number(const std::string& space, const ResourceLabels& labels) {
  const std::string key = space + '\n' + to_json(labels).dump();
  const auto [found, is_new] = class_numbers_.emplace(key, static_cast<int>(classes_.size()));
  if (is_new) classes_.push_back(std::make_shared<const PodClass>(PodClass{space, labels}));
  return found->second;
}

int ScheduleWorld::held_number(std::vector<HeldTerm>& held, std::map<std::string, int>& known, const PodTerm& term) {
  const auto [found, is_new] = known.emplace(term_key(term), static_cast<int>(held.size()));
  if (is_new) held.push_back({.term = term, .topology = topology_number(term.topology), .counts = {}});
  return found->second;
}

ShapeNumber ScheduleWorld::shape_number(const Json& pod) {
  const auto [found, is_new] = shape_numbers_.emplace(shape_key(pod), static_cast<int>(shapes_.size()));
  if (!is_new) return found->second;
  auto read =
      std::make_shared<const PodShape>(read_pod_shape(pod, {.spaces = &spaces_, .priorities = &priorities_}, names_));
  Shape shape{.shape = read,
              .volumes = std::make_shared<const VolumeDemand>(read_volumes(*read)),
              .pod_class = class_number(read->space, read->labels),
              .held_apart = {},
              .held_liked = {}};
  for (const PodTerm& term : read->apart) {
    shape.held_apart.emplace_back(held_number(kept_apart_, kept_apart_numbers_, term), 1);
  }
  const auto like = [&](const std::vector<PodTerm>& terms, int sign, int weight) {
    for (const PodTerm& term : terms) {
      shape.held_liked.emplace_back(held_number(liked_, liked_numbers_, term),
                                    sign * (weight != 0 ? weight : term.weight));
    }
  };
  like(read->liked_near, 1, 0);
  like(read->liked_apart, -1, 0);
  like(read->near, 1, 1);  // Where a pod must be near others, these are liked there a little.
  shapes_.push_back(std::move(shape));
  return found->second;
}

PodNumber ScheduleWorld::add_pod(const Json& pod) {
  const Json& owner = controller_of(pod);
  pods_.push_back({.space = space_of(pod),
                   .name = name_of(pod),
                   .owner = owner.is_object()
                                ? fmt::format("{}/{}", owner["kind"].string_or_empty(), owner["name"].string_or_empty())
                                : "",
                   .shape = shape_number(pod),
                   .leaving = pod["metadata"]["deletionTimestamp"].is_string(),
                   .is_new = !pod["metadata"]["creationTimestamp"].is_string(),
                   .created = pod["metadata"]["creationTimestamp"].string_or_empty()});
  return static_cast<PodNumber>(pods_.size()) - 1;
}

void ScheduleWorld::count_held(const Shape& shape, NodeNumber node, int64_t times) {
  const auto count = [&](std::vector<HeldTerm>& held, const std::vector<std::pair<int, int64_t>>& terms) {
    for (const auto& [number, weight] : terms) {
      HeldTerm& term = held[static_cast<size_t>(number)];
      const int value = topology(term.topology).of_node[static_cast<size_t>(node)];
      if (value == kNowhere) continue;
      if (term.counts.size() <= static_cast<size_t>(value)) term.counts.resize(static_cast<size_t>(value) + 1);
      term.counts[static_cast<size_t>(value)] += weight * times;
    }
  };
  count(kept_apart_, shape.held_apart);
  count(liked_, shape.held_liked);
}

void ScheduleWorld::place(PodNumber number, NodeNumber on) {
  SchedulePod& pod = pods_[static_cast<size_t>(number)];
  ScheduleNode& node = nodes_[static_cast<size_t>(on)];
  const Shape& shape = shapes_[static_cast<size_t>(pod.shape)];
  pod.node = on;
  add(node.used, shape.shape->requests);
  node.usual_cpu = bounded_sum(node.usual_cpu, shape.shape->usual_cpu);
  node.usual_memory = bounded_sum(node.usual_memory, shape.shape->usual_memory);
  node.ports.insert(node.ports.end(), shape.shape->ports.begin(), shape.shape->ports.end());
  node.pods.push_back(number);
  count_class(node.classes, shape.pod_class, 1, pod.leaving);
  count_held(shape, on, 1);
  for (const std::string& claim : shape.shape->claims) ++claim_users_[pod.space + "/" + claim];
}

void ScheduleWorld::unplace(PodNumber number) {
  SchedulePod& pod = pods_[static_cast<size_t>(number)];
  ScheduleNode& node = nodes_[static_cast<size_t>(pod.node)];
  const Shape& shape = shapes_[static_cast<size_t>(pod.shape)];
  add(node.used, shape.shape->requests, -1);
  node.usual_cpu = bounded_sum(node.usual_cpu, -shape.shape->usual_cpu);
  node.usual_memory = bounded_sum(node.usual_memory, -shape.shape->usual_memory);
  for (const HostPort& port : shape.shape->ports) {
    const auto found = std::ranges::find(node.ports, port);
    if (found != node.ports.end()) node.ports.erase(found);
  }
  std::erase(node.pods, number);
  count_class(node.classes, shape.pod_class, -1, pod.leaving);
  count_held(shape, pod.node, -1);
  for (const std::string& claim : shape.shape->claims) --claim_users_[pod.space + "/" + claim];
  pod.node = kNowhere;
}

void ScheduleWorld::remove_pod(PodNumber number) {
  if (pod(number).node != kNowhere) unplace(number);
  pods_[static_cast<size_t>(number)].gone = true;
}

NodeNumber ScheduleWorld::node_named(std::string_view name) const {
  const auto found =
      std::ranges::find_if(nodes_, [&](const ScheduleNode& node) { return node.name == name && !node.gone; });
  return found == nodes_.end() ? kNowhere : static_cast<NodeNumber>(found - nodes_.begin());
}

int ScheduleWorld::claim_users(const std::string& claim) const {
  const auto found = claim_users_.find(claim);
  return found == claim_users_.end() ? 0 : found->second;
}

std::vector<PodNumber> ScheduleWorld::waiting() const {
  std::vector<PodNumber> numbers;
  for (size_t i = 0; i < pods_.size(); ++i) {
    if (pods_[i].node == kNowhere && !pods_[i].gone && !pods_[i].leaving) numbers.push_back(static_cast<int>(i));
  }
  std::ranges::stable_sort(numbers, {}, [&](PodNumber number) {
    return std::tuple(-shape_of(number).priority, pod(number).is_new, std::string_view(pod(number).created));
  });
  return numbers;
}

// Of a volume that is there: where it can be attached.
void ScheduleWorld::read_volume(const Json& volume, VolumeDemand& demand) const {
  const Json& required = volume["spec"]["nodeAffinity"]["required"];
  if (required.is_object()) demand.affinities.push_back(read_node_terms(required["nodeSelectorTerms"]));
  const ResourceLabels labels = resource_labels(volume["metadata"]["labels"]);
  for (std::string_view label : kZoneLabels) {
    const auto zone = labels.find(label);
    if (zone != labels.end()) demand.zones.emplace_back(label, split_zones(zone->second));
  }
}

// Of a claim that has no volume yet.
void ScheduleWorld::read_unbound(const Json& claim, const std::string& name, VolumeDemand& demand) const {
  const Json& written = claim["spec"]["storageClassName"];
  const auto is_default = [](const auto& entry) {
    return entry.second["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"].string_or_empty() ==
           "true";
  };
  const auto found = written.is_string() ? storage_classes_->find(written.string_or_empty())
                                         : std::ranges::find_if(*storage_classes_, is_default);
  if (found == storage_classes_->end() ||
      found->second["volumeBindingMode"].string_or_empty() != "WaitForFirstConsumer") {
    demand.problem = "pod has unbound immediate PersistentVolumeClaims";
    return;
  }
  const Json& storage = found->second;
  if (storage["provisioner"].string_or_empty() != kNoProvisioner) {
    std::vector<NodeTerm> allowed;
    for (const Json& topology : storage["allowedTopologies"].items()) {
      NodeTerm term;
      for (const Json& one : topology["matchLabelExpressions"].items()) {
        NodeRequirement requirement{one["key"].string_or_empty(), "In", {}};
        for (const Json& value : one["values"].items()) requirement.values.push_back(value.string_or_empty());
        term.labels.push_back(std::move(requirement));
      }
      allowed.push_back(std::move(term));
    }
    if (!allowed.empty()) demand.provisioning.push_back(std::move(allowed));
    return;
  }
  // Only a volume that somebody made will do.
  ResourceNames names;
  const int64_t wanted = amount_of(names.read(claim["spec"]["resources"]["requests"]), names.number_of("storage"));
  std::vector<NodeTerm> places;
  for (const auto& [id, volume] : *volumes_) {
    const Json& spec = volume["spec"];
    const std::string& taken_by = spec["claimRef"]["name"].string_or_empty();
    if (spec["storageClassName"] != written || (!taken_by.empty() && taken_by != name)) continue;
    ResourceNames volume_names;
    if (amount_of(volume_names.read(spec["capacity"]), volume_names.number_of("storage")) < wanted) continue;
    const Json& required = spec["nodeAffinity"]["required"];
    if (!required.is_object()) return;  // Anywhere.
    std::ranges::move(read_node_terms(required["nodeSelectorTerms"]), std::back_inserter(places));
  }
  demand.provisioning.push_back(std::move(places));
}

VolumeDemand ScheduleWorld::read_volumes(const PodShape& shape) const {
  VolumeDemand demand;
  for (const std::string& name : shape.claims) {
    const auto claim = claims_->find(shape.space + "/" + name);
    if (claim == claims_->end()) {
      demand.problem = fmt::format("persistentvolumeclaim \"{}\" not found", name);
      return demand;
    }
    const Json& spec = claim->second["spec"];
    const Json modes = spec["accessModes"];
    if (std::ranges::find(modes.items(), Json("ReadWriteOncePod")) != modes.items().end()) {
      demand.exclusive.push_back(shape.space + "/" + name);
    }
    const std::string& volume = spec["volumeName"].string_or_empty();
    const auto bound = volumes_->find(volume);
    if (volume.empty()) {
      read_unbound(claim->second, name, demand);
    } else if (bound != volumes_->end()) {
      read_volume(bound->second, demand);
    } else {
      demand.problem = fmt::format("persistentvolume \"{}\" not found", volume);
    }
    if (!demand.problem.empty()) return demand;
  }
  return demand;
}

}  // namespace capstan::foresee
