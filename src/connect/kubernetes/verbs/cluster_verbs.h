// All that can be done to objects of clusters, for the registry.
#pragma once

#include <string_view>
#include <vector>

#include "base/clock.h"
#include "connect/kubernetes/manifests.h"
#include "connect/kubernetes/verbs/object_verb.h"
#include "model/verb.h"

namespace capstan::kubernetes {

// What one of the verbs needs to be allowed to do in a cluster.
struct VerbRights {
  std::string_view verb;  // As `kubernetes: {allow: …}` names it: "scale".
  std::vector<AccessRule> rules;
};
const std::vector<VerbRights>& verb_rights();

// `reach` and `clock` must outlive the registry.
Status add_cluster_verbs(VerbRegistry& registry, const ClusterReach& reach, const Clock& clock);

}  // namespace capstan::kubernetes
