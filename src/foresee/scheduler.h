// Places pods as the Kubernetes scheduler would, and explains those that it could not place.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "foresee/schedule_filters.h"
#include "foresee/schedule_world.h"

namespace capstan::foresee {

// What would let a pod in, if only that were changed.
struct Remedy {
  std::string says;
  size_t nodes = 0;  // How many nodes it would open.
};

struct Eviction {
  NodeNumber node = kNowhere;
  std::vector<PodNumber> victims;
};

struct NodeVerdict {
  NodeNumber node = kNowhere;
  std::vector<std::string> reasons;
};

struct Unplaced {
  PodNumber pod = kNowhere;
  std::string says;  // As the scheduler would.
  ReasonCounts reasons;
  std::vector<NodeVerdict> nodes;      // One each.
  std::vector<Remedy> remedies;        // The smallest change first.
  std::optional<Eviction> preemption;  // Whom the scheduler would push out for it.
};

// Where all else is equal, the node that comes first is taken; the real one throws dice.
class Scheduler {
 public:
  explicit Scheduler(ScheduleWorld& world) : world_(world) {}

  // Looks only at nodes from this number on.
  explicit Scheduler(ScheduleWorld& world, NodeNumber first) : world_(world), first_(first) {}

  // The nodes that could take it, in their order.
  std::vector<NodeNumber> feasible(PodNumber pod);
  std::optional<NodeNumber> place(PodNumber pod);
  // Places all that wait; gives those that no node takes.
  std::vector<PodNumber> place_all(const std::vector<PodNumber>& pods);
  Unplaced explain(PodNumber pod);

 private:
  std::optional<Eviction> find_preemption(PodNumber pod, const Attempt& attempt);
  std::vector<Remedy> remedies(const Attempt& attempt);

  ScheduleWorld& world_;
  const NodeNumber first_ = 0;
};

}  // namespace capstan::foresee
