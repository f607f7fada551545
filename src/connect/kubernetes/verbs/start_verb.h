// kubernetes.start: as many replicas as there were before kubernetes.stop, and everything that it paused given back.
#pragma once

#include "connect/kubernetes/verbs/workload_verb.h"

namespace capstan::kubernetes {

class StartVerb final : public WorkloadVerb {
 public:
  // `reach` must outlive this.
  StartVerb(std::vector<std::string> target_kinds, const ClusterReach& reach);

  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  // Stops it again, and pauses whom it had paused.
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;
};

}  // namespace capstan::kubernetes
