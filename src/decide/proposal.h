// What is proposed of all that a policy wants done: what its budget bears, what a person has agreed to in advance, and
// no more than a plan holds. The rest is put off, and its verdicts say why.
#pragma once

#include <cstddef>
#include <vector>

#include "decide/decide.h"
#include "decide/plan_maker.h"

namespace capstan::decide {

// Puts the plan into `decision`, where there is anything to propose. `selected` is how many resources the policy
// selects.
void propose(const Policy& policy, const Situation& situation, size_t selected, std::vector<Intended> intended,
             Decision& decision);

}  // namespace capstan::decide
