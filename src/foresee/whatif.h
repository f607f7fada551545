// What would happen to pods and nodes if: more replicas, more or fewer nodes, a lost zone, a drained node, a changed
// manifest. Answered by a simulation of the scheduler on a snapshot; nothing is changed.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "foresee/cluster_objects.h"
#include "foresee/node_groups.h"

namespace capstan::foresee {

struct WhatIf {
  struct Replicas {
    std::string workload;  // As written: "deployment/shop/web".
    int64_t count = 0;
  };
  std::string space = "default";  // Of objects that name none.
  std::vector<Replicas> replicas;
  std::vector<std::pair<std::string, int64_t>> more_nodes;  // Of groups.
  std::vector<NodeGroupSpec> new_groups;
  std::vector<std::string> lost_zones;
  std::vector<std::string> lost_nodes;
  std::vector<std::string> drained;
  std::vector<std::string> cordoned;
  std::vector<ObjectDocument> change;
};

// The question as the API has it (docs/reference/api.md), and back. kInvalidArgument says which part is wrong.
Result<WhatIf> read_whatif(const Json& body);
// "deployment/shop/web=50": the workload and the number. "gpu=3": the group and the number.
Result<std::pair<std::string, int64_t>> read_assignment(std::string_view text);

// The answer as the API gives it. kNotFound for a workload, a node, a zone or a group that is not there.
Result<Json> answer_whatif(ClusterObjects objects, const NodeGroupSettings& settings, const WhatIf& question);
// For people.
std::string whatif_text(const Json& answer);

// Whether anything is supposed to be otherwise than it is.
bool asks_for_change(const WhatIf& question);

// Where there is no cluster but manifests: workloads without pods get those that they would make, and with `placed`
// these are where the scheduler would put them.
void make_missing_pods(ClusterObjects& objects, bool placed);

}  // namespace capstan::foresee
