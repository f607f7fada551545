#include "connect/kubernetes/verbs/cluster_verbs.h"

#include <algorithm>
#include <memory>

#include "connect/kubernetes/verbs/cordon_verb.h"
#include "connect/kubernetes/verbs/drain_verb.h"
#include "connect/kubernetes/verbs/patch_verb.h"
#include "connect/kubernetes/verbs/removal_verb.h"
#include "connect/kubernetes/verbs/restart_verb.h"
#include "connect/kubernetes/verbs/run_job_verb.h"
#include "connect/kubernetes/verbs/scale_verb.h"
#include "connect/kubernetes/verbs/start_verb.h"
#include "connect/kubernetes/verbs/stop_verb.h"

namespace capstan::kubernetes {
namespace {

// A group and kind in the API server's words: {"apps", "Deployment"}.
struct ObjectKind {
  std::string group;
  std::string kind;
};

// The names of resources' kinds that are such objects; without any: of all kinds of objects.
std::vector<std::string> kinds_of(const std::vector<KindSpec>& kinds, const std::vector<ObjectKind>& objects) {
  std::vector<std::string> names;
  for (const KindSpec& kind : kinds) {
    if (!kind.objects || kind.objects->system != "kubernetes") continue;
    const bool is_wanted = objects.empty() || std::ranges::any_of(objects, [&](const ObjectKind& object) {
                             return object.group == kind.objects->group && object.kind == kind.objects->type;
                           });
    if (is_wanted) names.push_back(kind.name);
  }
  return names;
}

// To scale, and to see who else decides over the replicas.
std::vector<AccessRule> scale_rights() {
  return {{{"apps"}, {"deployments", "replicasets", "statefulsets"}, {"get"}},
          {{""}, {"replicationcontrollers"}, {"get"}},
          {{"apps"}, {"deployments/scale", "replicasets/scale", "statefulsets/scale"}, {"get", "patch"}},
          {{""}, {"replicationcontrollers/scale"}, {"get", "patch"}},
          {{"autoscaling"}, {"horizontalpodautoscalers"}, {"list"}},
          {{"keda.sh"}, {"scaledobjects"}, {"list"}},
          {{"argoproj.io"}, {"applications"}, {"get", "list"}},
          {{"kustomize.toolkit.fluxcd.io"}, {"kustomizations"}, {"get"}},
          {{"helm.toolkit.fluxcd.io"}, {"helmreleases"}, {"get"}}};
}

// And to note on the object what was there, and on whom rules over it that it is to let go.
std::vector<AccessRule> stop_rights() {
  std::vector<AccessRule> rules = scale_rights();
  rules.push_back({{"apps"}, {"deployments", "replicasets", "statefulsets"}, {"patch"}});
  rules.push_back({{""}, {"replicationcontrollers"}, {"patch"}});
  rules.push_back({{"argoproj.io"}, {"applications"}, {"patch"}});
  rules.push_back({{"keda.sh"}, {"scaledobjects"}, {"get", "patch"}});
  return rules;
}

}  // namespace

const std::vector<VerbRights>& verb_rights() {
  static const std::vector<VerbRights> rights = {
      {"scale", scale_rights()},
      {"stop", stop_rights()},
      {"start", stop_rights()},
      {"restart", {{{"apps"}, {"daemonsets", "deployments", "statefulsets"}, {"get", "patch"}}}},
      {"cordon", {{{""}, {"nodes"}, {"get", "patch"}}}},
      {"uncordon", {{{""}, {"nodes"}, {"get", "patch"}}}},
      {"drain",
       {{{""}, {"nodes"}, {"get", "patch"}}, {{""}, {"pods"}, {"list"}}, {{""}, {"pods/eviction"}, {"create"}}}},
      {"evict", {{{""}, {"pods"}, {"get"}}, {{""}, {"pods/eviction"}, {"create"}}}},
      {"run_job", {{{"batch"}, {"cronjobs"}, {"get"}}, {{"batch"}, {"jobs"}, {"get", "create"}}}},
      {"patch", {{{"*"}, {"*"}, {"get", "patch", "update"}}}},
      {"delete", {{{"*"}, {"*"}, {"get", "delete"}}}},
  };
  return rights;
}

Status add_cluster_verbs(VerbRegistry& registry, const ClusterReach& reach, const Clock& clock) {
  const std::vector<KindSpec>& kinds = reach.kinds;
  const ObjectKind deployment{"apps", "Deployment"};
  const ObjectKind stateful_set{"apps", "StatefulSet"};
  // Of objects of any type the server says which can be scaled.
  const std::vector<std::string> scalable =
      kinds_of(kinds, {deployment, stateful_set, {"apps", "ReplicaSet"}, {"", "ReplicationController"}, {"*", "*"}});
  const std::vector<std::string> nodes = kinds_of(kinds, {{"", "Node"}});
  const std::vector<std::string> all = kinds_of(kinds, {});
  TRY(registry.add(std::make_unique<ScaleVerb>(scalable, reach)));
  TRY(registry.add(std::make_unique<StopVerb>(scalable, reach)));
  TRY(registry.add(std::make_unique<StartVerb>(scalable, reach)));
  TRY(registry.add(
      std::make_unique<RestartVerb>(kinds_of(kinds, {deployment, stateful_set, {"apps", "DaemonSet"}}), reach, clock)));
  TRY(registry.add(std::make_unique<CordonVerb>(true, nodes, reach)));
  TRY(registry.add(std::make_unique<CordonVerb>(false, nodes, reach)));
  TRY(registry.add(std::make_unique<DrainVerb>(nodes, reach, clock)));
  TRY(registry.add(std::make_unique<RemovalVerb>(RemovalVerb::Way::kEvict, kinds_of(kinds, {{"", "Pod"}}), reach)));
  TRY(registry.add(std::make_unique<RunJobVerb>(kinds_of(kinds, {{"batch", "CronJob"}}), reach)));
  TRY(registry.add(std::make_unique<PatchVerb>(all, reach)));
  TRY(registry.add(std::make_unique<RemovalVerb>(RemovalVerb::Way::kDelete, all, reach)));
  return {};
}

}  // namespace capstan::kubernetes
