#include "connect/kubernetes/gitops/autoscalers.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::kubernetes {
namespace {

constexpr std::string_view kPaused = "autoscaling.keda.sh/paused";

bool scales(const Json& reference, const Workload& workload, std::string_view usual_kind) {
  const std::string& kind = reference["kind"].string_or_empty();
  const std::string& version = reference["apiVersion"].string_or_empty();
  const size_t slash = version.find('/');
  const bool is_group =
      version.empty() || version.substr(0, slash == std::string::npos ? 0 : slash) == workload.type.group;
  return (kind.empty() ? usual_kind : kind) == workload.type.kind && is_group &&
         reference["name"].string_or_empty() == workload.name.name;
}

// All of a type in the object's namespace; none where the server does not have the type.
Result<std::vector<Json>> listed(const Workload& workload, std::string_view group, std::string_view kind,
                                 const std::stop_token& stop) {
  std::vector<Json> all;
  const std::optional<ResourceType> type = workload.contact->type_of(group, kind);
  if (!type) return all;
  ListOptions options{.name_space = workload.name.name_space};
  do {
    ListPage page = TRY(during("which autoscaler it has", workload.contact->client.list(*type, options, stop)));
    std::ranges::move(page.items, std::back_inserter(all));
    options.continue_from = page.continue_from;
  } while (!options.continue_from.empty());
  return all;
}

bool is_of_keda(const Json& autoscaler) {
  return std::ranges::any_of(autoscaler["metadata"]["ownerReferences"].items(),
                             [](const Json& owner) { return owner["kind"].string_or_empty() == "ScaledObject"; });
}

std::optional<ReplicaOwner> owner_of(const Json& autoscaler, const Workload& workload, int64_t wanted) {
  const Json& spec = autoscaler["spec"];
  const int64_t least = spec["minReplicas"].int_or(1);
  const int64_t most = spec["maxReplicas"].int_or(least);
  const std::string name = fmt::format("the autoscaler {}", autoscaler["metadata"]["name"].string_or_empty());
  if (wanted == 0) {
    if (least > 0) return std::nullopt;
    return ReplicaOwner{.name = name,
                        .pause = {},
                        .instead = "it scales from 0 by itself: with a minReplicas of 1 it rests while there are none",
                        .source = {}};
  }
  // Set by a person or by Capstan it is taken as the word to go on.
  if (workload.object["spec"]["replicas"].int_or(1) == 0) return std::nullopt;
  return ReplicaOwner{.name = name,
                      .pause = {},
                      .instead = fmt::format("it keeps between {} and {}: change these", least, most),
                      .source = {}};
}

std::optional<ReplicaOwner> owner_of(const Json& scaled_object, int64_t wanted) {
  const Json& metadata = scaled_object["metadata"];
  const Json& held = metadata["annotations"][kPausedReplicas];
  SyncPause pause{.way = SyncPause::Way::kScaledObject,
                  .of = {metadata["namespace"].string_or_empty(), metadata["name"].string_or_empty()}};
  if (held.string_or_empty() == std::to_string(wanted)) return std::nullopt;
  if (held.is_string()) {
    return ReplicaOwner{
        .name = pause.who(),
        .pause = {},
        .instead = fmt::format("its annotation {} holds {}: take it out", kPausedReplicas, held.string_or_empty()),
        .source = {}};
  }
  if (metadata["annotations"][kPaused].string_or_empty() == "true") return std::nullopt;
  return ReplicaOwner{.name = pause.who(), .pause = pause, .instead = {}, .source = {}};
}

}  // namespace

Result<std::vector<ReplicaOwner>> autoscalers_of(const Workload& workload, int64_t wanted,
                                                 const std::stop_token& stop) {
  std::vector<ReplicaOwner> owners;
  for (const Json& each : TRY(listed(workload, "autoscaling", "HorizontalPodAutoscaler", stop))) {
    if (is_of_keda(each) || !scales(each["spec"]["scaleTargetRef"], workload, "")) continue;
    if (auto owner = owner_of(each, workload, wanted)) owners.push_back(*std::move(owner));
  }
  for (const Json& each : TRY(listed(workload, "keda.sh", "ScaledObject", stop))) {
    if (!scales(each["spec"]["scaleTargetRef"], workload, "Deployment")) continue;
    if (auto owner = owner_of(each, wanted)) owners.push_back(*std::move(owner));
  }
  return owners;
}

}  // namespace capstan::kubernetes
