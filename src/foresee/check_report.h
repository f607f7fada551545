// A check's outcome for people and for CI.
#pragma once

#include <string>

#include "foresee/check.h"
#include "model/finding.h"

namespace capstan::foresee {

// Whether something of this severity or a worse one would break.
bool breaks(const CheckReport& report, Severity at_least);

std::string to_text(const CheckReport& report);
Json to_json(const CheckReport& report);
// The other way round, for who got one from the API.
CheckReport report_from_json(const Json& json);
// Static Analysis Results Interchange Format 2.1.0 (OASIS): what code hosts show beside a change.
Json to_sarif(const CheckReport& report, std::string_view version);
// JUnit's XML: one test case a finding that would be new, failed from `at_least` on.
std::string to_junit(const CheckReport& report, Severity at_least);

}  // namespace capstan::foresee
