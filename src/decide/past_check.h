// What the past has to say to an action that a policy wants: what is under way, was refused, was done, or is too fresh
// is not done (again).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "decide/decide.h"
#include "decide/plan_maker.h"

namespace capstan::decide {

// Lives as long as one decision.
class PastCheck {
 public:
  PastCheck(const Policy& policy, const Situation& situation);

  // Whether `chain`, which is to be done on one target, one after the other, may be done now; its first action stands
  // for all. Says in `verdict` what is to be done, or why not, and until when where the clock ends that; gives the
  // actions the number of their attempt.
  bool allows(std::vector<Intended>& chain, std::optional<Duration> cooldown, Verdict& verdict);

  // Of what has been asked about so far: whether an action of an open plan is still wanted, and whether an open plan is
  // about something that nobody has agreed to in advance.
  bool is_still_wanted(const std::string& action) const { return still_wanted_.contains(action); }
  bool is_uncovered(const std::string& plan) const { return uncovered_.contains(plan); }

  // Plans that stand until the reason for them has been gone for a while.
  const std::vector<History::StandingPlan>& standing_plans() const { return standing_plans_; }

 private:
  std::optional<Time> resting_until(const ResourceId& target, const PastAction* previous, Duration rest) const;
  bool rests(Time done, Duration rest) const;
  const History::StandingPlan* in_force(const ResourceId& target) const;
  const ManualTouch* respected_touch(const ResourceId& target) const;

  const Policy& policy_;
  const Situation& situation_;
  std::string origin_;
  std::vector<History::StandingPlan> standing_plans_;
  std::set<std::string> still_wanted_;
  std::set<std::string> uncovered_;
};

}  // namespace capstan::decide
