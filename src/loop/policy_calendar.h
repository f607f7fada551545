// When a policy wants what: its windows and its clock, laid out over some days.
#pragma once

#include <vector>

#include "base/json.h"
#include "decide/decide.h"

namespace capstan::loop {

// A row for each window that targets of the policy have, with how many have it; or one for its clock. None for policies
// without either. The shape: docs/reference/api.md.
Json::Array calendar_rows(const decide::Policy& policy, const std::vector<decide::Verdict>& verdicts, Time from,
                          Time to);

}  // namespace capstan::loop
