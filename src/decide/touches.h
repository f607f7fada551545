// What people changed by hand: changes of a resource that no action of ours explains. A projection of the ledger.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "decide/history.h"
#include "decide/override.h"
#include "decide/policy.h"
#include "model/fact.h"

namespace capstan::decide {

// For so long after an action a change of its target is taken for its effect.
inline constexpr Duration kEffectTime{120'000};

// The states in which somebody may have put a resource, as its column says them: those that a policy names, and running
// or stopped by any habitual name.
std::vector<std::string> chosen_states(const Ensure& ensure);

// Owned by one thread. Bounded by the columns of the resources that exist.
class Touches {
 public:
  // Facts in the order of the ledger; `history` has taken the same fact already.
  void apply(const Fact& fact, const History& history);

  // The changes to a state that the policy names, or to running or stopped by any habitual name: what merely broke
  // ("failed") is nobody's hand. Nothing for a policy that does not respect any.
  std::vector<ManualTouch> of(const Policy& policy) const;

 private:
  struct Change {
    Time at;
    std::string value;
  };
  std::map<ResourceId, std::map<std::string, Change>> changes_;  // Resource, column: the newest.
};

}  // namespace capstan::decide
