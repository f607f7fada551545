// kubernetes.scale: how many replicas an object is to have, unless somebody else decides that.
#pragma once

#include "connect/kubernetes/verbs/workload_verb.h"
#include "model/side_effect.h"

namespace capstan::kubernetes {

class ScaleVerb final : public WorkloadVerb, public TellsSideEffects {
 public:
  // `reach` must outlive this.
  ScaleVerb(std::vector<std::string> target_kinds, const ClusterReach& reach);

  Status check(const Resource& target, const Json& parameters) const override;
  std::string beside(const Resource& target, const Json& parameters) const override;
  // kPermissionDenied where somebody decides over the replicas who would put them back.
  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;
};

}  // namespace capstan::kubernetes
