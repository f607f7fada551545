// kubernetes.run_job: a cron job's job, now instead of when its schedule says.
#pragma once

#include "connect/kubernetes/verbs/object_verb.h"

namespace capstan::kubernetes {

class RunJobVerb final : public ObjectVerb {
 public:
  // `reach` must outlive this.
  RunJobVerb(std::vector<std::string> target_kinds, const ClusterReach& reach);

  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;

 private:
  // The job of this action, which has one name however often it is tried.
  Result<Object> job_of(const Action& action, const Resource& target) const;
};

}  // namespace capstan::kubernetes
