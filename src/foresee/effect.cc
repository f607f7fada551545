#include "foresee/effect.h"

#include <algorithm>
#include <array>

#include "decide/verb_choice.h"

namespace capstan::foresee {
namespace {

bool begins_as(std::string_view verb, std::initializer_list<std::string_view> habits) {
  const std::string_view name = verb.substr(verb.rfind('.') + 1);
  return std::ranges::any_of(habits, [&](std::string_view habit) { return name.starts_with(habit); });
}

bool is_by(const decide::WantedState& state, const Action& action) {
  return state.verb == action.verb && state.parameters == action.parameters;
}

// Where a kind habitually says whether something runs.
void set_habitual(std::string_view state, const PastKind& kind, Effect& effect) {
  for (const std::string_view column : {"state", "status"}) {
    if (!kind.has_column(column)) continue;
    effect.sets[std::string(column)] = kind.usual(column, decide::habitual_values(state));
    return;
  }
}

}  // namespace

Effect effect_of(const decide::Policy& policy, const Action& action, const PastKind& kind) {
  Effect effect;
  if (policy.ensure && !policy.ensure->is_list()) {
    const decide::Ensure& ensure = *policy.ensure;
    const decide::WantedState* wanted = is_by(ensure.inside, action)                       ? &ensure.inside
                                        : ensure.outside && is_by(*ensure.outside, action) ? &*ensure.outside
                                                                                           : nullptr;
    if (wanted != nullptr) {
      effect.sets[wanted->column] = kind.usual(wanted->column, wanted->values);
      return effect;
    }
  }
  if (begins_as(action.verb, {"delete", "terminate", "remove"})) {
    effect.removes = true;
  } else if (begins_as(action.verb, {"scale", "resize", "set"})) {
    for (const auto& [name, value] : action.parameters.members()) {
      if (kind.has_column(name)) effect.sets[name] = value;
    }
  } else if (begins_as(action.verb, {"start", "resume"})) {
    set_habitual("running", kind, effect);
  } else if (begins_as(action.verb, {"stop", "suspend"})) {
    set_habitual("stopped", kind, effect);
  }
  return effect;
}

}  // namespace capstan::foresee
