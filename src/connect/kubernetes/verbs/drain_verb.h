// kubernetes.drain: a node is cordoned and its pods are evicted, as far as disruption budgets allow within the time.
#pragma once

#include "base/clock.h"
#include "connect/kubernetes/api_transport.h"
#include "connect/kubernetes/verbs/object_verb.h"

namespace capstan::kubernetes {

class DrainVerb final : public ObjectVerb {
 public:
  // `reach` and `clock` must outlive this.
  DrainVerb(std::vector<std::string> target_kinds, const ClusterReach& reach, const Clock& clock,
            Sleep sleep = sleep_unless_stopped);

  Status check(const Resource& target, const Json& parameters) const override;
  // kFailedPrecondition where pods would be lost for good and the parameters do not say that they may be.
  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  // Uncordons; the pods do not come back.
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;

 private:
  const Clock& clock_;
  const Sleep sleep_;
};

}  // namespace capstan::kubernetes
