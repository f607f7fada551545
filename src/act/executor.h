// Carries plans out: intent, approval, perform, probe, outcome, each a fact, and nothing is touched before its intent
// is durable. At most once: what a crash cut off is looked up outside before anything else.
#pragma once

#include <deque>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "act/book.h"
#include "act/run_board.h"
#include "act/start_gate.h"
#include "act/start_rate.h"
#include "act/work.h"
#include "base/clock.h"
#include "model/fact_sink.h"
#include "model/resource_source.h"
#include "model/signal.h"
#include "model/table.h"

namespace capstan::act {

// Everything outside of the executor. All must outlive it; those that work items use are thread-safe.
struct Surroundings {
  FactSink& facts;
  const Clock& clock;  // Its monotonic time: what waits does not care for the clock on the wall.
  WorkRunner& runner;
  VerbRegistry& verbs;
  const ResourceSource& resources;
  const SqlSource& sql;
  const SignalSource& signals;
  const RunBoard* runs = nullptr;   // What is shown of work under way, where it tells.
  const StartGate* gate = nullptr;  // Without one nothing but the plan itself holds its actions back.
};

struct ExecutorOptions {
  Duration validity{24LL * 3'600'000};  // A plan that has not started by then expires.
  Duration check_every{5'000};          // How often a plan's check is asked.
  Duration check_sustained{10'000};     // How long it must hold without a break.
  Duration retry_every{5'000};          // Before checks that could not be made are tried again.
  int retry_limit = 60;                 // After so many the action counts as refused.
  size_t most_actions = 2'000;          // Of one plan.
  size_t most_open_plans = 1000;
  size_t most_bytes = 1'000'000;       // Of a plan as text: the ledger takes no larger facts.
  size_t most_outcome_bytes = 60'000;  // Of how an action ended.
  size_t keep_ended = 500;             // Plans that have ended and are still listed.
};

// A state machine owned by one thread: whoever owns the ledger. Commands return when their fact is durable. Errors:
// kNotFound, kFailedPrecondition (not in a state for it, or the hash is of another plan), kInvalidArgument, and
// whatever the FactSink says (then nothing has changed).
class Executor {
 public:
  explicit Executor(const Surroundings& surroundings, const ExecutorOptions& options = {});

  // Brings back what the ledger says; in order, in as many calls as is convenient, before the first tick.
  void restore(std::span<const Fact> facts);

  // Takes a plan in. It starts by itself unless its approval is anything but "none" or "standing", or it touches more
  // than its total. A plan that is already known is kAlreadyExists; one that no policy may ask for, kInvalidArgument.
  Result<Seq> submit(const Plan& plan, Time now);

  Status approve(std::string_view plan, std::string_view hash, std::string_view by, Time now);
  Status reject(std::string_view plan, std::string_view reason, std::string_view by, Time now);
  // Takes a proposal back whose reason has gone; only while nothing of it has started and nobody has approved it, or
  // while a freeze keeps what was approved from starting: what nobody calls for any more is not done at its end.
  Status withdraw(std::string_view plan, const Words& reason, Time now);
  // Nothing new of it starts. What runs is ended where its verb can be stopped, and finished where not; how it ended is
  // told as after any other end. What was done is undone when `undo` is set.
  Status cancel(std::string_view plan, bool undo, std::string_view by, Time now);
  // What a plan that has ended did is undone, as far as it can be. A freeze holds back what a policy wants undone
  // (kUnavailable: ask again), never a person.
  Status undo(std::string_view plan, const Words& reason, std::string_view by, Time now);
  // A person says how an unknown action ended: "happened", "retry" or "abandon".
  Status resolve(std::string_view action, std::string_view decision, std::string_view by, Time now);

  // The kill switch: nothing new starts; what runs is finished and shown. `subject` is "capstan" for everything, or
  // "policy:NAME".
  Status pause(std::string_view subject, std::string_view reason, std::string_view by, Time now);
  Status resume(std::string_view subject, std::string_view by, Time now);
  bool paused(std::string_view subject = "capstan") const;

  // Takes back what waits for a worker and has not begun: it takes its turn again.
  void call_back_all(const Words& why, Time now);

  // Moves everything on as far as it goes now. Call after commands, after results, and at least once a second.
  void tick(Time now);
  void handle(WorkResult result, Time now);

  // The shape of a plan status: docs/reference/api.md.
  Result<Json> status(std::string_view plan) const;
  // The newest first. "waiting", "running", "finished" or "all".
  Json list(std::string_view which) const;
  // Of the plans of this origin that have not ended, the newest first: [{"id", "title", "state"}].
  Json open_plans(std::string_view origin) const;
  // What holds back what of a plan is left to start; nothing where nothing does, or no such plan is open.
  Words held_back(std::string_view plan, Time now) const;
  // Null, or {"by", "reason", "at"}.
  Json pause_status() const;
  size_t waiting_for_approval() const;
  size_t unknown_actions() const;
  // Whether anything is being performed or undone at this moment, so that a shutdown can wait for it.
  bool busy() const;

 private:
  // Commands and flow (executor.cc).
  Result<Seq> record(NewFact fact);
  Status note(NewFact fact);
  Status record_all(std::vector<NewFact> facts);
  void record_or_hold(NewFact fact);
  bool flush_held();
  Status catch_up();
  Result<PlanRun*> find_open(std::string_view plan);
  Status check_plan(const Plan& plan) const;
  // Done, can be undone, and nothing else has been done to its target since.
  bool can_undo(const ActionRun& action) const;
  bool could_undo(const ActionRun& action) const;  // The same whatever has been done since.
  const ActionRun* touched_since(const ActionRun& action) const;
  Error why_not_undone(const PlanRun& run) const;
  Json status_of(const PlanRun& run) const;
  bool paused_by(const PlanRun& run) const;
  // What the gate says of an action; "" where there is none.
  Words held_back(const PlanRun& run, const ActionRun& action, Time now) const;
  // The same of the first of its actions that is held back.
  Words held_back(const PlanRun& run, Time now) const;
  // Whether a plan is not too old to start; while a freeze held it back it did not age.
  bool is_fresh(const PlanRun& run, Time now) const;

  // One step of one plan (executor_flow.cc).
  void advance(PlanRun& run, Time now);
  bool approve_or_wait(PlanRun& run, Time now);
  bool wait_for_person(PlanRun& run);
  Words must_wait(const PlanRun& run, const ActionRun& action, Time now) const;
  bool look_at_doubtful(PlanRun& run);
  bool settle_stopped(PlanRun& run, Time now);
  bool undo_next(PlanRun& run, Time now);
  bool start_undo(PlanRun& run, ActionRun& action, Time now);
  bool advance_check(PlanRun& run, Time now);
  void start_ready(PlanRun& run, Time now);
  const ActionRun* failed_before(const PlanRun& run, const ActionRun& action) const;
  // What the other open plans of its origin have under way: the same for all actions of a plan, as long as it alone
  // starts any.
  struct Elsewhere {
    int under_way = 0;
    int preparing = 0;
  };
  Elsewhere elsewhere(const PlanRun& run) const;
  Words obstacle(const PlanRun& run, const ActionRun& action, const Elsewhere& others) const;
  Duration monotonic() const { return around_.clock.monotonic(); }
  void finish(PlanRun& run, Time now);

  // Work out and back (executor_work.cc).
  bool send(std::string what, std::function<WorkResult(const std::stop_token&)> run, uint64_t& ticket);
  void send_prepare(PlanRun& run, ActionRun& action, Time now);
  void send_intended(ActionRun& action);
  void call_back(const PlanRun& run, ActionRun& action, const Words& why, Time now);
  void look_again(ActionRun& action);
  void send_look(ActionRun& action);
  void send_check(PlanRun& run, Time now);
  void take(PlanRun& run, ActionRun& action, Prepared prepared, Time now);
  void take(PlanRun& run, ActionRun& action, const Effect& effect, Time now);
  void take(PlanRun& run, ActionRun& action, const Looked& looked, Time now);
  void take_check(PlanRun& run, const Checked& checked);
  void write_intent(PlanRun& run, ActionRun& action, bool undo, Time now);
  void write_outcome(const PlanRun& run, const ActionRun& action, const Performed& outcome, Time now,
                     std::string_view mark = "");

  Surroundings around_;
  ExecutorOptions options_;
  Book book_;
  StartRate rate_;
  std::deque<NewFact> held_;  // Outcomes that could not be written yet; nothing starts before they are.
  std::string trouble_;       // What the FactSink said last.
  uint64_t last_ticket_ = 0;
};

}  // namespace capstan::act
