#include "connect/kubernetes/verbs/node_pods.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace capstan::kubernetes {
namespace {

const Json* controller_of(const Json& pod) {
  for (const Json& owner : pod["metadata"]["ownerReferences"].items()) {
    if (owner["controller"].bool_or(false)) return &owner;
  }
  return nullptr;
}

bool has_ended(const Json& pod) {
  const std::string& phase = pod["status"]["phase"].string_or_empty();
  return phase == "Succeeded" || phase == "Failed";
}

std::optional<NodePod> pod_to_move(const Json& pod) {
  const Json& metadata = pod["metadata"];
  const Json* controller = controller_of(pod);
  if (metadata["annotations"].contains("kubernetes.io/config.mirror")) return std::nullopt;
  if (controller != nullptr && (*controller)["kind"].string_or_empty() == "DaemonSet") return std::nullopt;
  return NodePod{.name = {metadata["namespace"].string_or_empty(), metadata["name"].string_or_empty()},
                 .uid = metadata["uid"].string_or_empty(),
                 .ending = metadata.contains("deletionTimestamp"),
                 .is_unmanaged = controller == nullptr && !has_ended(pod),
                 .has_local_data = !has_ended(pod) &&
                                   std::ranges::any_of(pod["spec"]["volumes"].items(),
                                                       [](const Json& volume) { return volume.contains("emptyDir"); })};
}

}  // namespace

Result<std::vector<NodePod>> pods_to_move(const ClusterContact& contact, const std::string& node,
                                          const std::stop_token& stop) {
  const std::optional<ResourceType> type = contact.type_of("", "Pod");
  if (!type) return fail(ErrorCode::kUnavailable, "the API server does not serve pods now");
  std::vector<NodePod> pods;
  ListOptions options{.field_selector = "spec.nodeName=" + node};
  do {
    const ListPage page = TRY(contact.client.list(*type, options, stop));
    for (const Json& pod : page.items) {
      if (std::optional<NodePod> moves = pod_to_move(pod)) pods.push_back(*std::move(moves));
    }
    options.continue_from = page.continue_from;
  } while (!options.continue_from.empty());
  std::ranges::sort(pods, {}, [](const NodePod& pod) { return std::pair(pod.name.name_space, pod.name.name); });
  return pods;
}

std::string listed(const std::vector<NodePod>& pods) {
  constexpr size_t kMost = 3;
  std::string text;
  for (size_t i = 0; i < std::min(pods.size(), kMost); ++i) {
    text += fmt::format("{}{}/{}", i == 0 ? "" : ", ", pods[i].name.name_space, pods[i].name.name);
  }
  if (pods.size() > kMost) text += fmt::format(" and {} more", pods.size() - kMost);
  return text;
}

}  // namespace capstan::kubernetes
