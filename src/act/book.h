// What the facts say about plans, actions and pauses: a projection of the ledger, the same whether the facts are read
// at start or have just been written.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "act/plan_run.h"
#include "model/fact.h"

namespace capstan::act {

struct Pause {
  std::string by;
  std::string reason;
  Time at;
};

// Owned by the executor's thread.
class Book {
 public:
  explicit Book(size_t keep_ended) : keep_ended_(keep_ended) {}

  // Facts of other kinds change nothing.
  void apply(const Fact& fact);

  // Plans in the order in which they were proposed.
  std::list<PlanRun>& plans() { return plans_; }
  const std::list<PlanRun>& plans() const { return plans_; }
  PlanRun* plan(std::string_view id);
  const PlanRun* plan(std::string_view id) const;
  // The open plan of an action, or nullptr.
  PlanRun* plan_of(std::string_view action);
  // The same of plans that have ended, too.
  const PlanRun* plan_with(std::string_view action) const;

  // What else was done to its target after it, and still stands: undoing it would undo that too. Only what `hinders`
  // holds of; nullptr for nothing.
  const ActionRun* touched_since(const ActionRun& action, const std::function<bool(const Action&)>& hinders) const;

  const Pause* pause(std::string_view subject) const;
  // The action that holds a target, or nullptr: two actions on one target never overlap.
  const ActionRun* holder(std::string_view target) const;
  size_t open_plans() const;
  // Drops the oldest plans that have ended beyond the limit. Invalidates pointers to them.
  void forget();

 private:
  void propose(const Fact& fact);
  void intend(const Fact& fact);
  void finish_action(const Fact& fact);
  void resolve(const Fact& fact);
  void end_plan(const Fact& fact, ActionState state);
  void recall(const Fact& fact);

  size_t keep_ended_;
  std::list<PlanRun> plans_;  // A list: pointers stay valid while plans come and go.
  std::map<std::string, PlanRun*, std::less<>> by_id_;
  std::map<std::string, PlanRun*, std::less<>> by_action_;
  std::map<std::string, Pause, std::less<>> pauses_;
};

}  // namespace capstan::act
