// kubernetes.patch: changes places of an object.
#pragma once

#include "connect/kubernetes/verbs/object_verb.h"

namespace capstan::kubernetes {

class PatchVerb final : public ObjectVerb {
 public:
  // `reach` must outlive this.
  PatchVerb(std::vector<std::string> target_kinds, const ClusterReach& reach);

  Status check(const Resource& target, const Json& parameters) const override;
  // Tries the patch, which tells what it changes: `changes` with path, before and after.
  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  // Puts back what the changed places held, unless somebody has changed them since.
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;
};

}  // namespace capstan::kubernetes
