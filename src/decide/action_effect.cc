#include "decide/action_effect.h"

#include <algorithm>

namespace capstan::decide {
namespace {

bool is_by(const WantedState& state, std::string_view verb, const Json& parameters) {
  return state.verb == verb && state.parameters == parameters;
}

}  // namespace

std::string action_key(std::string_view verb, const Json& parameters) {
  return std::string(verb) + " " + parameters.dump();
}

std::string ActionEffect::key() const { return action_key(verb, parameters); }

ActionEffect effect_of(std::string_view verb, const Json& parameters, const VerbEffects& effects) {
  ActionEffect effect{.verb = std::string(verb), .parameters = parameters, .leaves = {}, .column = "", .values = {}};
  const VerbEffect* said = find_effect(effects, verb);
  if (said == nullptr) return effect;
  effect.leaves = *said;
  effect.leaves.sets = filled(said->sets, parameters);
  for (auto& [kind, columns] : effect.leaves.with_it) columns = filled(columns, parameters);
  for (auto& [kind, columns] : effect.leaves.makes) columns = filled(columns, parameters);
  return effect;
}

ActionEffect effect_of(const Policy& policy, std::string_view verb, const Json& parameters,
                       const VerbEffects& effects) {
  ActionEffect effect = effect_of(verb, parameters, effects);
  if (!policy.ensure || policy.ensure->is_list()) return effect;
  const Ensure& ensure = *policy.ensure;
  const WantedState* wanted = is_by(ensure.inside, verb, parameters)                       ? &ensure.inside
                              : ensure.outside && is_by(*ensure.outside, verb, parameters) ? &*ensure.outside
                                                                                           : nullptr;
  if (wanted == nullptr) return effect;
  effect.column = wanted->column;
  effect.values = wanted->values;
  return effect;
}

std::vector<ActionEffect> effects_of(const Policy& policy, const VerbEffects& effects) {
  std::vector<ActionEffect> all;
  const auto add = [&](const std::string& verb, const Json& parameters) {
    const auto is_it = [&](const ActionEffect& each) { return each.verb == verb && each.parameters == parameters; };
    if (verb.empty() || verb == kDeleteAllOf || std::ranges::any_of(all, is_it)) return;
    all.push_back(effect_of(policy, verb, parameters, effects));
  };
  if (policy.ensure) {
    const Ensure& ensure = *policy.ensure;
    add(ensure.inside.verb, ensure.inside.parameters);
    if (ensure.outside) add(ensure.outside->verb, ensure.outside->parameters);
    for (const Kept& kept : ensure.kept) add(kept.step.verb, kept.step.parameters);
    for (const Kept& kept : ensure.kept_outside) add(kept.step.verb, kept.step.parameters);
  }
  for (const Step& step : policy.steps) add(step.verb, step.parameters);
  return all;
}

}  // namespace capstan::decide
