// Turns what a policy wants done into a plan: actions with stable ids, their order, limits and guards.
#pragma once

#include <string>
#include <vector>

#include "decide/policy.h"
#include "model/action.h"

namespace capstan::decide {

// One target that a policy wants to act on.
struct Intended {
  const Resource* target = nullptr;
  std::string key;     // The occurrence, or the period and state.
  std::string reason;  // For people.
  Seq cause = 0;
  const WantedState* state = nullptr;  // For a policy that keeps a state; else its steps are done.
  int attempt = 0;                     // How often the same was planned before.
};

// The same for the same policy, target, occurrence, attempt and step; another version of the policy does not make it
// another action, or editing a comment would act twice.
std::string action_id(const Policy& policy, const Intended& intended, size_t step);

class PlanMaker {
 public:
  // `selected` is how many resources the policy selects, of which the share in flight is taken; `whole` how many it
  // would act on if plans had no size.
  PlanMaker(const Policy& policy, const std::vector<Relation>& relations, size_t selected, size_t whole)
      : policy_(policy), relations_(relations), selected_(selected), whole_(whole) {}

  Plan make(const std::vector<Intended>& intended, Time now) const;

 private:
  void add_actions(const std::vector<Intended>& intended, Plan& plan) const;
  void add_order(const std::vector<Intended>& intended, Plan& plan) const;
  std::string title(const std::vector<Intended>& intended) const;
  std::string condition(const Intended& intended) const;

  const Policy& policy_;
  const std::vector<Relation>& relations_;
  size_t selected_;
  size_t whole_;
};

}  // namespace capstan::decide
