#include "explain/grouping.h"

#include <algorithm>
#include <set>

namespace capstan::explain {
namespace {

constexpr double kLikely = 0.4;  // Causes with a lower score join nothing.

std::set<ResourceId> likely_resources(const std::vector<Cause>& causes) {
  std::set<ResourceId> ids;
  if (causes.empty()) return ids;
  // Only the best cause: of two troubles each is a small part of the other's symptom.
  if (causes.front().score >= kLikely) ids.insert(causes.front().group.begin(), causes.front().group.end());
  return ids;
}

bool overlap(const std::set<ResourceId>& a, const std::set<ResourceId>& b) {
  return std::ranges::any_of(a, [&](const ResourceId& id) { return b.contains(id); });
}

// A machine or a disk carries many things that have nothing to do with each other.
bool carries_others(const ResourceId& id, const World& world) {
  return std::ranges::any_of(world.relations_of(id), [&](const Relation& relation) {
    return relation.target == id && (relation.kind == "runs_on" || relation.kind == "part_of");
  });
}

}  // namespace

bool belongs_to(const Finding& finding, const std::vector<Cause>& causes, const Incident& incident,
                const World& world) {
  const std::set<ResourceId> mine = likely_resources(causes);
  const std::set<ResourceId> theirs = likely_resources(incident.causes);
  if (overlap(mine, theirs)) return true;
  if (theirs.contains(finding.resource)) return true;
  for (const Finding& other : incident.findings) {
    if (mine.contains(other.resource)) return true;
    if (finding.resource.empty() || other.resource != finding.resource) continue;
    const bool causes_differ = !mine.empty() && !theirs.empty();
    if (!causes_differ && !carries_others(finding.resource, world)) return true;
    // The same rule on the same place, told apart by labels only.
    if (other.rule == finding.rule && !causes_differ) return true;
  }
  return false;
}

}  // namespace capstan::explain
