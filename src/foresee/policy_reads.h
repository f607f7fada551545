// Which names a policy's SQL uses: what of the past has to be at hand to decide it again.
#pragma once

#include <set>
#include <string>

#include "base/result.h"
#include "decide/policy.h"
#include "decide/verb_effects.h"

namespace capstan::foresee {

struct PolicyReads {
  std::set<std::string, std::less<>> names;  // Tables, columns and functions, in lower case.
  // Each resource is judged by its own columns alone: where one changes, the others stay as they were judged.
  bool is_local = true;
  // What it does changes what belongs to its targets, too.
  bool asks_belongings = false;

  bool has(std::string_view name) const { return names.contains(name); }
};

// kInvalidArgument for SQL that never ends a string.
Result<PolicyReads> reads_of(const decide::Policy& policy, const decide::VerbEffects& effects);

}  // namespace capstan::foresee
