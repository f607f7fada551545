// What things cost in the past that a backtest walks through: told of everything that comes to be so in it, and asked
// by a policy with a budget.
#pragma once

#include "decide/decide.h"
#include "foresee/past_world.h"

namespace capstan::foresee {

// Called by the backtest's thread.
class PastMoney {
 public:
  virtual ~PastMoney() = default;
  // From a time on a resource is so; nullptr: it is no more. In the order of time.
  virtual void note(const ResourceId& id, const PastKind& kind, const PastRow* row, Time at) = 0;
  // Puts money and changes of the selected candidates into a situation.
  virtual Status add_money(const decide::Policy& policy, const PastWorld& world, decide::Situation& situation) = 0;
};

}  // namespace capstan::foresee
