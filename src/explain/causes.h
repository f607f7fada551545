// Likely causes of one finding, ranked by how much of the symptom each accounts for, by what changed just before, and
// by distance along relations.
#pragma once

#include <span>
#include <vector>

#include "explain/world.h"
#include "model/finding.h"
#include "model/incident.h"

namespace capstan::explain {

// How much each of the three grounds weighs in a cause's score.
struct CauseWeights {
  double share = 0.6;
  double recency = 0.25;
  double proximity = 0.15;
};

// Sorted by score, falling; at most five. Candidates are the series of `finding.causes_by`, and what changed near the
// resource that suffers in the ten minutes before. Candidates that are alike (kind, name, program, user) and started
// together become one cause with a group. Never fails: what cannot be asked is left out.
// A finding among `holding` that explains this one comes first (explain/explained.h).
std::vector<Cause> rank_causes(const Finding& finding, const World& world, std::span<const Finding> holding = {},
                               const CauseWeights& weights = {});

}  // namespace capstan::explain
