// Work goes out to the runner with a ticket; what comes back is matched by it, and a stale ticket changes nothing.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "act/errands.h"
#include "act/executor.h"
#include "base/fit.h"

namespace capstan::act {
namespace {

Json resource_to_json(const Resource& resource) {
  return Json::object({{"id", resource.id},
                       {"kind", resource.kind},
                       {"name", resource.name},
                       {"labels", to_json(resource.labels)},
                       {"fields", resource.fields}});
}

// What an action that is repeated finds may be its own effect, which is not what undoing returns to. The outside tells;
// where it cannot, what is known of the attempts before: that they had no effect, or that one may have had. Of what is
// not idempotent an effect cannot be seen in what a second one would change.
bool finds_own_effect(const ActionRun& action, const Verb* verb, ProbeAnswer shows) {
  if (action.attempts == 0) return false;
  const bool idempotent = verb && verb->spec().idempotent;
  if (!idempotent || shows == ProbeAnswer::kCannotTell) return action.may_have_happened;
  return shows == ProbeAnswer::kHappened;
}

constexpr std::string_view kRetry = "retry";             // Its turn comes again.
constexpr std::string_view kCalledBack = "called_back";  // The same, of what was not begun.

std::string describe(std::string_view what, const Action& action) {
  return fmt::format("{} {} on {}", what, action.verb, action.target);
}

}  // namespace

bool Executor::send(std::string what, std::function<WorkResult(const std::stop_token&)> run, uint64_t& ticket) {
  const uint64_t number = ++last_ticket_;
  const bool taken =
      around_.runner.try_run({number, std::move(what), [number, run = std::move(run)](const std::stop_token& stop) {
                                WorkResult result = run(stop);
                                result.ticket = number;
                                return result;
                              }});
  if (taken) ticket = number;
  return taken;
}

void Executor::send_prepare(PlanRun& run, ActionRun& action, Time now) {
  Verb* verb = around_.verbs.find(action.action.verb);
  const auto errand = [step = action.action, verb, repeated = action.attempts > 0, &resources = around_.resources,
                       &sql = around_.sql, now](const std::stop_token&) -> WorkResult {
    return {0, prepare(step, verb, repeated, resources, sql, now)};
  };
  if (send(describe("prepare", action.action), errand, action.ticket)) {
    action.phase = Phase::kPreparing;
  } else {
    action.waiting = Words::phrase("wait.worker");
    if (run.waiting.empty()) run.waiting = action.waiting;
  }
}

void Executor::send_intended(ActionRun& action) {
  Verb* verb = around_.verbs.find(action.action.verb);
  const bool undoing = action.undoing;
  const Json& state = undoing ? action.origin : action.before;
  action.turn = std::make_shared<WorkTurn>();
  const auto errand = [step = action.action, verb, target = action.target, before = state, undoing, own = action.stop,
                       turn = action.turn](const std::stop_token& all) -> WorkResult {
    if (!turn->take()) return {0, Looked{}};  // Taken back; nobody waits for this.
    // Ended by a person who cancels the plan, or with everything.
    const std::stop_callback with_all(all, [&own] { own->request_stop(); });
    const std::stop_token stop = own->get_token();
    return {0, undoing ? act::undo(step, *verb, target, before, stop) : perform(step, *verb, target, before, stop)};
  };
  if (send(describe(undoing ? "undo" : "perform", action.action), errand, action.ticket))
    action.phase = Phase::kWorking;
  else
    action.waiting = Words::phrase("wait.worker");
}

// Nobody has begun what was promised to a worker, and now nobody will: it takes its turn again, with checks and an
// intent of its own.
void Executor::call_back(const PlanRun& run, ActionRun& action, const Words& why, Time now) {
  const bool waits =
      action.phase == Phase::kIntended || (action.phase == Phase::kWorking && action.turn && action.turn->take());
  if (!waits) return;
  action.ticket = 0;  // Whatever still comes of it says nothing.
  // An earlier attempt may still have happened.
  const ActionState state = action.may_have_happened ? ActionState::kUnknown : ActionState::kFailed;
  write_outcome(run, action, {state, Words::phrase("act.called_back", {{"why", why}}), {}}, now, kCalledBack);
}

void Executor::call_back_all(const Words& why, Time now) {
  for (PlanRun& run : book_.plans()) {
    if (run.ended()) continue;
    for (ActionRun& action : run.actions) call_back(run, action, why, now);
  }
}

void Executor::look_again(ActionRun& action) {
  action.phase = Phase::kCutOff;
  action.last_look = true;
}

void Executor::send_look(ActionRun& action) {
  Verb* verb = around_.verbs.find(action.action.verb);
  const auto errand = [step = action.action, verb, target = action.target,
                       before = action.undoing ? action.origin : action.before](const std::stop_token&) -> WorkResult {
    return {0, Looked{verb ? verb->probe(step, target, before) : ProbeAnswer::kCannotTell}};
  };
  if (send(describe("probe", action.action), errand, action.ticket))
    action.phase = Phase::kLooking;
  else
    action.waiting = Words::phrase("wait.worker");
}

void Executor::send_check(PlanRun& run, Time now) {
  const auto errand = [promql = run.plan.verify, &signals = around_.signals,
                       now](const std::stop_token&) -> WorkResult { return {0, check_signal(promql, signals, now)}; };
  send("check " + run.plan.verify, errand, run.check.ticket);
}

void Executor::handle(WorkResult result, Time now) {
  for (PlanRun& run : book_.plans()) {
    if (run.ended()) continue;
    if (run.check.ticket != 0 && run.check.ticket == result.ticket) {
      run.check.ticket = 0;
      if (const Checked* checked = std::get_if<Checked>(&result.result)) take_check(run, *checked);
      return;
    }
    for (ActionRun& action : run.actions) {
      if (action.ticket == 0 || action.ticket != result.ticket) continue;
      action.ticket = 0;
      if (Prepared* prepared = std::get_if<Prepared>(&result.result))
        take(run, action, std::move(*prepared), now);
      else if (const Effect* effect = std::get_if<Effect>(&result.result))
        take(run, action, *effect, now);
      else if (const Looked* looked = std::get_if<Looked>(&result.result))
        take(run, action, *looked, now);
      return;
    }
  }
}

void Executor::take(PlanRun& run, ActionRun& action, Prepared prepared, Time now) {
  action.phase = Phase::kIdle;
  // While the checks were made, a person or a failure may have stopped the plan, or somebody pulled the kill switch, or
  // a freeze may have begun.
  if (!run.stopped.empty() || paused_by(run) || !held_back(run, action, now).empty()) return;
  switch (prepared.answer) {
    case Prepared::Answer::kSkip:
      if (action.may_have_happened) return look_again(action);
      return write_outcome(run, action, {ActionState::kSkipped, prepared.says, {}}, now, "blocked");
    case Prepared::Answer::kRefuse:
      if (action.may_have_happened) return look_again(action);
      return write_outcome(run, action,
                           {ActionState::kFailed, Words::phrase("act.refused", {{"says", prepared.says}}), {}}, now);
    case Prepared::Answer::kLater:
      if (++action.postponed >= options_.retry_limit) {
        if (action.may_have_happened) return look_again(action);
        return write_outcome(run, action,
                             {ActionState::kFailed, Words::phrase("act.given_up", {{"says", prepared.says}}), {}}, now);
      }
      action.says = prepared.says;
      action.not_before = monotonic() + options_.retry_every;
      return;
    case Prepared::Answer::kGo: break;
  }
  action.target = std::move(prepared.target);
  action.before = std::move(prepared.before);
  if (!finds_own_effect(action, around_.verbs.find(action.action.verb), prepared.shows)) action.origin = action.before;
  write_intent(run, action, false, now);
}

// On success the work goes out with the next step; an intent that cannot be written touches nothing.
void Executor::write_intent(PlanRun& run, ActionRun& action, bool undoing, Time now) {
  Json body = Json::object({{"plan_id", run.plan.id},
                            {"action", action.action.to_json()},
                            {"undo", undoing},
                            {"before", undoing ? action.origin : action.before},
                            {"target", resource_to_json(action.target)}});
  if (!undoing && action.attempts > 0) body.set("origin", action.origin);
  const Result<Seq> written = record({.at = now,
                                      .kind = std::string(fact_kind::kActionIntended),
                                      .subject = action.action.id,
                                      .body = std::move(body),
                                      .cause = run.approved ? run.approved : run.proposed,
                                      .actor = run.plan.origin});
  if (written) {
    if (!undoing) rate_.started(run.plan.origin, monotonic());
    action.phase = Phase::kIntended;
    action.stop = std::make_shared<std::stop_source>();
  } else if (written.error().code == ErrorCode::kInvalidArgument) {
    // It will never be taken: too large, for one.
    write_outcome(run, action,
                  {ActionState::kFailed, Words::phrase("act.refused", {{"says", quoted(written.error())}}), {}}, now);
  } else {
    action.says = Words::phrase("act.no_intent", {{"error", quoted(written.error())}});
    action.not_before = monotonic() + options_.retry_every;
  }
}

void Executor::write_outcome(const PlanRun& run, const ActionRun& action, const Performed& outcome, Time now,
                             std::string_view mark) {
  Json body = Json::object({{"plan_id", run.plan.id},
                            {"verb", action.action.verb},
                            {"state", to_string(outcome.state)},
                            {"result", outcome.result}});
  set_words(body, "says", outcome.says);
  body = fit_texts(std::move(body), options_.most_outcome_bytes);
  // Still too large: it is the result that has no end.
  if (body.dump().size() > options_.most_outcome_bytes) body.set("result", "left out: it is too large");
  if (!mark.empty()) body.set(mark, true);
  if (mark == kCalledBack) body.set(kRetry, true);
  if ((mark == kRetry || mark == kCalledBack) && outcome.state == ActionState::kUnknown) {
    // Nobody knows whether it happened, but to repeat it is harmless.
    body.set("state", to_string(ActionState::kFailed));
    body.set("unproven", true);
  }
  if (action.undoing) body.set("undo", true);
  record_or_hold({.at = now,
                  .kind = std::string(fact_kind::kActionFinished),
                  .subject = action.action.id,
                  .body = std::move(body),
                  .cause = action.intent  ? action.intent
                           : run.approved ? run.approved
                                          : run.proposed,
                  .actor = "capstan"});
}

void Executor::take(PlanRun& run, ActionRun& action, const Effect& effect, Time now) {
  write_outcome(run, action, action.undoing ? outcome_of_undoing(effect) : outcome_of_performing(effect), now);
}

// After a crash. The outside decides; where it cannot, only what is idempotent is done again.
void Executor::take(PlanRun& run, ActionRun& action, const Looked& looked, Time now) {
  const Verb* verb = around_.verbs.find(action.action.verb);
  const bool idempotent = verb && verb->spec().idempotent;
  const bool undoing = action.undoing;
  const bool last = std::exchange(action.last_look, false);
  const bool done = looked.shows == (undoing ? ProbeAnswer::kDidNotHappen : ProbeAnswer::kHappened);
  if (done) {
    return write_outcome(
        run, action,
        {undoing ? ActionState::kReverted : ActionState::kSucceeded, Words::phrase("act.cut_off_done"), {}}, now);
  }
  if (looked.shows == ProbeAnswer::kCannotTell && (!idempotent || last)) {
    return write_outcome(run, action, {ActionState::kUnknown, Words::phrase("act.cut_off_unknown"), {}}, now);
  }
  // Proven not to have happened, or harmless to repeat: it takes its turn again, with checks and an intent of its own.
  const bool unproven = looked.shows == ProbeAnswer::kCannotTell;
  const Words says = Words::phrase(unproven ? "act.cut_off_harmless" : "act.cut_off_not_done");
  write_outcome(run, action, {unproven ? ActionState::kUnknown : ActionState::kFailed, says, {}}, now, kRetry);
}

void Executor::take_check(PlanRun& run, const Checked& checked) {
  run.check.says = checked.says;
  const Duration now = monotonic();
  run.check.next = now + options_.check_every;
  if (checked.holds) {
    if (!run.check.true_since) run.check.true_since = now;
    if (now - *run.check.true_since < options_.check_sustained) return;
    run.check.state = Check::State::kHolds;
    for (ActionRun& action : run.actions) {
      if (action.state == ActionState::kSucceeded && action.phase == Phase::kIdle) action.verified = true;
    }
    return;
  }
  run.check.true_since.reset();
  if (now - run.check.began < run.plan.verify_within) return;
  run.check.state = Check::State::kFailed;
  if (!run.stopped.empty()) return;
  run.stopped = Words::phrase("act.check_failed", {{"check", run.plan.verify}, {"says", checked.says}});
  run.undo = run.plan.undo_on_failure;
}

}  // namespace capstan::act
