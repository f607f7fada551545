// What verbs about the number of replicas share: the object with all that says who decides over them, and what is said
// where somebody else does.
#pragma once

#include <string>
#include <vector>

#include "connect/kubernetes/gitops/hold.h"
#include "connect/kubernetes/verbs/object_verb.h"

namespace capstan::kubernetes {

class WorkloadVerb : public ObjectVerb {
 protected:
  using ObjectVerb::ObjectVerb;

  // Which GitOps tools have it, as far as the catalog's row of it tells.
  std::vector<SyncPause> marks_of(const Resource& target) const;

  // kInvalidArgument for an object that cannot be scaled.
  Result<Workload> workload(const Resource& target, const std::stop_token& stop = {}) const;
  // The same object as in `before`, as it is now.
  Result<Workload> workload(const Resource& target, const Json& before, const std::stop_token& stop = {}) const;
};

// How many it is to have.
Result<int64_t> replicas_of(const Workload& workload, const std::stop_token& stop = {});

// kPermissionDenied: "Argo CD's application argocd/shop decides how many replicas it has, and would put them back: …".
// `allow` says how the verb could be let.
Error not_ours(const ReplicaOwner& owner, const std::string& allow);

}  // namespace capstan::kubernetes
