#include "foresee/node_groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/quantity.h"

namespace capstan::foresee {
namespace {

constexpr int64_t kMostNodes = 15'000;
constexpr std::string_view kHostLabel = "kubernetes.io/hostname";
constexpr std::string_view kInstancePods = "110";  // What a kubelet takes unless it is told otherwise.

// What a node has for a while, and a new one of its group has not.
bool is_passing(const Taint& taint) {
  return taint.key.starts_with("node.kubernetes.io/") || taint.key.starts_with("node.cloudprovider.kubernetes.io/") ||
         taint.key == "ToBeDeletedByClusterAutoscaler" || taint.key == "DeletionCandidateOfClusterAutoscaler";
}

// "key=value:NoSchedule", or a map of the three.
Result<Json> read_taint(const ConfigNode& node) {
  if (node.is_map()) {
    MapReader reader(node, "a taint");
    const std::string key = reader.required_string("key");
    const std::string value = reader.string_or("value", "");
    const std::string effect = reader.one_of("effect", {"NoSchedule", "NoExecute", "PreferNoSchedule"}, "NoSchedule");
    TRY(reader.finish());
    return Json::object({{"key", key}, {"value", value}, {"effect", effect}});
  }
  const std::string& text = node.scalar;
  const size_t colon = text.rfind(':');
  if (!node.is_scalar() || colon == std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, "a taint must be written key=value:effect", node.where);
  }
  const std::string name = text.substr(0, colon);
  const size_t equals = name.find('=');
  return Json::object({{"key", name.substr(0, equals)},
                       {"value", equals == std::string::npos ? "" : name.substr(equals + 1)},
                       {"effect", text.substr(colon + 1)}});
}

Json map_of(MapReader& reader, std::string_view key) {
  Json map = Json::object();
  for (auto& [name, value] : reader.string_map(key)) map.set(name, value);
  return map;
}

}  // namespace

Result<NodeGroupSpec> read_node_group(const ConfigNode& node) {
  MapReader reader(node, "a node group");
  NodeGroupSpec spec;
  spec.name = reader.required_string("name");
  spec.min = reader.int_or("min", 0, 0, kMostNodes);
  if (reader.has("max")) spec.max = reader.int_or("max", 0, 0, kMostNodes);
  if (reader.has("price")) spec.price_per_hour = reader.number_or("price", 0);
  spec.priority = reader.int_or("priority", 0, INT32_MIN, INT32_MAX);
  spec.spot = reader.bool_or("spot", false);
  Json allocatable = map_of(reader, "allocatable");
  Json labels = map_of(reader, "labels");
  Json taints = Json::array();
  if (const ConfigNode* list = reader.node("taints")) {
    for (const ConfigNode& one : list->items) {
      Result<Json> taint = read_taint(one);
      if (reader.absorb(taint)) taints.push_back(*std::move(taint));
    }
  }
  for (const auto& [name, amount] : allocatable.members()) {
    if (!parse_quantity(amount.string_or_empty())) {
      reader.problem(reader.at("allocatable"), fmt::format("'{}' of '{}' is no quantity: expected one as 500m or 16Gi",
                                                           amount.string_or_empty(), name));
    }
  }
  if (spec.max && *spec.max < spec.min) reader.problem(reader.at("max"), "'max' is less than 'min'");
  TRY(reader.finish());
  if (allocatable.members().empty()) return spec;
  if (!allocatable.contains("pods")) allocatable.set("pods", kInstancePods);
  spec.node = Json::object({{"kind", "Node"},
                            {"metadata", Json::object({{"name", spec.name}, {"labels", std::move(labels)}})},
                            {"spec", Json::object({{"taints", std::move(taints)}})},
                            {"status", Json::object({{"allocatable", std::move(allocatable)}})}});
  return spec;
}

Result<std::vector<NodeGroupSpec>> read_node_groups(const ConfigNode& list) {
  if (!list.is_sequence()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'node_groups' must be a list, found {}", list.describe()),
                list.where);
  }
  std::vector<NodeGroupSpec> groups;
  for (const ConfigNode& node : list.items) {
    groups.push_back(TRY(read_node_group(node)));
    if (std::ranges::count(groups, groups.back().name, &NodeGroupSpec::name) > 1) {
      return fail(ErrorCode::kAlreadyExists, fmt::format("two node groups have the name '{}'", groups.back().name),
                  node.where);
    }
  }
  return groups;
}

Result<std::vector<std::string>> read_node_group_labels(const ConfigNode& list) {
  std::vector<std::string> labels;
  for (const ConfigNode& one : list.items) {
    if (!one.is_scalar()) {
      return fail(ErrorCode::kInvalidArgument, "'node_group_labels' must be a list of names of labels", one.where);
    }
    labels.push_back(one.scalar);
  }
  return labels;
}

std::optional<int64_t> NodeGroup::room() const {
  if (!spec.max) return std::nullopt;
  return std::max<int64_t>(0, *spec.max - static_cast<int64_t>(nodes.size()));
}

NodeGroups::NodeGroups(const NodeGroupSettings& settings, ScheduleWorld& world) {
  for (const NodeGroupSpec& spec : settings.groups) add_group(spec, world);
  for (size_t i = 0; i < world.nodes().size(); ++i) {
    const ScheduleNode& node = world.nodes()[i];
    const auto named =
        std::ranges::find_if(settings.labels, [&](const std::string& label) { return node.labels.contains(label); });
    if (named == settings.labels.end() || node.gone) continue;
    NodeGroup& group = group_named(node.labels.at(*named));
    group.nodes.push_back(static_cast<NodeNumber>(i));
    if (group.model) continue;
    group.model = ScheduleNode{.name = group.spec.name, .labels = node.labels, .allocatable = node.allocatable};
    std::ranges::remove_copy_if(node.taints, std::back_inserter(group.model->taints), is_passing);
    group.model->labels.erase(std::string(kHostLabel));
  }
}

NodeGroup& NodeGroups::group_named(const std::string& name) {
  const auto found = std::ranges::find_if(groups_, [&](const NodeGroup& group) { return group.spec.name == name; });
  if (found != groups_.end()) return *found;
  groups_.push_back({.spec = {.name = name}, .nodes = {}, .model = std::nullopt});
  return groups_.back();
}

void NodeGroups::add_group(const NodeGroupSpec& spec, ScheduleWorld& world) {
  NodeGroup& group = group_named(spec.name);
  group.spec = spec;
  if (!spec.node.is_null()) group.model = ScheduleWorld::read_node(spec.node, world.names());
}

void NodeGroups::add_member(const std::string& group, NodeNumber node) { group_named(group).nodes.push_back(node); }

const NodeGroup* NodeGroups::find(std::string_view name) const {
  const auto found = std::ranges::find_if(groups_, [&](const NodeGroup& group) { return group.spec.name == name; });
  return found == groups_.end() ? nullptr : &*found;
}

const NodeGroup* NodeGroups::of(NodeNumber node) const {
  const auto found = std::ranges::find_if(
      groups_, [&](const NodeGroup& group) { return std::ranges::find(group.nodes, node) != group.nodes.end(); });
  return found == groups_.end() ? nullptr : &*found;
}

ScheduleNode NodeGroups::new_node(const NodeGroup& group, size_t number) {
  ScheduleNode node = *group.model;
  node.name = fmt::format("{}-new{}", group.spec.name, number);
  node.labels[std::string(kHostLabel)] = node.name;
  return node;
}

}  // namespace capstan::foresee
