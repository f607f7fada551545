// Everything about the scaling of a cluster at a moment: why autoscalers do what they do, which pods wait and where
// they could go, which groups of nodes would grow and which nodes could go.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "foresee/cluster_objects.h"
#include "foresee/node_groups.h"
#include "foresee/replica_count.h"

namespace capstan::foresee {

struct ScalingQuestion {
  std::string autoscaler;  // "shop/web", "web" or ""; with one, nothing else is told.
  Time now;
  std::map<std::string, std::vector<ReplicaChange>> changes =
      {};                               // By "namespace/name" of the autoscaler, newest first.
  std::vector<std::string> notes = {};  // What could not be asked.
};

// kNotFound where the autoscaler that is asked for is not there.
Result<Json> scaling_report(const ClusterObjects& objects, const NodeGroupSettings& settings,
                            const ScalingQuestion& question);
std::string scaling_text(const Json& report);

}  // namespace capstan::foresee
