// What an action brings about in a past: columns of its target, or that it is no more. A verb that does not say what it
// leaves behind is taken at its name, where that is a habit: start, stop, delete, scale.
#pragma once

#include <map>
#include <string>

#include "decide/policy.h"
#include "decide/verb_effects.h"
#include "foresee/past.h"
#include "model/action.h"

namespace capstan::foresee {

struct Effect {
  std::map<std::string, Json> sets;  // Columns.
  bool removes = false;
  bool is_known = false;
  std::map<std::string, VerbEffect::Columns> with_it;  // By kind, of what belongs to it.
};

// `kind` is that of the action's target.
Effect effect_of(const decide::Policy& policy, const Action& action, const PastKind& kind,
                 const decide::VerbEffects& effects);

}  // namespace capstan::foresee
