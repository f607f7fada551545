#include "foresee/scale_down.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "foresee/scheduler.h"

namespace capstan::foresee {
namespace {

constexpr double kThreshold = 0.5;
constexpr std::string_view kAnnotations = "cluster-autoscaler.kubernetes.io/";
constexpr size_t kMostBlockers = 5;

std::string annotation(const Json& object, std::string_view name) {
  return object["metadata"]["annotations"][fmt::format("{}{}", kAnnotations, name)].string_or_empty();
}

bool stays_on_its_node(const Json& pod) {
  const std::string& owner = controller_of(pod)["kind"].string_or_empty();
  return owner == "DaemonSet" || pod["metadata"]["annotations"].contains("kubernetes.io/config.mirror");
}

// Volumes of the node itself that the pod does not give up by an annotation.
bool has_local_storage(const Json& pod) {
  const std::string given_up = "," + annotation(pod, "safe-to-evict-local-volumes") + ",";
  return std::ranges::any_of(pod["spec"]["volumes"].items(), [&](const Json& volume) {
    const bool in_memory = volume["emptyDir"]["medium"].string_or_empty() == "Memory";
    const bool is_local = (volume.contains("emptyDir") && !in_memory) || volume.contains("hostPath");
    return is_local && given_up.find("," + volume["name"].string_or_empty() + ",") == std::string::npos;
  });
}

// Why the autoscaler leaves the pod where it is, or "".
std::string keeps(const Json& pod, const std::vector<Budget>& budgets) {
  const std::string name = fmt::format("{}/{}", space_of(pod), name_of(pod));
  const ResourceLabels labels = resource_labels(pod["metadata"]["labels"]);
  bool is_covered = false;
  for (const Budget& budget : budgets) {
    if (!budget.covers(space_of(pod), labels)) continue;
    is_covered = true;
    if (budget.allowed <= 0) return fmt::format("pod {}: disruption budget {} lets none go now", name, budget.name);
  }
  const std::string safe = annotation(pod, "safe-to-evict");
  if (safe == "true") return "";
  if (safe == "false") return fmt::format("pod {}: its annotation safe-to-evict is false", name);
  if (!controller_of(pod).is_object()) return fmt::format("pod {}: nothing would make it again", name);
  if (space_of(pod) == "kube-system" && !is_covered) {
    return fmt::format("pod {}: it is of kube-system and has no disruption budget", name);
  }
  if (has_local_storage(pod)) return fmt::format("pod {}: it keeps data on the node (emptyDir or hostPath)", name);
  return "";
}

double utilisation_of(const ScheduleNode& node) {
  double most = 0;
  for (const size_t resource : {size_t{kCpu}, size_t{kMemory}}) {
    const int64_t all = amount_of(node.allocatable, resource);
    if (all > 0) most = std::max(most, static_cast<double>(amount_of(node.used, resource)) / static_cast<double>(all));
  }
  return most;
}

// What of a number or a percentage of all.
int64_t part_of(const Json& value, int64_t all) {
  if (value.is_number()) return value.int_or(0);
  const double percent = std::strtod(value.string_or_empty().c_str(), nullptr);
  return static_cast<int64_t>(std::ceil(percent * static_cast<double>(all) / 100));
}

// Pods that would find no place on the other nodes.
std::vector<std::string> homeless(ScheduleWorld world, NodeNumber node) {
  std::vector<std::string> names;
  const std::vector<PodNumber> moved = world.remove_node(node);
  for (const PodNumber pod : Scheduler(world).place_all(moved)) {
    names.push_back(fmt::format("{}/{}", world.pod(pod).space, world.pod(pod).name));
  }
  return names;
}

}  // namespace

bool Budget::covers(const std::string& pod_space, const ResourceLabels& labels) const {
  return pod_space == space && selector.matches(labels);
}

std::vector<Budget> read_budgets(const ClusterObjects& objects) {
  std::vector<Budget> budgets;
  for (const auto& [key, object] : objects.of("PodDisruptionBudget")) {
    const Json& spec = object["spec"];
    Result<LabelSelector> selector = LabelSelector::from_json(spec["selector"]);
    if (!selector || !spec["selector"].is_object()) continue;
    Budget budget{space_of(object), name_of(object), *std::move(selector), 0};
    if (object["status"]["disruptionsAllowed"].is_int()) {
      budget.allowed = object["status"]["disruptionsAllowed"].int_or(0);
    } else {  // A manifest: as if all of its pods were healthy.
      const auto pods = std::ranges::count_if(objects.of("Pod"), [&](const auto& entry) {
        return budget.covers(space_of(entry.second), resource_labels(entry.second["metadata"]["labels"]));
      });
      budget.allowed = spec.contains("maxUnavailable") ? part_of(spec["maxUnavailable"], pods)
                                                       : pods - part_of(spec["minAvailable"], pods);
    }
    budgets.push_back(std::move(budget));
  }
  return budgets;
}

std::vector<NodeRemoval> plan_scale_down(const ScheduleWorld& world, const NodeGroups& groups,
                                         const ClusterObjects& objects) {
  const std::vector<Budget> budgets = read_budgets(objects);
  std::vector<NodeRemoval> removals;
  for (size_t i = 0; i < world.nodes().size(); ++i) {
    const ScheduleNode& node = world.nodes()[i];
    if (node.gone) continue;
    NodeRemoval removal{.node = static_cast<NodeNumber>(i), .utilisation = utilisation_of(node)};
    std::vector<std::string>& blockers = removal.blockers;
    const NodeGroup* group = groups.of(removal.node);
    if (group == nullptr) {
      blockers.emplace_back("it is of no node group");
    } else {
      removal.group = group->spec.name;
      if (static_cast<int64_t>(group->nodes.size()) <= group->spec.min) {
        blockers.push_back(fmt::format("its group is at its minimum of {}", group->spec.min));
      }
    }
    const Json* object = objects.find("Node", "", node.name);
    if (object != nullptr && annotation(*object, "scale-down-disabled") == "true") {
      blockers.emplace_back("its annotation scale-down-disabled is true");
    }
    if (removal.utilisation >= kThreshold) {
      blockers.push_back(fmt::format("it is used by {:.0f}%, which is not below {:.0f}%", 100 * removal.utilisation,
                                     100 * kThreshold));
    }
    for (const PodNumber number : node.pods) {
      const SchedulePod& pod = world.pod(number);
      const Json* known = objects.find("Pod", pod.space, pod.name);
      if (known == nullptr || stays_on_its_node(*known) || blockers.size() >= kMostBlockers) continue;
      if (std::string why = keeps(*known, budgets); !why.empty()) blockers.push_back(std::move(why));
    }
    // Placing the pods anew is dear, and says nothing more where something else keeps the node.
    if (blockers.empty()) {
      for (const std::string& pod : homeless(world, removal.node)) {
        if (blockers.size() < kMostBlockers) blockers.push_back(fmt::format("pod {}: no other node takes it", pod));
      }
    }
    removals.push_back(std::move(removal));
  }
  std::ranges::stable_sort(removals, {}, [](const NodeRemoval& one) { return !one.blockers.empty(); });
  return removals;
}

}  // namespace capstan::foresee
