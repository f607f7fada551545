#include "foresee/effect.h"

#include <algorithm>
#include <array>

#include "decide/action_effect.h"
#include "decide/verb_choice.h"

namespace capstan::foresee {
namespace {

bool begins_as(std::string_view verb, std::initializer_list<std::string_view> habits) {
  const std::string_view name = verb.substr(verb.rfind('.') + 1);
  return std::ranges::any_of(habits, [&](std::string_view habit) { return name.starts_with(habit); });
}

// Where a kind habitually says whether something runs.
void set_habitual(std::string_view state, const PastKind& kind, Effect& effect) {
  for (const std::string_view column : {"state", "status"}) {
    if (!kind.has_column(column)) continue;
    effect.sets[std::string(column)] = kind.usual(column, decide::habitual_values(state));
    return;
  }
}

Effect habitual(const Action& action, const PastKind& kind) {
  Effect effect;
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
  effect.is_known = effect.removes || !effect.sets.empty();
  return effect;
}

}  // namespace

Effect effect_of(const decide::Policy& policy, const Action& action, const PastKind& kind,
                 const decide::VerbEffects& effects) {
  const decide::ActionEffect said = decide::effect_of(policy, action.verb, action.parameters, effects);
  if (!said.is_known()) return habitual(action, kind);
  Effect effect{.sets = {}, .removes = said.leaves.removes, .is_known = true, .with_it = said.leaves.with_it};
  for (const auto& [column, value] : said.leaves.sets) {
    if (kind.has_column(column) && !value.is_null()) effect.sets[column] = value;
  }
  if (!said.column.empty()) effect.sets[said.column] = kind.usual(said.column, said.values);
  // Nobody knows what is made before it is there.
  if (!said.leaves.makes.empty()) effect.is_known = effect.removes || !effect.sets.empty();
  return effect;
}

}  // namespace capstan::foresee
