#include "foresee/scale_up.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <tuple>

#include "base/config.h"
#include "foresee/made_pods.h"

namespace capstan::foresee {
namespace {

constexpr int64_t kMostNewNodes = 1'000;  // As many as the autoscaler adds at a time.
constexpr std::string_view kExpanderSpace = "kube-system";
constexpr std::string_view kPriorityMap = "cluster-autoscaler-priority-expander";

double share(int64_t part, int64_t of) { return of > 0 ? static_cast<double>(part) / static_cast<double>(of) : 0; }

// The largest first, measured by a node of the group.
std::vector<PodNumber> by_size(const ScheduleWorld& world, const ScheduleNode& model, std::vector<PodNumber> pods) {
  std::ranges::stable_sort(pods, std::greater(), [&](PodNumber pod) {
    const Amounts& wants = world.shape_of(pod).requests;
    return share(wants[kCpu], amount_of(model.allocatable, kCpu)) +
           share(wants[kMemory], amount_of(model.allocatable, kMemory));
  });
  return pods;
}

// Why an empty node of the group does not take the pod.
std::string refusal(ScheduleWorld& world, PodNumber pod, NodeNumber node) {
  const Attempt attempt(world, world.pod(pod).shape);
  if (!attempt.problem().empty()) return attempt.problem();
  return fmt::format("{}", fmt::join(attempt.reasons(node, attempt.first_misfit(node)), ", "));
}

GroupOption option_of(ScheduleWorld world, const NodeGroup& group, const ClusterObjects& objects,
                      const std::vector<PodNumber>& pods) {
  GroupOption option{.group = group.spec.name, .room = group.room(), .priority = group.spec.priority};
  if (!group.model) {
    option.says = "it has no node, and the settings do not describe one (allocatable)";
    return option;
  }
  const int64_t most = std::min(group.room().value_or(kMostNewNodes), kMostNewNodes);
  const auto first = static_cast<NodeNumber>(world.nodes().size());
  Scheduler scheduler(world, first);
  std::string why;
  std::map<ShapeNumber, bool> hopeless;  // Shapes that not even an empty node takes.
  for (const PodNumber pod : by_size(world, *group.model, pods)) {
    const ShapeNumber shape = world.pod(pod).shape;
    if (hopeless.contains(shape)) continue;
    if (scheduler.place(pod)) {
      ++option.pods;
      continue;
    }
    const NodeNumber node = add_group_node(world, group, objects, option.nodes + 1);
    const bool may_grow = static_cast<int64_t>(option.nodes) < most;
    const bool fits = Attempt(world, shape).first_misfit(node) == Misfit::kNone && world.volumes(shape).problem.empty();
    if (fits && may_grow) {
      world.place(pod, node);
      ++option.pods;
      ++option.nodes;
      continue;
    }
    if (fits) option.at_limit = true;
    if (!fits && why.empty()) why = refusal(world, pod, node);
    (void)world.remove_node(node);
    hopeless[shape] = true;
  }
  Amounts used, all;
  for (size_t i = static_cast<size_t>(first); i < world.nodes().size(); ++i) {
    if (world.nodes()[i].gone) continue;
    add(used, world.nodes()[i].used);
    add(all, world.nodes()[i].allocatable);
  }
  option.idle_cpu = option.nodes > 0 ? 1 - share(amount_of(used, kCpu), amount_of(all, kCpu)) : 0;
  option.idle_memory = option.nodes > 0 ? 1 - share(amount_of(used, kMemory), amount_of(all, kMemory)) : 0;
  if (group.spec.price_per_hour) option.price_per_hour = *group.spec.price_per_hour * static_cast<double>(option.nodes);
  if (option.pods == 0) {
    option.says = option.at_limit ? fmt::format("it is at its maximum of {} nodes", group.spec.max.value_or(0)) : why;
  }
  return option;
}

// Priorities of the autoscaler's config map: {"10": [regular expressions]}, the greatest that matches.
std::optional<int64_t> mapped_priority(const ClusterObjects& objects, const std::string& group) {
  const Json* map = objects.find("ConfigMap", kExpanderSpace, kPriorityMap);
  if (map == nullptr) return std::nullopt;
  const auto documents = parse_yaml((*map)["data"]["priorities"].string_or_empty(), kPriorityMap);
  if (!documents || documents->empty()) return std::nullopt;
  std::optional<int64_t> best;
  for (const ConfigMember& member : documents->front().members) {
    const int64_t priority = std::strtoll(member.key.scalar.c_str(), nullptr, 10);
    for (const ConfigNode& pattern : member.value.items) {
      const bool matches = RE2::PartialMatch(group, RE2(pattern.scalar, RE2::Quiet));
      if (matches && (!best || priority > *best)) best = priority;
    }
  }
  return best;
}

// The option that `better` puts before all others.
template <class Better>
const GroupOption* best_of(const std::vector<const GroupOption*>& options, const Better& better) {
  const auto best = std::ranges::min_element(options, better);
  return best == options.end() ? nullptr : *best;
}

std::vector<ExpanderChoice> choose(const std::vector<GroupOption>& all, const ClusterObjects& objects) {
  std::vector<const GroupOption*> options;
  for (const GroupOption& option : all) {
    if (option.pods > 0) options.push_back(&option);
  }
  std::vector<ExpanderChoice> choices;
  if (options.empty()) return choices;
  std::vector<std::string> names;
  for (const GroupOption* option : options) names.push_back(option->group);
  choices.push_back({"random", options.size() == 1 ? names[0] : "", fmt::format("any of {}", fmt::join(names, ", "))});

  const auto waste = [](const GroupOption* option) { return option->idle_cpu + option->idle_memory; };
  const GroupOption* tight =
      best_of(options, [&](const auto* one, const auto* other) { return waste(one) < waste(other); });
  choices.push_back({"least-waste", tight->group,
                     fmt::format("{:.0f}% of processors and {:.0f}% of memory would stay idle", 100 * tight->idle_cpu,
                                 100 * tight->idle_memory)});
  const GroupOption* most =
      best_of(options, [](const auto* one, const auto* other) { return one->pods > other->pods; });
  choices.push_back({"most-pods", most->group, fmt::format("{} pods on {} new nodes", most->pods, most->nodes)});

  const bool all_priced = std::ranges::all_of(options, [](const auto* one) { return one->price_per_hour.has_value(); });
  if (all_priced) {
    const auto per_pod = [](const GroupOption* one) { return *one->price_per_hour / static_cast<double>(one->pods); };
    const GroupOption* cheap =
        best_of(options, [&](const auto* one, const auto* other) { return per_pod(one) < per_pod(other); });
    choices.push_back(
        {"price", cheap->group,
         fmt::format("{:.4g} an hour for {} pods, {:.4g} each", *cheap->price_per_hour, cheap->pods, per_pod(cheap))});
  } else {
    choices.push_back({"price", "", "not all of these groups have a price in node_groups"});
  }
  const auto priority = [&](const GroupOption* one) {
    return mapped_priority(objects, one->group).value_or(one->priority);
  };
  const GroupOption* first =
      best_of(options, [&](const auto* one, const auto* other) { return priority(one) > priority(other); });
  choices.push_back({"priority", first->group, fmt::format("priority {}", priority(first))});
  return choices;
}

}  // namespace

NodeNumber add_group_node(ScheduleWorld& world, const NodeGroup& group, const ClusterObjects& objects, size_t number) {
  const NodeNumber node = world.add_node(NodeGroups::new_node(group, number));
  for (const auto& [key, set] : objects.of("DaemonSet")) {
    const std::string name = fmt::format("{}-{}", name_of(set), world.node(node).name);
    Json made = make_pod(set, name, objects);
    // Daemon sets bear what befalls nodes.
    Json tolerations = made["spec"]["tolerations"];
    tolerations.push_back(Json::object({{"key", "node.kubernetes.io/unschedulable"}, {"operator", "Exists"}}));
    Json spec = made["spec"];
    spec.set("tolerations", std::move(tolerations));
    made.set("spec", std::move(spec));
    const PodNumber pod = world.add_pod(made);
    if (Attempt(world, world.pod(pod).shape).first_misfit(node) == Misfit::kNone) {
      world.place(pod, node);
    } else {
      world.remove_pod(pod);
    }
  }
  return node;
}

ScaleUp plan_scale_up(const ScheduleWorld& world, const NodeGroups& groups, const ClusterObjects& objects,
                      const std::vector<PodNumber>& pods) {
  ScaleUp plan;
  std::vector<PodNumber> open;
  std::ranges::copy_if(pods, std::back_inserter(open),
                       [&](PodNumber pod) { return world.shape_of(pod).gates.empty(); });
  if (open.empty()) return plan;
  for (const NodeGroup& group : groups.all()) plan.options.push_back(option_of(world, group, objects, open));
  std::ranges::stable_sort(plan.options, std::greater(), &GroupOption::pods);
  plan.choices = choose(plan.options, objects);
  return plan;
}

}  // namespace capstan::foresee
