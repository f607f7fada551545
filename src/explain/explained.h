// A finding that explains another: it says what the logs say because of it (Finding::explains), and the other says so,
// at a place that hangs together with its own.
#pragma once

#include <optional>
#include <span>

#include "explain/world.h"
#include "model/finding.h"
#include "model/incident.h"

namespace capstan::explain {

// The cause of `finding` among what holds: the nearest finding that explains it, at most four relations away; itself
// where it explains others and nothing explains it.
std::optional<Cause> cause_by_finding(const Finding& finding, std::span<const Finding> holding, const World& world);

}  // namespace capstan::explain
