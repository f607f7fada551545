#include "foresee/scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "foresee/schedule_scores.h"

namespace capstan::foresee {
namespace {

constexpr size_t kMostPreemptionNodes = 100;
constexpr size_t kMostRemedies = 4;

std::string taint_text(const Taint& taint) {
  return taint.value.empty() ? fmt::format("{}:{}", taint.key, taint.effect)
                             : fmt::format("{}={}:{}", taint.key, taint.value, taint.effect);
}

std::string nodes_text(size_t count) { return count == 1 ? "1 node" : fmt::format("{} nodes", count); }

// What the first misfit of nodes that miss nothing else asks for.
std::string advice_for(Misfit misfit) {
  switch (misfit) {
    case Misfit::kUnschedulable: return "make a node schedulable again (uncordon)";
    case Misfit::kNotAmongNamed:
    case Misfit::kNodeAffinity: return "widen its node selector or node affinity";
    case Misfit::kPorts: return "free the host port, or let it use another";
    case Misfit::kExclusiveClaim: return "end the pod that has the claim (ReadWriteOncePod)";
    case Misfit::kVolumeAffinity:
    case Misfit::kVolumeBinding:
    case Misfit::kVolumeZone: return "let its volume be where there is room";
    case Misfit::kSpreadLabel: return "give nodes the label of its topology spread constraint";
    case Misfit::kPodAffinity: return "run a pod that its affinity asks for, or widen its affinity";
    case Misfit::kPodAntiAffinity: return "relax its own anti-affinity";
    case Misfit::kOthersAntiAffinity: return "relax the anti-affinity of the pods that are there";
    default: return "";
  }
}

// The least that would have to be missing: by how much of its request each node is short.
struct LeastShortage {
  double share = -1;
  NodeNumber node = kNowhere;
  std::vector<std::pair<size_t, int64_t>> shortages;
  size_t nodes = 0;

  void look_at(const Attempt& attempt, NodeNumber other) {
    ++nodes;
    const auto missing = attempt.shortages(other);
    double total = 0;
    for (const auto& [resource, amount] : missing) {
      total += static_cast<double>(amount) / static_cast<double>(attempt.shape().requests[resource]);
    }
    if (share >= 0 && total >= share) return;
    share = total;
    node = other;
    shortages = missing;
  }
};

}  // namespace

std::vector<NodeNumber> Scheduler::feasible(PodNumber pod) {
  std::vector<NodeNumber> nodes;
  const Attempt attempt(world_, world_.pod(pod).shape);
  if (!attempt.problem().empty()) return nodes;
  const auto end = static_cast<NodeNumber>(world_.nodes().size());
  for (NodeNumber node = first_; node < end; ++node) {
    if (!world_.node(node).gone && attempt.first_misfit(node) == Misfit::kNone) nodes.push_back(node);
  }
  return nodes;
}

std::optional<NodeNumber> Scheduler::place(PodNumber pod) {
  if (!world_.shape_of(pod).gates.empty()) return std::nullopt;
  const std::vector<NodeNumber> nodes = feasible(pod);
  if (nodes.empty()) return std::nullopt;
  size_t best = 0;
  if (nodes.size() > 1) {
    const std::vector<double> all = scores(world_, pod, nodes);
    best = static_cast<size_t>(std::ranges::max_element(all) - all.begin());
  }
  world_.place(pod, nodes[best]);
  return nodes[best];
}

std::vector<PodNumber> Scheduler::place_all(const std::vector<PodNumber>& pods) {
  std::vector<PodNumber> left;
  // Once one of a shape fits nowhere the next does not either, unless somebody it must be near to has come meanwhile.
  std::set<ShapeNumber> hopeless;
  for (const PodNumber pod : pods) {
    const ShapeNumber shape = world_.pod(pod).shape;
    if (!hopeless.contains(shape) && place(pod)) continue;
    const bool others_matter = !world_.shape(shape).near.empty() || !world_.shape(shape).spread.empty();
    if (!others_matter) hopeless.insert(shape);
    left.push_back(pod);
  }
  // The scheduler comes back to those that wait for others.
  for (bool again = true; again;) {
    again = false;
    for (PodNumber& pod : left) {
      if (hopeless.contains(world_.pod(pod).shape) || !place(pod)) continue;
      pod = kNowhere;
      again = true;
    }
    std::erase(left, kNowhere);
  }
  return left;
}

Unplaced Scheduler::explain(PodNumber pod) {
  Unplaced unplaced{.pod = pod};
  const PodShape& shape = world_.shape_of(pod);
  if (!shape.gates.empty()) {
    unplaced.says =
        fmt::format("Scheduling is blocked due to non-empty scheduling gates: {}", fmt::join(shape.gates, ", "));
    unplaced.remedies.push_back({"whoever set the scheduling gates must take them away", world_.node_count()});
    return unplaced;
  }
  const Attempt attempt(world_, world_.pod(pod).shape);
  unplaced.reasons.problem = attempt.problem();
  if (attempt.problem().empty()) {
    for (size_t i = 0; i < world_.nodes().size(); ++i) {
      const auto node = static_cast<NodeNumber>(i);
      if (world_.node(node).gone) continue;
      NodeVerdict verdict{node, attempt.reasons(node, attempt.first_misfit(node))};
      for (const std::string& reason : verdict.reasons) ++unplaced.reasons.nodes[reason];
      unplaced.nodes.push_back(std::move(verdict));
    }
    std::vector<std::string> open;
    for (const NodeVerdict& verdict : unplaced.nodes) {
      if (verdict.reasons.empty()) open.push_back(world_.node(verdict.node).name);
    }
    if (!open.empty()) {
      unplaced.says = fmt::format("it could go to {}: the scheduler has yet to put it there", fmt::join(open, ", "));
      return unplaced;
    }
    unplaced.remedies = remedies(attempt);
    unplaced.preemption = find_preemption(pod, attempt);
  }
  unplaced.says = sentence(unplaced.reasons, world_.node_count());
  return unplaced;
}

// Of nodes that miss one thing only: what it would take.
std::vector<Remedy> Scheduler::remedies(const Attempt& attempt) {
  std::map<Misfit, size_t> alone;
  std::map<std::string, size_t> taints;
  LeastShortage shortage;
  int64_t least_skew = 0;
  size_t skew_nodes = 0;
  for (size_t i = 0; i < world_.nodes().size(); ++i) {
    const auto node = static_cast<NodeNumber>(i);
    if (world_.node(node).gone) continue;
    const std::vector<Misfit> all = attempt.misfits(node);
    if (all.size() != 1) continue;
    if (all[0] == Misfit::kResources) {
      shortage.look_at(attempt, node);
    } else if (all[0] == Misfit::kSpread) {
      ++skew_nodes;
      const int64_t needed = attempt.skew_needed(node);
      least_skew = least_skew == 0 ? needed : std::min(least_skew, needed);
    } else if (all[0] == Misfit::kTaint) {
      std::vector<std::string> names;
      for (const Taint& taint : world_.node(node).taints) {
        if (taint.effect != "PreferNoSchedule" && !attempt.shape().tolerates(taint)) names.push_back(taint_text(taint));
      }
      ++taints[fmt::format("{}", fmt::join(names, " and "))];
    } else {
      ++alone[all[0]];
    }
  }
  std::vector<Remedy> found;
  const auto open_nodes = [&](const std::string& says, size_t nodes) {
    found.push_back({fmt::format("{}, which opens {}", says, nodes_text(nodes)), nodes});
  };
  if (shortage.nodes > 0) {
    std::vector<std::string> more, less;
    for (const auto& [resource, missing] : shortage.shortages) {
      const ResourceNames& names = world_.names();
      const int64_t wanted = attempt.shape().requests[resource];
      more.push_back(resource == kPods
                         ? std::string("room for one pod more")
                         : fmt::format("{} more {}", names.text(resource, missing), names.name(resource)));
      if (wanted > missing)
        less.push_back(fmt::format("{} {}", names.text(resource, wanted - missing), names.name(resource)));
    }
    std::string says =
        fmt::format("it would fit on {} with {}", world_.node(shortage.node).name, fmt::join(more, " and "));
    if (less.size() == more.size()) says += fmt::format(", or asking for {} only", fmt::join(less, " and "));
    found.push_back({std::move(says), shortage.nodes});
  }
  for (const auto& [taint, nodes] : taints) open_nodes(fmt::format("tolerate {}", taint), nodes);
  if (skew_nodes > 0) open_nodes(fmt::format("raise maxSkew to {}", least_skew), skew_nodes);
  for (const auto& [misfit, nodes] : alone) open_nodes(advice_for(misfit), nodes);
  if (found.size() > kMostRemedies) found.resize(kMostRemedies);
  return found;
}

// As the scheduler's default preemption: on each node as few pods of lower priority as will do; the node whose victims
// matter least.
std::optional<Eviction> Scheduler::find_preemption(PodNumber pod, const Attempt& attempt) {
  if (!attempt.shape().preempts) return std::nullopt;
  const int64_t priority = attempt.shape().priority;
  std::optional<Eviction> best;
  std::tuple<int64_t, int64_t, size_t> least;
  size_t looked_at = 0;
  std::vector<NodeNumber> candidates;
  for (size_t i = 0; i < world_.nodes().size() && looked_at < kMostPreemptionNodes; ++i) {
    const auto node = static_cast<NodeNumber>(i);
    const auto is_lower = [&](PodNumber other) { return world_.shape_of(other).priority < priority; };
    const bool worth_it = !world_.node(node).gone && may_pass(attempt.first_misfit(node)) &&
                          std::ranges::any_of(world_.node(node).pods, is_lower);
    if (!worth_it) continue;
    ++looked_at;
    candidates.push_back(node);
  }
  for (const NodeNumber node : candidates) {
    std::vector<PodNumber> lower;
    for (const PodNumber other : world_.node(node).pods) {
      if (world_.shape_of(other).priority < priority) lower.push_back(other);
    }
    std::ranges::stable_sort(lower, std::greater(), [&](PodNumber one) { return world_.shape_of(one).priority; });
    for (const PodNumber other : lower) world_.unplace(other);
    const auto fits = [&] { return Attempt(world_, world_.pod(pod).shape).first_misfit(node) == Misfit::kNone; };
    const bool helps = fits();
    std::vector<PodNumber> victims;
    for (const PodNumber other : lower) {
      world_.place(other, node);
      if (!helps || fits()) continue;
      world_.unplace(other);
      victims.push_back(other);
    }
    int64_t highest = INT64_MIN, sum = 0;
    for (const PodNumber victim : victims) {
      world_.place(victim, node);
      highest = std::max(highest, world_.shape_of(victim).priority);
      sum += world_.shape_of(victim).priority;
    }
    const std::tuple cost{highest, sum, victims.size()};
    if (helps && !victims.empty() && (!best || cost < least)) {
      least = cost;
      best = Eviction{node, std::move(victims)};
    }
  }
  return best;
}

}  // namespace capstan::foresee
