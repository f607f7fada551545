// Which autoscalers have a word in how many replicas an object has.
#pragma once

#include <vector>

#include "connect/kubernetes/gitops/replica_owners.h"

namespace capstan::kubernetes {

// On KEDA's object: how many there are to be while it does not scale.
inline constexpr std::string_view kPausedReplicas = "autoscaling.keda.sh/paused-replicas";

// Those that would set another number than `wanted`. An autoscaler of Kubernetes lets go at 0 by itself, and goes on
// when somebody sets more.
Result<std::vector<ReplicaOwner>> autoscalers_of(const Workload& workload, int64_t wanted,
                                                 const std::stop_token& stop = {});

}  // namespace capstan::kubernetes
