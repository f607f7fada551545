// Plans as a person reads them on a terminal: what would be done, in which order, on what, at which risk and for how
// much. Forty-five accounts are a line, not forty-five.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace capstan::cli {

// The rows of a plan's table (see kPlanHead), of a plan status of the API. Actions that differ in nothing but their
// target are one row, as those that succeeded of one verb are; unless `each` is wanted.
inline const std::vector<std::string> kPlanHead = {"  ORDER", "ACTION", "ON", "RISK", "STATE", "AN HOUR", "BECAUSE"};
std::vector<std::vector<std::string>> plan_rows(const Json& status, bool each);

// What approving it allows for good, as a sentence; "" where it is for this plan alone.
std::string grant_text(const Json& plan);

// "-0.94 USD": money with its sign, or "" where it is not known.
std::string money_change(const Json& money);

// One plan with its actions, and what follows from approving it.
void print_plan(const Json& status, bool each = false);

// A text in one line of at most `longest` bytes and a "…" where more of it is left out, after a comma where there is
// one.
std::string one_line(std::string text, size_t longest);

// What a plan changes, in each currency: "-0.94 USD, +1200.00 KRW".
std::string money_changes(const Json& sums);

// One line a plan, and below it what a person has to look at.
void print_plan_list(const Json& plans);

}  // namespace capstan::cli
