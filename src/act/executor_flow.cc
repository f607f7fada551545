// The way of one plan: each function takes one step where it can, and says what is waited for where it cannot.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "act/executor.h"
#include "model/policy_subject.h"
#include "model/span.h"

namespace capstan::act {
namespace {

bool asks(const Plan& plan) {
  std::vector<std::string_view> targets;
  for (const Action& action : plan.actions) targets.push_back(action.target);
  std::ranges::sort(targets);
  const auto doubles = std::ranges::unique(targets);
  const auto distinct = static_cast<int64_t>(targets.size()) - static_cast<int64_t>(doubles.size());
  return (plan.approval != "none" && plan.approval != "standing") || distinct > plan.limits.total;
}

Words on_target(std::string_view phrase, const Action& action) {
  return Words::phrase(phrase, {{"verb", action.verb}, {"target", action.target}});
}

}  // namespace

void Executor::advance(PlanRun& run, Time now) {
  // Looking at what a crash cut off touches nothing, so neither a pause nor a stop holds it up.
  for (ActionRun& action : run.actions) {
    if (action.phase == Phase::kCutOff) send_look(action);
  }
  if (!run.cancelled && !approve_or_wait(run, now)) return;
  for (ActionRun& action : run.actions) {
    if (const Words why = must_wait(run, action, now); !why.empty()) call_back(run, action, why, now);
    if (action.phase == Phase::kIntended) send_intended(action);
  }
  if (wait_for_person(run)) return;
  if (!run.stopped.empty()) {
    if (settle_stopped(run, now)) finish(run, now);
    return;
  }
  if (!advance_check(run, now)) return;
  if (!run.stopped.empty()) return advance(run, now);  // The check has just failed.
  start_ready(run, now);
  const bool over = std::ranges::all_of(run.actions, [&](const ActionRun& action) {
    return action.ended() && (run.plan.verify.empty() || action.state != ActionState::kSucceeded || action.verified);
  });
  if (over) finish(run, now);
}

bool Executor::approve_or_wait(PlanRun& run, Time now) {
  const bool idle =
      std::ranges::all_of(run.actions, [](const ActionRun& action) { return action.phase == Phase::kIdle; });
  if (!run.started() && idle && !is_fresh(run, now)) {
    Json body = Json::object({{"plan_id", run.plan.id}, {"reason", "expired"}, {"by", "capstan"}});
    set_words(body, "says", Words::phrase("act.expired", {{"validity", say_span(options_.validity)}}));
    record_or_hold({.at = now,
                    .kind = std::string(fact_kind::kPlanRejected),
                    .subject = run.plan.id,
                    .body = std::move(body),
                    .cause = run.proposed,
                    .actor = "capstan"});
    return false;
  }
  if (run.approved) return true;
  if (asks(run.plan)) {
    run.waiting = "approval";
    return false;
  }
  if (paused_by(run)) {
    run.waiting = Words::phrase("wait.paused");
    return false;
  }
  const Result<Seq> written =
      record({.at = now,
              .kind = std::string(fact_kind::kPlanApproved),
              .subject = run.plan.id,
              .body = Json::object({{"plan_id", run.plan.id}, {"hash", run.plan.hash()}, {"by", run.plan.origin}}),
              .cause = run.proposed,
              .actor = run.plan.origin});
  if (!written) run.waiting = Words::phrase("wait.ledger", {{"error", trouble_}});
  return written.has_value();
}

// Why what was promised to a worker, and not begun, is not to begin now.
Words Executor::must_wait(const PlanRun& run, const ActionRun& action, Time now) const {
  if (action.phase != Phase::kIntended && action.phase != Phase::kWorking) return {};
  if (paused_by(run)) return Words::phrase("wait.paused");
  if (action.undoing) return {};
  return run.stopped.empty() ? held_back(run, action, now) : run.stopped;
}

bool Executor::wait_for_person(PlanRun& run) {
  for (const ActionRun& action : run.actions) {
    if (action.state != ActionState::kUnknown || action.resolved) continue;
    run.waiting = on_target("wait.person", action.action);
    return true;
  }
  return false;
}

// A plan that stopped: what runs ends, what has not started is skipped, what was done is undone. True when nothing is
// left.
bool Executor::settle_stopped(PlanRun& run, Time now) {
  for (const ActionRun& action : run.actions) {
    if (action.phase == Phase::kIdle) continue;
    run.waiting = on_target("wait.to_end", action.action).with("then", run.stopped);
    if (!action.undoing) return false;
  }
  if (run.check.ticket != 0) return false;
  if (look_at_doubtful(run)) return false;
  return undo_next(run, now);
}

// Each is undone once all that came after it is, on its target or by the order of the plan; what has nothing to do with
// each other at the same time, as far as the plan's limit lets it. True when nothing is left.
bool Executor::undo_next(PlanRun& run, Time now) {
  int under_way = 0;
  std::vector<ActionRun*> open;  // What is being undone, or is to be; the last first.
  for (ActionRun& action : run.actions) {
    const bool is_idle = action.phase == Phase::kIdle;
    if (!is_idle) ++under_way;
    if (!is_idle || (run.undo && can_undo(action))) open.push_back(&action);
  }
  std::ranges::sort(open, std::greater(), &ActionRun::performed);
  const std::set<std::string_view> earlier = run.all_before(open);
  std::set<std::string_view> targets;
  for (ActionRun* action : open) {
    if (under_way >= run.most_in_flight()) break;
    const bool is_last_on_target = targets.insert(action->action.target).second;
    if (action->phase != Phase::kIdle || !is_last_on_target || earlier.contains(action->action.id)) continue;
    if (start_undo(run, *action, now)) ++under_way;
  }
  return open.empty();
}

// What may have happened and is not tried again is no skipped action: what it did would stay, and nobody would know.
bool Executor::look_at_doubtful(PlanRun& run) {
  bool looks = false;
  for (ActionRun& action : run.actions) {
    if (action.state != ActionState::kApproved || !action.may_have_happened) continue;
    look_again(action);
    run.waiting = on_target("wait.whether", action.action);
    looks = true;
  }
  return looks;
}

const ActionRun* Executor::touched_since(const ActionRun& action) const {
  return book_.touched_since(action, [this](const Action& other) {
    const Verb* verb = around_.verbs.find(other.verb);
    return !verb || verb->spec().hinders_undo;
  });
}

bool Executor::can_undo(const ActionRun& action) const {
  return could_undo(action) && touched_since(action) == nullptr;
}

bool Executor::could_undo(const ActionRun& action) const {
  const Verb* verb = around_.verbs.find(action.action.verb);
  const bool done = action.state == ActionState::kSucceeded || action.state == ActionState::kPartial;
  return done && !action.undo_ended && action.intent != 0 && verb && verb->spec().undoable;
}

// What else was done to the targets of what could be undone otherwise, for whoever would have to undo that first.
Error Executor::why_not_undone(const PlanRun& run) const {
  for (const ActionRun& action : run.actions) {
    if (!could_undo(action)) continue;
    const ActionRun* since = touched_since(action);
    if (!since) continue;
    const PlanRun* plan = book_.plan_with(since->action.id);
    return {
        ErrorCode::kFailedPrecondition,
        fmt::format("{} on {} cannot be undone: {} was done to it since{}, and undoing the one would undo the other; "
                    "undo that first, if it can be undone",
                    action.action.verb, action.action.target, since->action.verb,
                    plan ? fmt::format(" (plan {})", plan->plan.id) : ""),
        {}};
  }
  return {ErrorCode::kFailedPrecondition,
          "nothing of the plan can be undone: it was not done, has been undone, or has no way back",
          {}};
}

// True when it is under way.
bool Executor::start_undo(PlanRun& run, ActionRun& action, Time now) {
  if (paused_by(run)) {
    run.waiting = Words::phrase("wait.paused_undo");
    return false;
  }
  if (const ActionRun* holder = book_.holder(action.action.target)) {
    run.waiting = Words::phrase("wait.busy", {{"target", action.action.target}, {"verb", holder->action.verb}});
    return false;
  }
  write_intent(run, action, true, now);
  if (action.phase == Phase::kIntended) send_intended(action);
  return action.phase != Phase::kIdle;
}

// True when the plan may start more actions. A check is asked when everything in flight has ended.
bool Executor::advance_check(PlanRun& run, Time now) {
  if (run.plan.verify.empty()) return true;
  bool running = false;
  bool unverified = false;
  for (const ActionRun& action : run.actions) {
    running = running || action.phase != Phase::kIdle;
    unverified = unverified || (action.state == ActionState::kSucceeded && !action.verified);
  }
  // While something still runs others may follow, as far as the limit lets them; the check comes after.
  if (running || !unverified) return true;
  if (run.check.state == Check::State::kPending || run.check.state == Check::State::kHolds) {
    run.check = {.state = Check::State::kRunning,
                 .ticket = 0,
                 .began = monotonic(),
                 .next = monotonic(),
                 .true_since = {},
                 .says = {}};
  }
  if (run.check.ticket == 0 && monotonic() >= run.check.next) send_check(run, now);
  run.waiting =
      Words::phrase("wait.check", {{"check", run.check.says.empty() ? Words(run.plan.verify) : run.check.says}});
  return !run.stopped.empty();
}

Executor::Elsewhere Executor::elsewhere(const PlanRun& run) const {
  Elsewhere all;
  for (const PlanRun& other : book_.plans()) {
    if (&other == &run || other.plan.origin != run.plan.origin || other.ended()) continue;
    all.under_way += other.under_way();
    all.preparing += other.preparing();
  }
  return all;
}

Words Executor::obstacle(const PlanRun& run, const ActionRun& action, const Elsewhere& others) const {
  for (const std::string& id : action.action.after) {
    const ActionRun* first = run.find(id);
    const bool passed = first && first->phase == Phase::kIdle &&
                        (first->state == ActionState::kSucceeded || first->state == ActionState::kSkipped);
    if (!passed)
      return Words::phrase("wait.first",
                           {{"verb", first ? first->action.verb : id}, {"target", first ? first->action.target : "?"}});
  }
  if (monotonic() < action.not_before) return action.says;
  if (const ActionRun* holder = book_.holder(action.action.target)) {
    return Words::phrase("wait.target_busy", {{"verb", holder->action.verb}, {"action", holder->action.id}});
  }
  const int limit = run.flight_limit();
  const int flying = run.in_flight();
  if (flying >= limit)
    return Words::phrase("wait.in_flight", {{"count", std::to_string(flying)}, {"limit", std::to_string(limit)}});
  // Limits are those of a policy, and what it wants may come in several plans.
  if (!policy_of_subject(run.plan.origin).empty() && flying + others.under_way >= run.most_in_flight())
    return Words::phrase("wait.in_flight_of_all", {{"count", std::to_string(flying + others.under_way)},
                                                   {"limit", std::to_string(run.most_in_flight())},
                                                   {"others", std::to_string(others.under_way)}});
  const int rate = rate_.within_minute(run.plan.origin, monotonic()) + others.preparing + run.preparing();
  if (rate >= run.plan.limits.per_minute)
    return Words::phrase("wait.rate",
                         {{"count", std::to_string(rate)}, {"limit", std::to_string(run.plan.limits.per_minute)}});
  return {};
}

// What a failed action leaves behind, where the plan goes on without it.
const ActionRun* Executor::failed_before(const PlanRun& run, const ActionRun& action) const {
  for (const std::string& id : action.action.after) {
    const ActionRun* first = run.find(id);
    const bool failed =
        first && first->phase == Phase::kIdle &&
        (first->orphaned || first->state == ActionState::kFailed || first->state == ActionState::kPartial);
    if (failed) return first;
  }
  return nullptr;
}

void Executor::start_ready(PlanRun& run, Time now) {
  const bool paused = paused_by(run);
  const Elsewhere others = elsewhere(run);
  for (ActionRun& action : run.actions) {
    action.waiting.clear();
    if (action.state != ActionState::kApproved || action.phase != Phase::kIdle) continue;
    if (const ActionRun* first = failed_before(run, action)) {
      write_outcome(run, action, {ActionState::kSkipped, on_target("act.orphaned", first->action), {}}, now,
                    "orphaned");
      continue;
    }
    action.waiting = paused ? Words::phrase("wait.paused") : held_back(run, action, now);
    if (action.waiting.empty()) action.waiting = obstacle(run, action, others);
    if (run.waiting.empty()) run.waiting = action.waiting;
    if (action.waiting.empty()) send_prepare(run, action, now);
  }
}

void Executor::finish(PlanRun& run, Time now) {
  std::map<ActionState, int> counts;
  for (ActionRun& action : run.actions) {
    if (action.state != ActionState::kApproved && action.state != ActionState::kProposed) {
      ++counts[action.state];
      continue;
    }
    ++counts[ActionState::kSkipped];
    write_outcome(run, action, {ActionState::kSkipped, run.stopped, {}}, now);
  }
  ActionState state = ActionState::kSucceeded;
  const bool changed = counts[ActionState::kSucceeded] > 0 || counts[ActionState::kPartial] > 0;
  if (counts[ActionState::kUnknown] > 0)
    state = ActionState::kUnknown;
  else if (!run.stopped.empty() && changed)
    state = ActionState::kPartial;
  else if (counts[ActionState::kReverted] > 0)
    state = ActionState::kReverted;
  else if (counts[ActionState::kFailed] > 0)
    state = changed ? ActionState::kPartial : ActionState::kFailed;
  else if (!changed)
    state = ActionState::kSkipped;
  std::vector<Words> numbers;
  Json::Object json_counts;
  for (const auto& [each, count] : counts) {
    if (count == 0) continue;
    numbers.push_back(Words::phrase("act.count", {{"count", std::to_string(count)}, {"state", word_of(each)}}));
    json_counts.emplace(to_string(each), count);
  }
  const Words counted = Words::joined(numbers, ", ");
  Json body = Json::object({{"plan_id", run.plan.id}, {"state", to_string(state)}, {"counts", std::move(json_counts)}});
  set_words(body, "says", run.stopped.empty() ? counted : Words::joined({run.stopped, counted}, "; "));
  record_or_hold({.at = now,
                  .kind = std::string(fact_kind::kPlanFinished),
                  .subject = run.plan.id,
                  .body = std::move(body),
                  .cause = run.approved ? run.approved : run.proposed,
                  .actor = "capstan"});
}

}  // namespace capstan::act
