// kubernetes.stop: no replicas until kubernetes.start, which knows how many there were. Whoever else would put them
// back is made to let go of this object, where the parameters allow that; else it is told who that is, and nothing is
// done.
#pragma once

#include "connect/kubernetes/verbs/workload_verb.h"
#include "model/side_effect.h"

namespace capstan::kubernetes {

class StopVerb final : public WorkloadVerb, public TellsSideEffects {
 public:
  // `reach` must outlive this.
  StopVerb(std::vector<std::string> target_kinds, const ClusterReach& reach);

  Status check(const Resource& target, const Json& parameters) const override;
  std::string beside(const Resource& target, const Json& parameters) const override;
  // kPermissionDenied where somebody decides over the replicas who may not be paused.
  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;
};

}  // namespace capstan::kubernetes
