// What to do about an incident: plans for a person to approve.
#pragma once

#include <span>
#include <vector>

#include "explain/world.h"
#include "model/incident.h"
#include "model/verb.h"

namespace capstan::explain {

// One plan for each verb that the incident's findings name and that fits the best cause, something related to it, or
// what suffers; best first, at most three. Every plan asks a person, and is checked by the findings being gone.
// The same incident with the same cause gives the same plans, ids included.
std::vector<Plan> recommend(const Incident& incident, std::span<const VerbSpec* const> verbs, const World& world);

}  // namespace capstan::explain
