// Whose turn it is when: the actions of plans as the executor starts them where everybody agrees and everything
// succeeds at once. Each comes after those that it waits for, no more are started a minute than the policy's rate
// allows, and what a freeze holds back comes at its end, unless its plan is taken back before.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "foresee/past_freezes.h"
#include "model/action.h"

namespace capstan::foresee {

struct Turn {
  Action action;
  std::string plan;
  Time planned;
  int per_minute = 1;
  bool asks = false;     // Its plan asks a person.
  bool is_last = false;  // Of its plan.
  bool is_late = false;  // Not when it was planned.
  std::string held_by;   // The first freeze that held it back; "" for none.
};

// Owned by one thread.
class Turns {
 public:
  using LabelsOf = std::function<const ResourceLabels*(const ResourceId& target)>;
  Turns(const PastFreezes& freezes, LabelsOf labels_of) : freezes_(freezes), labels_of_(std::move(labels_of)) {}

  void add(const Plan& plan, bool asks, Time now);
  // The first time at which something may have its turn; nothing where nothing waits.
  std::optional<Time> next() const;
  // The next whose turn has come.
  std::optional<Turn> take(Time now);
  // Takes a plan back of which nothing has had its turn: what a freeze holds back and nobody calls for any more. Gives
  // its turns; none where it has begun.
  std::vector<Turn> withdraw(const std::string& plan);
  // Whether a freeze holds anything back.
  bool holds() const { return held_ > 0; }
  // Whether any of a plan's actions would be held back now, and until when.
  std::optional<PastFreezes::Hold> held_back(const Plan& plan, Time now) const;

 private:
  void put_off(Turn turn, const PastFreezes::Hold& hold);

  struct OfPlan {
    size_t left = 0;
    bool begun = false;
  };
  const PastFreezes& freezes_;
  const LabelsOf labels_of_;
  std::multimap<Time, Turn> waiting_;
  std::map<std::string, Time> times_;    // Of each action that waits.
  std::map<std::string, OfPlan> plans_;  // With actions that wait.
  std::map<Time, size_t> resumed_;       // How many wait for the end of a freeze: they start at the policy's rate.
  size_t held_ = 0;
};

// A plan's actions in an order in which each comes after those that it waits for.
std::vector<const Action*> in_order(const Plan& plan);

}  // namespace capstan::foresee
