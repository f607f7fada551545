// Access from within a cluster: what every pod is given.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "connect/kubernetes/cluster_access.h"

namespace capstan::kubernetes {

// Of KUBERNETES_SERVICE_HOST and _PORT, and the files of the pod's service account. kFailedPrecondition when this is no
// pod, or one without a service account.
Result<ClusterAccess> in_cluster_access(
    const Environment& environment,
    const std::filesystem::path& folder = "/var/run/secrets/kubernetes.io/serviceaccount");

}  // namespace capstan::kubernetes
