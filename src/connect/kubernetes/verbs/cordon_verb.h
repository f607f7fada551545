// kubernetes.cordon and kubernetes.uncordon: whether new pods may be placed on a node.
#pragma once

#include "connect/kubernetes/verbs/object_verb.h"

namespace capstan::kubernetes {

class CordonVerb final : public ObjectVerb {
 public:
  // Cordons, or takes that back. `reach` must outlive this.
  CordonVerb(bool cordons, std::vector<std::string> target_kinds, const ClusterReach& reach);

  Result<Json> state_before(const Resource& target, const Json& parameters) override;
  Performed perform(const Action& action, const Resource& target, const Json& before,
                    const std::stop_token& stop) override;
  ProbeAnswer probe(const Action& action, const Resource& target, const Json& before) override;
  Performed undo(const Action& action, const Resource& target, const Json& before,
                 const std::stop_token& stop) override;

 private:
  const bool cordons_;
};

// Refused where another node has the name by now.
Status set_unschedulable(const ClusterContact& contact, const ResourceType& type, const ObjectName& node,
                         const Json& uid, bool unschedulable, const std::stop_token& stop);
bool is_unschedulable(const Json& node);

}  // namespace capstan::kubernetes
