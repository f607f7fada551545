// Groups of equal nodes that can grow and shrink: told by the labels that clouds give to nodes, and by the settings'
// `node_groups:`, which also describe groups that are empty.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "foresee/schedule_world.h"

namespace capstan::foresee {

// An entry of `node_groups:`. What it does not say is told by the group's nodes.
struct NodeGroupSpec {
  std::string name;
  int64_t min = 0;
  std::optional<int64_t> max;
  std::optional<double> price_per_hour;  // Of a node, in whatever currency all prices are.
  int64_t priority = 0;                  // The greater the sooner, for the autoscaler's expander "priority".
  bool spot = false;
  Json node;  // As a Node object; null where there is no template.

  bool operator==(const NodeGroupSpec&) const = default;
};

struct NodeGroupSettings {
  std::vector<std::string> labels;  // The first that a node has names its group.
  std::vector<NodeGroupSpec> groups;

  bool operator==(const NodeGroupSettings&) const = default;
};

// One entry: {name, min, max, price, priority, spot, allocatable, labels, taints}.
Result<NodeGroupSpec> read_node_group(const ConfigNode& node);
Result<std::vector<NodeGroupSpec>> read_node_groups(const ConfigNode& list);
Result<std::vector<std::string>> read_node_group_labels(const ConfigNode& list);

struct NodeGroup {
  NodeGroupSpec spec;
  std::vector<NodeNumber> nodes;
  std::optional<ScheduleNode> model;  // A new node of it; nothing where none is known.

  // How many more nodes it may get; nothing: no limit is known.
  std::optional<int64_t> room() const;
};

class NodeGroups {
 public:
  NodeGroups(const NodeGroupSettings& settings, ScheduleWorld& world);

  const std::vector<NodeGroup>& all() const { return groups_; }
  const NodeGroup* find(std::string_view name) const;
  // Of a node of the world; nullptr for one of no group.
  const NodeGroup* of(NodeNumber node) const;
  // An empty node of the group with a name and a host label of its own.
  static ScheduleNode new_node(const NodeGroup& group, size_t number);
  void add_group(const NodeGroupSpec& spec, ScheduleWorld& world);
  void add_member(const std::string& group, NodeNumber node);

 private:
  NodeGroup& group_named(const std::string& name);

  std::vector<NodeGroup> groups_;
};

}  // namespace capstan::foresee
