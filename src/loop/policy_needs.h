// What the answer of a policy depends on beside the clock: which facts may change it, and whether it may change without
// any. Told from the policy alone; where it is not certain, it depends on more.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>

#include "decide/policy.h"
#include "model/fact.h"

namespace capstan::loop {

struct PolicyNeeds {
  // It may change though nothing is written down: its SQL asks for the time, for signals or for what has no history, or
  // it has a budget, which the clock fills.
  bool anything = false;
  bool every_fact = false;
  bool all_resources = false;
  std::set<std::string, std::less<>> kinds;  // Of the resources that it looks at.
  bool relations = false;
  bool findings = false;  // And incidents.
  bool actions = false;   // Whoever's they are.
  bool approvals = false;
  // Each resource that it selects is judged by itself: where one changes, the others stay as they were judged.
  bool one_by_one = false;

  // Of facts about resources.
  bool asks_for(std::string_view kind) const { return every_fact || all_resources || kinds.contains(kind); }
};

// `kinds` are those that are declared.
PolicyNeeds needs_of(const decide::Policy& policy, std::span<const KindSpec> kinds);

}  // namespace capstan::loop
