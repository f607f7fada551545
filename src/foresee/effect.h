// What an action brings about, as far as it is known without performing it: the state that its policy wants, a
// parameter that is a column of its target, or that its target is no more.
#pragma once

#include <map>
#include <string>

#include "decide/policy.h"
#include "foresee/past.h"
#include "model/action.h"

namespace capstan::foresee {

struct Effect {
  std::map<std::string, Json> sets;  // Columns.
  bool removes = false;

  bool is_known() const { return removes || !sets.empty(); }
};

// `kind` is that of the action's target.
Effect effect_of(const decide::Policy& policy, const Action& action, const PastKind& kind);

}  // namespace capstan::foresee
