#include "decide/touches.h"

#include <algorithm>
#include <iterator>

#include "decide/verb_choice.h"

namespace capstan::decide {

std::vector<std::string> chosen_states(const Ensure& ensure) {
  std::vector<std::string> states = habitual_values("running");
  std::ranges::copy(habitual_values("stopped"), std::back_inserter(states));
  std::ranges::copy(ensure.inside.values, std::back_inserter(states));
  if (ensure.outside) std::ranges::copy(ensure.outside->values, std::back_inserter(states));
  return states;
}

void Touches::apply(const Fact& fact, const History& history) {
  if (fact.kind == fact_kind::kResourceGone) {
    changes_.erase(fact.subject);
  } else if (fact.kind == fact_kind::kResourceChanged && !history.touched(fact.subject, fact.at, kEffectTime)) {
    for (const auto& [column, values] : fact.body["changed"].members()) {
      const std::vector<Json>& pair = values.items();
      if (pair.size() == 2 && pair[1].is_string())
        changes_[fact.subject][column] = {fact.at, pair[1].string_or_empty()};
    }
  }
}

std::vector<ManualTouch> Touches::of(const Policy& policy) const {
  std::vector<ManualTouch> touches;
  if (policy.respect_manual <= Duration(0) || !policy.ensure) return touches;
  const std::vector<std::string> chosen = chosen_states(*policy.ensure);
  for (const auto& [resource, columns] : changes_) {
    const auto change = columns.find(policy.ensure->inside.column);
    if (change == columns.end() || std::ranges::find(chosen, change->second.value) == chosen.end()) continue;
    touches.push_back({resource, change->second.at, ""});
  }
  return touches;
}

}  // namespace capstan::decide
