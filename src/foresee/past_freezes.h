// Change freezes over a recorded past: which of a policy's actions they would have held back, and until when. The
// freezes are those in force today, as what was declared then is not recorded; whom people let through is.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foresee/past.h"
#include "model/action.h"

namespace capstan::foresee {

// Owned by one thread; past outlives it.
class PastFreezes {
 public:
  // `policy` is the name of the one that asks.
  PastFreezes(const Past& past, std::string policy) : past_(past), policy_(std::move(policy)) {}

  struct Hold {
    std::string freeze;
    Time until;  // When to ask again: its end, or when somebody lets the plan through.
  };
  // `labels` are those of the action's target; nullptr where it is not known.
  std::optional<Hold> held_back(const Action& action, const std::string& plan, const ResourceLabels* labels,
                                Time now) const;

 private:
  const std::vector<decide::Frozen>& in_force(Time now) const;

  const Past& past_;
  const std::string policy_;
  mutable std::optional<Time> asked_;
  mutable std::vector<decide::Frozen> in_force_;  // At that time.
};

}  // namespace capstan::foresee
