// kubernetes.restart: new pods in place of the old ones, as the workload's own strategy replaces them.
#pragma once

#include "base/clock.h"
#include "connect/kubernetes/verbs/object_verb.h"

namespace capstan::kubernetes {

class RestartVerb final : public ObjectVerb {
 public:
  // `reach` and `clock` must outlive this.
  RestartVerb(std::vector<std::string> target_kinds, const ClusterReach& reach, const Clock& clock);

  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;

 private:
  const Clock& clock_;
};

}  // namespace capstan::kubernetes
