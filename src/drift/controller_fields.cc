#include "drift/controller_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace capstan::drift {
namespace {

struct Field {
  std::string_view kind;
  std::string_view path;  // Without the keys of lists.
  std::string_view says;
};
constexpr std::array<Field, 11> kFields = {{
    {"Service", "spec.clusterIP", "given by the API server"},
    {"Service", "spec.clusterIPs", "given by the API server"},
    {"Service", "spec.healthCheckNodePort", "given by the API server"},
    {"Service", "spec.ports.nodePort", "given by the API server"},
    {"ValidatingWebhookConfiguration", "webhooks.clientConfig.caBundle", "injected"},
    {"MutatingWebhookConfiguration", "webhooks.clientConfig.caBundle", "injected"},
    {"CustomResourceDefinition", "spec.conversion.webhook.clientConfig.caBundle", "injected"},
    {"APIService", "spec.caBundle", "injected"},
    {"PersistentVolumeClaim", "spec.volumeName", "set when the claim was bound"},
    {"PersistentVolume", "spec.claimRef", "set when the volume was bound"},
    {"Node", "spec.taints", "set by the node's controllers"},
}};

// Programs that change objects on behalf of the cluster, not of a person.
constexpr std::array<std::string_view, 8> kControllers = {
    "clusterrole-aggregation-controller", "kube-controller-manager", "kube-scheduler",     "kubelet",
    "cloud-controller-manager",           "cert-manager-cainjector", "cluster-autoscaler", "vpa-updater"};

constexpr std::string_view kStopped = "capstan/stopped";  // The note of kubernetes.stop.

// The names of a path alone; lists of webhooks and ports are the same for every item.
std::string names_of(const FieldPath& path) {
  std::string names;
  for (const FieldStep& step : path) {
    if (const std::string* name = std::get_if<std::string>(&step)) names += (names.empty() ? "" : ".") + *name;
  }
  return names;
}

}  // namespace

std::string rightful_change(const Json& object, const FieldPath& path, const std::string& scaled_by,
                            const std::optional<FieldOwner>& owner) {
  const std::string names = names_of(path);
  if (names == "spec.replicas" && !scaled_by.empty()) return "set by the autoscaler " + scaled_by;
  if (names == "spec.replicas" && object["metadata"]["annotations"].contains(kStopped)) {
    return "stopped by kubernetes.stop, until it is started";
  }
  const auto field = std::ranges::find_if(kFields, [&](const Field& one) {
    const bool within = names == one.path || names.starts_with(std::string(one.path) + ".");
    return within && object["kind"] == Json(one.kind);
  });
  if (field != kFields.end()) return std::string(field->says);
  const bool by_controller = owner && std::ranges::find(kControllers, owner->manager) != kControllers.end();
  return by_controller ? fmt::format("set by {}", owner->manager) : "";
}

}  // namespace capstan::drift
