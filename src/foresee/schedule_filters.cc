#include "foresee/schedule_filters.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace capstan::foresee {
namespace {

constexpr int64_t kNoDomain = -1;
const Taint kUnschedulableTaint{"node.kubernetes.io/unschedulable", "", "NoSchedule"};

bool repels(const Taint& taint) { return taint.effect == "NoSchedule" || taint.effect == "NoExecute"; }

bool tolerates_all(const PodShape& shape, const ScheduleNode& node) {
  return std::ranges::all_of(node.taints, [&](const Taint& taint) { return !repels(taint) || shape.tolerates(taint); });
}

bool any_holds(const std::vector<NodeTerm>& terms, const ScheduleNode& node) {
  return std::ranges::any_of(terms, [&](const NodeTerm& term) { return term.holds(node.name, node.labels); });
}

bool all_hold(const std::vector<std::vector<NodeTerm>>& all, const ScheduleNode& node) {
  return std::ranges::all_of(all, [&](const std::vector<NodeTerm>& terms) { return any_holds(terms, node); });
}

// A node without any zone at all may be anywhere.
bool in_zones(const VolumeDemand& volumes, const ScheduleNode& node) {
  const auto has = [&](const auto& zone) { return node.labels.contains(zone.first); };
  if (std::ranges::none_of(volumes.zones, has)) return true;
  return std::ranges::all_of(volumes.zones, [&](const auto& zone) {
    const auto label = node.labels.find(zone.first);
    return label != node.labels.end() && zone.second.contains(label->second);
  });
}

}  // namespace

bool may_pass(Misfit misfit) {
  switch (misfit) {
    case Misfit::kPorts:
    case Misfit::kResources:
    case Misfit::kExclusiveClaim:
    case Misfit::kSpread:
    case Misfit::kPodAntiAffinity:
    case Misfit::kOthersAntiAffinity: return true;
    default: return false;
  }
}

Attempt::Attempt(ScheduleWorld& world, ShapeNumber shape)
    : world_(world), shape_number_(shape), shape_(world.shape(shape)) {
  if (!shape_.spread.empty()) count_spread();
  if (!shape_.near.empty()) count_near();
  count_apart();
}

void Attempt::count_spread() {
  std::vector<const SpreadConstraint*> hard;
  for (const SpreadConstraint& one : shape_.spread) {
    if (!one.hard) continue;
    hard.push_back(&one);
    spread_.push_back({.topology = world_.topology_number(one.topology),
                       .self = one.selector && one.selector->matches(shape_.labels)});
  }
  for (size_t i = 0; i < hard.size(); ++i) {
    Spread& spread = spread_[i];
    spread.counts.assign(world_.topology(spread.topology).values.size(), kNoDomain);
    std::vector<char> counts_class(world_.class_count());
    for (size_t one = 0; one < counts_class.size(); ++one) {
      const PodClass& pods = world_.pod_class(static_cast<int>(one));
      counts_class[one] = pods.space == shape_.space && hard[i]->selector && hard[i]->selector->matches(pods.labels);
    }
    for (size_t number = 0; number < world_.nodes().size(); ++number) {
      const ScheduleNode& node = world_.nodes()[number];
      const auto at = static_cast<NodeNumber>(number);
      const bool in_all =
          std::ranges::all_of(spread_, [&](const Spread& each) { return value(each.topology, at) != kNowhere; });
      if (node.gone || !in_all) continue;
      if (hard[i]->heeds_affinity && !shape_.wants(node.name, node.labels)) continue;
      if (hard[i]->heeds_taints && !tolerates_all(shape_, node)) continue;
      int64_t& count = spread.counts[static_cast<size_t>(value(spread.topology, at))];
      if (count == kNoDomain) count = 0;
      for (const ClassCount& pods : node.classes) {
        if (counts_class[static_cast<size_t>(pods.pod_class)]) count += pods.pods - pods.leaving;
      }
    }
    spread.least = std::numeric_limits<int32_t>::max();
    int64_t domains = 0;
    for (const int64_t count : spread.counts) {
      if (count == kNoDomain) continue;
      ++domains;
      spread.least = std::min(spread.least, count);
    }
    if (domains < hard[i]->min_domains) spread.least = 0;
  }
}

// How many pods there are by value of each term's topology: of those that match all terms at once, or each for itself.
std::vector<Attempt::Near> Attempt::count_terms(const std::vector<PodTerm>& terms, bool all_at_once) {
  std::vector<Near> found;
  std::vector<std::vector<char>> matching(terms.size(), std::vector<char>(world_.class_count()));
  for (size_t i = 0; i < terms.size(); ++i) {
    found.push_back({.topology = world_.topology_number(terms[i].topology), .counts = {}});
    found.back().counts.resize(world_.topology(found.back().topology).values.size());
  }
  for (size_t one = 0; one < world_.class_count(); ++one) {
    const PodClass& pods = world_.pod_class(static_cast<int>(one));
    const auto matches = [&](const PodTerm& term) { return term.matches(pods.space, pods.labels); };
    const bool all = all_at_once && std::ranges::all_of(terms, matches);
    for (size_t i = 0; i < terms.size(); ++i) matching[i][one] = all_at_once ? all : matches(terms[i]);
  }
  for (size_t number = 0; number < world_.nodes().size(); ++number) {
    for (const ClassCount& pods : world_.nodes()[number].classes) {
      for (size_t i = 0; i < terms.size(); ++i) {
        const int at = value(found[i].topology, static_cast<NodeNumber>(number));
        if (at != kNowhere && matching[i][static_cast<size_t>(pods.pod_class)]) {
          found[i].counts[static_cast<size_t>(at)] += pods.pods;
        }
      }
    }
  }
  return found;
}

void Attempt::count_near() {
  near_ = count_terms(shape_.near, true);
  const bool nobody = std::ranges::all_of(near_, [](const Near& term) {
    return std::ranges::all_of(term.counts, [](int64_t count) { return count == 0; });
  });
  first_of_its_kind_ = nobody && std::ranges::all_of(shape_.near, [&](const PodTerm& term) {
                         return term.matches(shape_.space, shape_.labels);
                       });
}

void Attempt::count_apart() {
  if (!shape_.apart.empty()) apart_ = count_terms(shape_.apart, false);
  for (const HeldTerm& held : world_.kept_apart()) {
    if (held.term.matches(shape_.space, shape_.labels)) forbidden_.push_back({held.topology, &held.counts});
  }
}

bool Attempt::fits_resources(const ScheduleNode& node) const {
  for (size_t i = 0; i < shape_.requests.size(); ++i) {
    const int64_t wanted = shape_.requests[i];
    if (wanted > 0 && wanted > amount_of(node.allocatable, i) - amount_of(node.used, i)) return false;
  }
  return true;
}

bool Attempt::near_enough(NodeNumber node) const {
  bool pods_are_there = true;
  for (const Near& term : near_) {
    const int at = value(term.topology, node);
    if (at == kNowhere) return false;
    if (term.counts[static_cast<size_t>(at)] <= 0) pods_are_there = false;
  }
  return pods_are_there || first_of_its_kind_;
}

bool Attempt::misses(NodeNumber number, Misfit misfit) const {
  const ScheduleNode& node = world_.node(number);
  const VolumeDemand& volumes = world_.volumes(shape_number_);
  const auto is_there = [&](const Near& term) {
    const int at = value(term.topology, number);
    return at != kNowhere && term.counts[static_cast<size_t>(at)] > 0;
  };
  switch (misfit) {
    case Misfit::kNone: return false;
    case Misfit::kNotAmongNamed: return shape_.only_nodes && !shape_.only_nodes->contains(node.name);
    case Misfit::kUnschedulable: return node.unschedulable && !shape_.tolerates(kUnschedulableTaint);
    case Misfit::kTaint: return !node.taints.empty() && !tolerates_all(shape_, node);
    case Misfit::kNodeAffinity: return !shape_.wants(node.name, node.labels);
    case Misfit::kPorts:
      return std::ranges::any_of(shape_.ports, [&](const HostPort& port) {
        return std::ranges::any_of(node.ports, [&](const HostPort& used) { return port.conflicts(used); });
      });
    case Misfit::kResources: return !fits_resources(node);
    case Misfit::kExclusiveClaim:
      return std::ranges::any_of(volumes.exclusive, [&](const std::string& id) { return world_.claim_users(id) > 0; });
    case Misfit::kVolumeAffinity: return !all_hold(volumes.affinities, node);
    case Misfit::kVolumeBinding: return !all_hold(volumes.provisioning, node);
    case Misfit::kVolumeZone: return !volumes.zones.empty() && !in_zones(volumes, node);
    case Misfit::kSpreadLabel:
      return std::ranges::any_of(spread_, [&](const Spread& one) { return value(one.topology, number) == kNowhere; });
    case Misfit::kSpread: return skew_needed(number) > 0;
    case Misfit::kPodAffinity: return !near_.empty() && !near_enough(number);
    case Misfit::kPodAntiAffinity: return std::ranges::any_of(apart_, is_there);
    case Misfit::kOthersAntiAffinity:
      return std::ranges::any_of(forbidden_, [&](const Forbidden& one) {
        const int at = value(one.topology, number);
        return at != kNowhere && static_cast<size_t>(at) < one.counts->size() &&
               (*one.counts)[static_cast<size_t>(at)] > 0;
      });
  }
  return false;
}

// Nothing for a constraint that holds; else the smallest maxSkew with which it would.
int64_t Attempt::skew_needed(NodeNumber node) const {
  int64_t needed = 0;
  size_t i = 0;
  for (const SpreadConstraint& constraint : shape_.spread) {
    if (!constraint.hard) continue;
    const Spread& spread = spread_[i++];
    const int at = value(spread.topology, node);
    if (at == kNowhere) continue;
    const int64_t skew =
        std::max<int64_t>(spread.counts[static_cast<size_t>(at)], 0) + (spread.self ? 1 : 0) - spread.least;
    if (skew > constraint.max_skew) needed = std::max(needed, skew);
  }
  return needed;
}

Misfit Attempt::first_misfit(NodeNumber node) const {
  for (size_t i = 1; i < kMisfits; ++i) {
    if (misses(node, static_cast<Misfit>(i))) return static_cast<Misfit>(i);
  }
  return Misfit::kNone;
}

std::vector<Misfit> Attempt::misfits(NodeNumber node) const {
  std::vector<Misfit> all;
  for (size_t i = 1; i < kMisfits; ++i) {
    if (misses(node, static_cast<Misfit>(i))) all.push_back(static_cast<Misfit>(i));
  }
  return all;
}

std::vector<std::pair<size_t, int64_t>> Attempt::shortages(NodeNumber number) const {
  const ScheduleNode& node = world_.node(number);
  std::vector<std::pair<size_t, int64_t>> found;
  for (size_t i = 0; i < shape_.requests.size(); ++i) {
    const int64_t left = amount_of(node.allocatable, i) - amount_of(node.used, i);
    if (shape_.requests[i] > 0 && shape_.requests[i] > left) found.emplace_back(i, shape_.requests[i] - left);
  }
  return found;
}

std::vector<std::string> Attempt::reasons(NodeNumber node, Misfit misfit) const {
  switch (misfit) {
    case Misfit::kNone: return {};
    case Misfit::kNotAmongNamed: return {"node(s) didn't satisfy plugin(s) [NodeAffinity]"};
    case Misfit::kUnschedulable: return {"node(s) were unschedulable"};
    case Misfit::kTaint: return {"node(s) had untolerated taint(s)"};
    case Misfit::kNodeAffinity: return {"node(s) didn't match Pod's node affinity/selector"};
    case Misfit::kPorts: return {"node(s) didn't have free ports for the requested pod ports"};
    case Misfit::kExclusiveClaim:
      return {
          "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by "
          "another pod"};
    case Misfit::kVolumeAffinity: return {"node(s) didn't match PersistentVolume's node affinity"};
    case Misfit::kVolumeBinding: return {"node(s) didn't find available persistent volumes to bind"};
    case Misfit::kVolumeZone: return {"node(s) had no available volume zone"};
    case Misfit::kSpreadLabel: return {"node(s) didn't match pod topology spread constraints (missing required label)"};
    case Misfit::kSpread: return {"node(s) didn't match pod topology spread constraints"};
    case Misfit::kPodAffinity: return {"node(s) didn't match pod affinity rules"};
    case Misfit::kPodAntiAffinity: return {"node(s) didn't match pod anti-affinity rules"};
    case Misfit::kOthersAntiAffinity: return {"node(s) didn't satisfy existing pods anti-affinity rules"};
    case Misfit::kResources: break;
  }
  std::vector<std::string> reasons;
  for (const auto& [resource, missing] : shortages(node)) {
    reasons.push_back(resource == kPods ? "Too many pods" : "Insufficient " + world_.names().name(resource));
  }
  return reasons;
}

std::string sentence(const ReasonCounts& reasons, size_t node_count) {
  if (node_count == 0) return "no nodes available to schedule pods";
  std::vector<std::string> parts;
  for (const auto& [reason, nodes] : reasons.nodes) parts.push_back(fmt::format("{} {}", nodes, reason));
  std::ranges::sort(parts);
  if (!reasons.problem.empty()) parts = {reasons.problem};
  return fmt::format("0/{} nodes are available: {}.", node_count, fmt::join(parts, ", "));
}

}  // namespace capstan::foresee
