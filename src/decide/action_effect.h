// What an action of a policy leaves behind: what its verb says of that (model/verb_effect.h), and the state that the
// policy itself wants to see after it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "decide/policy.h"
#include "decide/verb_effects.h"

namespace capstan::decide {

struct ActionEffect {
  std::string verb;
  Json parameters = Json::object();
  VerbEffect leaves;  // With the parameters in their places.
  // Of a state that the policy wants: its column, and what that may say then.
  std::string column;
  std::vector<std::string> values;

  bool is_known() const { return leaves.is_said || !column.empty(); }
  std::string key() const;
};

// Tells what is done with the same parameters.
std::string action_key(std::string_view verb, const Json& parameters);

ActionEffect effect_of(const Policy& policy, std::string_view verb, const Json& parameters, const VerbEffects& effects);
// Of an action that no policy wants.
ActionEffect effect_of(std::string_view verb, const Json& parameters, const VerbEffects& effects);

// Of all that the policy does to what it selects; what it deletes with everything that belongs to it is not among them.
std::vector<ActionEffect> effects_of(const Policy& policy, const VerbEffects& effects);

}  // namespace capstan::decide
