// Which nodes the cluster autoscaler could take away, and what keeps the others: its published conditions, with its
// defaults (utilisation below a half, and so on).
#pragma once

#include <string>
#include <vector>

#include "foresee/cluster_objects.h"
#include "foresee/node_groups.h"
#include "foresee/schedule_world.h"

namespace capstan::foresee {

struct NodeRemoval {
  NodeNumber node = kNowhere;
  std::string group;
  double utilisation = 0;             // The greater share of processors and memory that is asked for.
  std::vector<std::string> blockers;  // None: it could go.
};

// Each node for itself; those that could go come first.
std::vector<NodeRemoval> plan_scale_down(const ScheduleWorld& world, const NodeGroups& groups,
                                         const ClusterObjects& objects);

// A disruption budget that covers a pod, and what it allows now.
struct Budget {
  std::string space;
  std::string name;
  LabelSelector selector;
  int64_t allowed = 0;

  bool covers(const std::string& pod_space, const ResourceLabels& labels) const;
};
std::vector<Budget> read_budgets(const ClusterObjects& objects);

}  // namespace capstan::foresee
