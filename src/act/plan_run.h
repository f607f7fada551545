// A plan on its way, and each of its actions: what the facts say, and what is going on right now.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "act/work.h"
#include "model/action.h"
#include "model/resource.h"

namespace capstan::act {

// What goes on with an action at this moment; not part of the facts.
enum class Phase {
  kIdle,       // Nothing.
  kPreparing,  // Its checks are being made; nothing is touched.
  kIntended,   // The intent is written; the work waits for a worker.
  kWorking,    // A worker performs or undoes it.
  kCutOff,     // An intent without outcome from before a restart: the outside has to be asked.
  kLooking,    // The outside is being asked.
};

struct ActionRun {
  Action action;
  ActionState state = ActionState::kProposed;
  Phase phase = Phase::kIdle;
  uint64_t ticket = 0;                     // Of the work that is under way; 0 for none.
  std::shared_ptr<std::stop_source> stop;  // Ends the work that is under way, or about to be.
  std::shared_ptr<WorkTurn> turn;          // Whether that work has begun.
  Resource target;                         // As the intent says.
  Json before;                             // As the newest intent to perform says.
  Json origin;  // What undoing returns to: what was there before the first attempt that had an effect.
  bool may_have_happened = false;  // An earlier attempt, as far as anybody knows.
  bool last_look = false;          // It is not tried again: what the outside cannot tell now, a person has to.
  bool undoing = false;            // The newest intent is to undo.
  bool undo_ended = false;         // Undoing was tried and has ended.
  bool resolved = false;           // Unknown, and a person has left it at that.
  bool blocked = false;            // Skipped by its precondition, not because the plan stopped.
  bool orphaned = false;           // Skipped because what had to be done before it failed.
  bool verified = false;           // The plan's check held after it.
  int attempts = 0;                // Intents to perform.
  int postponed = 0;               // How often its checks could not be made.
  Duration not_before{0};          // When to try the checks again; monotonic.
  Words says;
  Words waiting;  // Why it has not started yet.
  Json result;
  Time started;
  Time finished;
  Seq intent = 0;     // The newest intent, to perform or to undo.
  Seq performed = 0;  // The newest intent to perform.

  // Something may be happening to its target, now or as far as anybody knows.
  bool holds_target() const { return phase != Phase::kIdle || (state == ActionState::kUnknown && !resolved); }
  bool ended() const { return is_final(state) && phase == Phase::kIdle; }
};

struct Check {
  enum class State { kNone, kPending, kRunning, kHolds, kFailed };
  State state = State::kNone;
  uint64_t ticket = 0;
  Duration began{0};  // These three are monotonic.
  Duration next{0};   // When to ask again.
  std::optional<Duration> true_since;
  Words says;
};
std::string_view to_string(Check::State state);

struct PlanRun {
  Plan plan;
  Seq proposed = 0;  // The fact.
  ActionState state = ActionState::kProposed;
  std::string approved_by;
  Seq approved = 0;  // The fact; 0 while it is not approved.
  Words stopped;     // Why nothing new of it starts; "" while it goes on.
  // Why it ended without having begun: "rejected", "withdrawn" or "expired"; "" where it has not.
  std::string given_up;
  bool cancelled = false;
  bool undo = false;  // What was done is to be undone.
  Check check;
  Words says;
  Words waiting;  // What it waits for, for people.
  Time finished;
  std::vector<ActionRun> actions;

  bool ended() const { return is_final(state); }
  bool started() const;
  ActionRun* find(std::string_view action);
  const ActionRun* find(std::string_view action) const;
  // The ids of all that the plan does before these, whether directly or not.
  std::set<std::string_view> all_before(const std::vector<ActionRun*>& those) const;
  // On how many targets something failed.
  int failed_targets() const;
  // How many may be under way and unverified at once: one until the first has proved itself.
  int flight_limit() const;
  // The same without that exception: what all plans of one origin may have under way together.
  int most_in_flight() const;
  int in_flight() const;
  // What other plans of its origin have to count. What waits for a person may do so for days, and holds up nobody else.
  int under_way() const;
  // How many are being looked at, and have not been written down as started.
  int preparing() const;
};

}  // namespace capstan::act
