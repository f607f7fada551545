// Which findings are one incident.
#pragma once

#include "explain/world.h"
#include "model/incident.h"

namespace capstan::explain {

// Whether a finding with these causes belongs to an open incident: they share a likely cause, one's cause is what the
// other suffers from, or they suffer at the same place and nothing says that their causes differ. Sharing a host is not
// enough: two troubles on one machine are two incidents.
bool belongs_to(const Finding& finding, const std::vector<Cause>& causes, const Incident& incident, const World& world);

}  // namespace capstan::explain
