// Who beside Capstan decides how many replicas an object has, and would put back by itself what somebody else sets.
// Source: kubernetes.io, "Horizontal Pod Autoscaling" (implicit maintenance-mode deactivation); fluxcd.io,
// "Kustomization" (suspending and resuming) and "HelmRelease" (drift detection); argo-cd.readthedocs.io, "Resource
// Tracking"; keda.sh, "Scaling Deployments" (pause autoscaling).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "connect/kubernetes/cluster_contact.h"
#include "connect/kubernetes/gitops/sync_pause.h"

namespace capstan::kubernetes {

// An object with the subresource "scale", as it was read: with metadata.managedFields.
struct Workload {
  std::shared_ptr<const ClusterContact> contact;
  ResourceType type;
  ObjectName name;
  Json object;
};

struct ReplicaOwner {
  std::string name;                // "Argo CD's application argocd/shop"
  std::optional<SyncPause> pause;  // How it can be told to let go of this object; nothing where it cannot.
  std::string instead;             // What a person can do, where it cannot: "change its minReplicas".
  std::string source;              // Where it has its manifests from: "https://git.example.org/shop, path deploy".
};

// Those that would put back another number than `wanted`. Asks the cluster. kPermissionDenied where that may not be
// seen.
Result<std::vector<ReplicaOwner>> replica_owners(const Workload& workload, int64_t wanted,
                                                 const std::stop_token& stop = {});

// Which GitOps tools say on an object that it is theirs; whether they have a word in its replicas is not said there.
// The namespace of an application of Argo CD is not known from it.
std::vector<SyncPause> gitops_marks(const Json& object);

}  // namespace capstan::kubernetes
