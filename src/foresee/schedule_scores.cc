#include "foresee/schedule_scores.h"

#include <algorithm>
#include <cmath>

namespace capstan::foresee {
namespace {

constexpr double kMost = 100;
constexpr double kTaintWeight = 3;
constexpr double kNodeAffinityWeight = 2;
constexpr double kPodAffinityWeight = 2;
constexpr double kSpreadWeight = 2;
constexpr std::string_view kHostLabel = "kubernetes.io/hostname";
constexpr std::string_view kZoneLabel = "topology.kubernetes.io/zone";

double share(int64_t used, int64_t of) {
  return of <= 0 ? 1 : std::min(1.0, static_cast<double>(used) / static_cast<double>(of));
}

// The emptier and the more evenly used the better.
double resource_score(const ScheduleNode& node, const PodShape& shape) {
  const int64_t cpu = amount_of(node.allocatable, kCpu), memory = amount_of(node.allocatable, kMemory);
  const double least =
      kMost *
      (2 - share(node.usual_cpu + shape.usual_cpu, cpu) - share(node.usual_memory + shape.usual_memory, memory)) / 2;
  const double apart = std::abs(share(amount_of(node.used, kCpu) + shape.requests[kCpu], cpu) -
                                share(amount_of(node.used, kMemory) + shape.requests[kMemory], memory));
  return least + kMost * (1 - apart / 2);
}

// Adds values, stretched so that the greatest is 100, or with `reversed` the smallest.
void add_stretched(std::vector<double>& to, const std::vector<double>& values, double weight, bool reversed) {
  const double most = values.empty() ? 0 : *std::ranges::max_element(values);
  if (most <= 0) return;
  for (size_t i = 0; i < to.size(); ++i) {
    const double stretched = kMost * values[i] / most;
    to[i] += weight * (reversed ? kMost - stretched : stretched);
  }
}

void add_taints(const ScheduleWorld& world, const PodShape& shape, const std::vector<NodeNumber>& nodes,
                std::vector<double>& to) {
  std::vector<double> disliked(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (const Taint& taint : world.node(nodes[i]).taints) {
      if (taint.effect == "PreferNoSchedule" && !shape.tolerates(taint)) ++disliked[i];
    }
  }
  add_stretched(to, disliked, kTaintWeight, true);
}

void add_node_affinity(const ScheduleWorld& world, const PodShape& shape, const std::vector<NodeNumber>& nodes,
                       std::vector<double>& to) {
  if (shape.liked_nodes.empty()) return;
  std::vector<double> liked(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    const ScheduleNode& node = world.node(nodes[i]);
    for (const NodeTerm& term : shape.liked_nodes) {
      if (term.holds(node.name, node.labels)) liked[i] += term.weight;
    }
  }
  add_stretched(to, liked, kNodeAffinityWeight, false);
}

// The number of pods that match, by value of a topology.
std::vector<double> count_by_value(const ScheduleWorld& world, int topology, const auto& matches) {
  std::vector<double> counts(world.topology(topology).values.size());
  std::vector<char> matching(world.class_count());
  for (size_t i = 0; i < matching.size(); ++i) matching[i] = matches(world.pod_class(static_cast<int>(i)));
  const std::vector<int>& of_node = world.topology(topology).of_node;
  for (size_t number = 0; number < world.nodes().size(); ++number) {
    if (of_node[number] == kNowhere) continue;
    for (const ClassCount& pods : world.nodes()[number].classes) {
      if (matching[static_cast<size_t>(pods.pod_class)]) {
        counts[static_cast<size_t>(of_node[number])] += pods.pods - pods.leaving;
      }
    }
  }
  return counts;
}

void add_pod_affinity(ScheduleWorld& world, const PodShape& shape, const std::vector<NodeNumber>& nodes,
                      std::vector<double>& to) {
  std::vector<double> liked(nodes.size());
  bool any = false;
  const auto add_counts = [&](int topology, const auto& counts, double weight) {
    for (size_t i = 0; i < nodes.size(); ++i) {
      const int at = world.topology(topology).of_node[static_cast<size_t>(nodes[i])];
      if (at == kNowhere || static_cast<size_t>(at) >= counts.size()) continue;
      liked[i] += weight * static_cast<double>(counts[static_cast<size_t>(at)]);
      any = any || liked[i] != 0;
    }
  };
  const auto add_terms = [&](const std::vector<PodTerm>& terms, double sign) {
    for (const PodTerm& term : terms) {
      const int topology = world.topology_number(term.topology);
      add_counts(
          topology,
          count_by_value(world, topology, [&](const PodClass& pods) { return term.matches(pods.space, pods.labels); }),
          sign * term.weight);
    }
  };
  add_terms(shape.liked_near, 1);
  add_terms(shape.liked_apart, -1);
  for (const HeldTerm& held : world.liked()) {
    if (held.term.matches(shape.space, shape.labels)) add_counts(held.topology, held.counts, 1);
  }
  if (!any) return;
  const auto [least, most] = std::ranges::minmax(liked);
  if (most == least) return;
  for (size_t i = 0; i < to.size(); ++i) to[i] += kPodAffinityWeight * kMost * (liked[i] - least) / (most - least);
}

// By the pod's own constraints that are wishes; without any, pods of one owner spread over hosts and zones.
void add_spread(ScheduleWorld& world, const SchedulePod& like, const PodShape& shape,
                const std::vector<NodeNumber>& nodes, std::vector<double>& to) {
  std::vector<double> crowd(nodes.size());
  const auto add_topology = [&](const std::string& label, const auto& matches) {
    const int topology = world.topology_number(label);
    const std::vector<double> counts = count_by_value(world, topology, matches);
    const double weight = std::log(static_cast<double>(world.topology(topology).values.size()) + 2);
    for (size_t i = 0; i < nodes.size(); ++i) {
      const int at = world.topology(topology).of_node[static_cast<size_t>(nodes[i])];
      if (at != kNowhere) crowd[i] += weight * counts[static_cast<size_t>(at)];
    }
  };
  for (const SpreadConstraint& one : shape.spread) {
    if (one.hard) continue;
    add_topology(one.topology, [&](const PodClass& pods) {
      return pods.space == shape.space && one.selector && one.selector->matches(pods.labels);
    });
  }
  if (shape.spread.empty() && !like.owner.empty()) {
    const auto alike = [&](const PodClass& pods) { return pods.space == shape.space && pods.labels == shape.labels; };
    add_topology(std::string(kHostLabel), alike);
    add_topology(std::string(kZoneLabel), alike);
  }
  const double least = crowd.empty() ? 0 : *std::ranges::min_element(crowd);
  for (double& one : crowd) one -= least;
  add_stretched(to, crowd, kSpreadWeight, true);
}

}  // namespace

std::vector<double> scores(ScheduleWorld& world, PodNumber pod, const std::vector<NodeNumber>& nodes) {
  const PodShape& shape = world.shape_of(pod);
  std::vector<double> all;
  all.reserve(nodes.size());
  for (const NodeNumber node : nodes) all.push_back(resource_score(world.node(node), shape));
  add_taints(world, shape, nodes, all);
  add_node_affinity(world, shape, nodes, all);
  add_pod_affinity(world, shape, nodes, all);
  add_spread(world, world.pod(pod), shape, nodes, all);
  return all;
}

}  // namespace capstan::foresee
