// Which of the actions that a policy wants its budget bears (decide/budget.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "decide/decide.h"
#include "decide/plan_maker.h"

namespace capstan::decide {

struct BudgetVerdict {
  std::map<ResourceId, Words> over;  // By root: why it is not acted on.
  Words unknown;                     // The first action of which nobody knows what it costs; "" for none.
};

// What saves money is always borne. `verdicts` tell what is on its way.
BudgetVerdict judge_budget(const Policy& policy, const Situation& situation, const std::vector<Verdict>& verdicts,
                           const std::vector<Intended>& intended);

}  // namespace capstan::decide
