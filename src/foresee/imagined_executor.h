// Plans of a backtest as the executor runs them where everybody agrees and everything succeeds at once: what they do is
// laid over the recorded past, noted in the result, and remembered for the decisions that follow.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "decide/history.h"
#include "decide/selection.h"
#include "foresee/alternate_past.h"
#include "foresee/backtest.h"
#include "foresee/past_freezes.h"
#include "foresee/past_world.h"
#include "foresee/turns.h"

namespace capstan::foresee {

// Owned by one thread.
class ImaginedExecutor {
 public:
  // When the policy must look again, and at what; "" for everything.
  using LookAgain = std::function<void(Time at, ResourceId what)>;

  // The policy looks every `step`. Everything handed over outlives it.
  ImaginedExecutor(const decide::Policy& policy, const Past& past, PastWorld& world, AlternatePast& alternate,
                   BacktestResult& result, Duration step, LookAgain look_again);

  const decide::History& history() const { return history_; }
  // Remembers a fact that would have been written.
  void record(std::string_view kind, const std::string& subject, Json body, Time at);

  Status carry_out(const Plan& plan, Time now);
  // Takes a plan back: what a freeze holds back and nobody calls for any more does not come.
  void withdraw(const std::string& plan, Time now);
  void undo(const std::string& id, Time now);

  // Lets those act whose turn has come; when the next may come; and whether a freeze holds anything back.
  Status take_turns(Time now);
  std::optional<Time> next_turn() const { return turns_.next(); }
  bool holds_back() const { return turns_.holds(); }

  // A condition that a step has brought about holds until it was recorded to hold, and then to hold no more; or until
  // the resource is gone.
  void hold_conditions(decide::Candidate& candidate);
  void forget(const ResourceId& id) { held_.erase(id); }

 private:
  struct Marks {
    bool is_undo = false;
    bool is_known = false;
  };
  Status take_turn(const Turn& turn, Time now);
  Result<bool> still_holds(const Action& action, Time now);
  void perform(const Turn& turn, Time now);
  void act_on_belongings(const Action& action, const Effect& effect, Time now);
  bool hold(const Action& action);
  void note(const Turn& turn, Time now, Marks marks);

  const decide::Policy& policy_;
  const Past& past_;
  PastWorld& world_;
  AlternatePast& alternate_;
  BacktestResult& result_;
  const Duration step_;
  const LookAgain look_again_;
  const PastFreezes freezes_;
  Turns turns_;
  decide::History history_;
  Seq seq_ = 0;
  std::map<std::string, Plan> plans_;            // That may be undone.
  std::map<ResourceId, std::set<size_t>> held_;  // Conditions that a step has brought about.
};

}  // namespace capstan::foresee
