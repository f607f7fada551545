// Which nodes could take a pod, and why the others could not: the default filters of the Kubernetes scheduler
// (https://kubernetes.io/docs/reference/scheduling/config/#scheduling-plugins), in its order and in its words.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "foresee/schedule_world.h"

namespace capstan::foresee {

// In the order in which they are asked; a node's first misfit is the one that counts.
enum class Misfit : uint8_t {
  kNone,
  kNotAmongNamed,  // Its affinity names other nodes.
  kUnschedulable,
  kTaint,
  kNodeAffinity,
  kPorts,
  kResources,
  kExclusiveClaim,
  kVolumeAffinity,
  kVolumeBinding,
  kVolumeZone,
  kSpreadLabel,
  kSpread,
  kPodAffinity,
  kPodAntiAffinity,
  kOthersAntiAffinity,
};
inline constexpr size_t kMisfits = 16;

// Whether taking away other pods can help.
bool may_pass(Misfit misfit);

// One pod of a shape before all nodes, as the world is now; placing pods makes it stale.
class Attempt {
 public:
  Attempt(ScheduleWorld& world, ShapeNumber shape);

  // Why no node will do, whichever it is; "" mostly.
  const std::string& problem() const { return world_.volumes(shape_number_).problem; }
  Misfit first_misfit(NodeNumber node) const;
  // All of them, for advice.
  std::vector<Misfit> misfits(NodeNumber node) const;
  // In the scheduler's words; several where several resources do not suffice.
  std::vector<std::string> reasons(NodeNumber node, Misfit misfit) const;
  // A resource of which the node has too little, and how much is missing.
  std::vector<std::pair<size_t, int64_t>> shortages(NodeNumber node) const;
  // By how much a spread constraint would be exceeded: what maxSkew would have to be.
  int64_t skew_needed(NodeNumber node) const;
  const PodShape& shape() const { return shape_; }

 private:
  struct Spread {
    int topology = 0;
    std::vector<int64_t> counts;  // By value; kNoDomain where no node counts.
    int64_t least = 0;
    bool self = false;
  };
  struct Near {
    int topology = 0;
    std::vector<int64_t> counts;
  };
  struct Forbidden {
    int topology = 0;
    const std::vector<int64_t>* counts = nullptr;
  };

  void count_spread();
  void count_near();
  void count_apart();
  std::vector<Near> count_terms(const std::vector<PodTerm>& terms, bool all_at_once);
  bool misses(NodeNumber node, Misfit misfit) const;
  bool fits_resources(const ScheduleNode& node) const;
  bool near_enough(NodeNumber node) const;
  int value(int topology, NodeNumber node) const {
    return world_.topology(topology).of_node[static_cast<size_t>(node)];
  }

  ScheduleWorld& world_;
  const ShapeNumber shape_number_;
  const PodShape& shape_;
  std::vector<Spread> spread_;
  std::vector<Near> near_;
  bool first_of_its_kind_ = false;  // Nobody is there to be near to but itself.
  std::vector<Near> apart_;
  std::vector<Forbidden> forbidden_;
};

// How many nodes have which reason, and the sentence that the scheduler makes of it.
struct ReasonCounts {
  std::map<std::string, int> nodes;
  std::string problem;
};
std::string sentence(const ReasonCounts& reasons, size_t node_count);

}  // namespace capstan::foresee
