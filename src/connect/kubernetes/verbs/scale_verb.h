// kubernetes.scale: how many replicas a workload is to have.
#pragma once

#include "connect/kubernetes/verbs/object_verb.h"

namespace capstan::kubernetes {

class ScaleVerb final : public ObjectVerb {
 public:
  // `reach` must outlive this.
  ScaleVerb(std::vector<std::string> target_kinds, const ClusterReach& reach);

  Status check(const Resource& target, const Json& parameters) const override;
  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;
};

}  // namespace capstan::kubernetes
