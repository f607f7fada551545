// What the manuals say of a finding.
#pragma once

#include "model/finding.h"
#include "model/manual.h"

namespace capstan::explain {

// The finding with what the manuals say of its sentence and of its lines as evidence; with their remedies where it has
// none of its own. One that was looked up already stays as it is.
Finding consult(Finding finding, const Manual& manual);

}  // namespace capstan::explain
