// Which groups of nodes could take pods that fit nowhere, how many nodes each would add, and which of them the cluster
// autoscaler's expanders would choose (https://github.com/kubernetes/autoscaler, its FAQ: "What are Expanders?").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foresee/cluster_objects.h"
#include "foresee/node_groups.h"
#include "foresee/scheduler.h"

namespace capstan::foresee {

// What one group could do for the pods that wait.
struct GroupOption {
  std::string group;
  size_t pods = 0;   // How many of them it would take,
  size_t nodes = 0;  // on so many new nodes.
  std::optional<int64_t> room;
  bool at_limit = false;  // More would fit if the group might grow further.
  double idle_cpu = 0;    // Shares of the new nodes that would stay unused.
  double idle_memory = 0;
  std::optional<double> price_per_hour;  // Of all new nodes.
  int64_t priority = 0;
  std::string says;  // Why it takes none; "" where it takes some.
};

struct ExpanderChoice {
  std::string expander;
  std::string group;  // "" where it cannot tell.
  std::string says;   // By which figures.
};

struct ScaleUp {
  std::vector<GroupOption> options;  // Those that take most come first.
  std::vector<ExpanderChoice> choices;
};

// The pods are waiting in `world`, which is left as it is.
ScaleUp plan_scale_up(const ScheduleWorld& world, const NodeGroups& groups, const ClusterObjects& objects,
                      const std::vector<PodNumber>& pods);

// Adds a node of a group with the pods that daemon sets run on such a node.
NodeNumber add_group_node(ScheduleWorld& world, const NodeGroup& group, const ClusterObjects& objects, size_t number);

}  // namespace capstan::foresee
