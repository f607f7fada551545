// Turns what a policy wants done into a plan: actions with stable ids, their order, limits and guards.
#pragma once

#include <string>
#include <vector>

#include "decide/policy.h"
#include "model/action.h"

namespace capstan::decide {

struct Situation;

// One action that a policy wants.
struct Intended {
  const Resource* target = nullptr;
  ResourceId root;   // The selected resource for which it is done: the target itself, or what the target belongs to.
  std::string verb;  // Full name.
  Json parameters = Json::object();
  ResourceId approved;  // What the root must still belong to, as its approval is for that; "" where it is for the root.
  std::string condition;   // What must hold of the target beside the policy's own precondition; "" for nothing.
  size_t step = 0;         // Of the policy; those of a root are done in their order.
  bool after_all = false;  // Not before the step before is done for every root.
  std::string key;         // The occurrence, or the period and state.
  Words reason;            // For people.
  Seq cause = 0;
  int attempt = 0;  // How often the same was planned before.

  bool is_root() const { return target->id == root; }
};

// The same for the same policy, target, occurrence, attempt and step; another version of the policy does not make it
// another action, or editing a comment would act twice.
std::string action_id(const Policy& policy, const Intended& intended);

class PlanMaker {
 public:
  // `selected` is how many resources the policy selects, of which the share in flight is taken; `whole` how many it
  // would act on if plans had no size.
  PlanMaker(const Policy& policy, const Situation& situation, size_t selected, size_t whole)
      : policy_(policy), situation_(situation), selected_(selected), whole_(whole) {}

  // `intended` in the order in which its roots were looked at.
  Plan make(const std::vector<Intended>& intended) const;

 private:
  void add_actions(const std::vector<Intended>& intended, Plan& plan) const;
  void order_roots(const std::vector<Intended>& intended, Plan& plan) const;
  void order_belongings(const std::vector<Intended>& intended, Plan& plan) const;
  Words title(const std::vector<Intended>& intended) const;
  Words does(const std::string& verb) const;
  std::string condition(const Intended& intended) const;
  std::string of_belonging(const Intended& intended) const;

  const Policy& policy_;
  const Situation& situation_;
  size_t selected_;
  size_t whole_;
};

}  // namespace capstan::decide
