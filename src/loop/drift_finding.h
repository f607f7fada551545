// Drift as findings, for the loop.
#pragma once

#include <string>
#include <vector>

#include "drift/drift_report.h"
#include "model/finding.h"

namespace capstan::loop {

inline constexpr std::string_view kDriftRule = "ManifestDrift";

// One for each object that is not as its manifest says: medium where it is missing, low else. `source` names the
// manifests, `commit` may be "".
std::vector<Finding> drift_findings(const drift::DriftReport& report, const std::string& source,
                                    const std::string& commit, Time now);

}  // namespace capstan::loop
