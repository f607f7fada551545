// kubernetes.evict and kubernetes.delete: an object goes, by way of its disruption budget or straight.
#pragma once

#include "connect/kubernetes/verbs/object_verb.h"

namespace capstan::kubernetes {

class RemovalVerb final : public ObjectVerb {
 public:
  enum class Way { kEvict, kDelete };

  // `reach` must outlive this.
  RemovalVerb(Way way, std::vector<std::string> target_kinds, const ClusterReach& reach);

  Status check(const Resource& target, const Json& parameters) const override;
  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;

 private:
  const Way way_;
};

}  // namespace capstan::kubernetes
