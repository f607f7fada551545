#include "act/book.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::act {
namespace {

Resource resource_from_json(const Json& json) {
  return {.id = json["id"].string_or_empty(),
          .kind = json["kind"].string_or_empty(),
          .name = json["name"].string_or_empty(),
          .labels = resource_labels(json["labels"]),
          .fields = json["fields"]};
}

}  // namespace

void Book::apply(const Fact& fact) {
  if (fact.kind == fact_kind::kPlanProposed) return propose(fact);
  if (fact.kind == fact_kind::kActionIntended) return intend(fact);
  if (fact.kind == fact_kind::kActionFinished) return finish_action(fact);
  if (fact.kind == fact_kind::kActionResolved) return resolve(fact);
  if (fact.kind == fact_kind::kPlanRejected) return end_plan(fact, ActionState::kSkipped);
  if (fact.kind == fact_kind::kPlanRecalled) return recall(fact);
  if (fact.kind == fact_kind::kPlanFinished) {
    return end_plan(fact, parse_action_state(fact.body["state"].string_or_empty()).value_or(ActionState::kUnknown));
  }
  if (fact.kind == fact_kind::kPaused) {
    pauses_[fact.subject] = {fact.actor, fact.body["reason"].string_or_empty(), fact.at};
  } else if (fact.kind == fact_kind::kResumed) {
    pauses_.erase(fact.subject);
  } else if (fact.kind == fact_kind::kPlanApproved) {
    PlanRun* run = plan(fact.subject);
    if (!run || run->ended()) return;
    run->state = ActionState::kApproved;
    run->approved = fact.seq;
    run->approved_by = fact.actor;
    for (ActionRun& action : run->actions) {
      if (action.state == ActionState::kProposed) action.state = ActionState::kApproved;
    }
  } else if (fact.kind == fact_kind::kPlanCancelled) {
    PlanRun* run = plan(fact.subject);
    if (!run || run->ended()) return;
    run->cancelled = true;
    run->stopped = Words::phrase("act.cancelled", {{"by", word_of_actor(fact.actor)}});
    run->undo = fact.body["undo"].bool_or(false);
  }
}

void Book::propose(const Fact& fact) {
  if (by_id_.contains(fact.subject)) return;
  PlanRun& run = plans_.emplace_back();
  run.plan = Plan::from_json(fact.body["plan"]);
  run.plan.id = fact.subject;
  run.plan.cause = fact.cause;
  run.proposed = fact.seq;
  for (const Action& action : run.plan.actions) {
    ActionRun& one = run.actions.emplace_back();
    one.action = action;
    by_action_[action.id] = &run;
  }
  if (!run.plan.verify.empty()) run.check.state = Check::State::kPending;
  by_id_[run.plan.id] = &run;
}

void Book::intend(const Fact& fact) {
  PlanRun* run = plan_of(fact.subject);
  ActionRun* action = run ? run->find(fact.subject) : nullptr;
  if (!action) return;
  action->undoing = fact.body["undo"].bool_or(false);
  action->state = ActionState::kRunning;
  action->intent = fact.seq;
  action->says.clear();
  run->state = ActionState::kRunning;
  if (action->undoing) {
    // Whatever stopped the plan may not be in the facts; that something is being undone is.
    if (run->stopped.empty()) run->stopped = Words::phrase("act.being_undone");
    run->undo = true;
    return;
  }
  action->before = fact.body["before"];
  action->origin = fact.body.contains("origin") ? fact.body["origin"] : action->before;
  action->target = resource_from_json(fact.body["target"]);
  action->performed = fact.seq;
  ++action->attempts;
  if (action->started == Time()) action->started = fact.at;
}

void Book::finish_action(const Fact& fact) {
  PlanRun* run = plan_of(fact.subject);
  ActionRun* action = run ? run->find(fact.subject) : nullptr;
  if (!action) return;
  action->state = parse_action_state(fact.body["state"].string_or_empty()).value_or(ActionState::kUnknown);
  action->says = words_of(fact.body, "says");
  action->result = fact.body["result"];
  action->blocked = fact.body["blocked"].bool_or(false);
  action->orphaned = fact.body["orphaned"].bool_or(false);
  action->finished = fact.at;
  action->phase = Phase::kIdle;
  action->ticket = 0;
  if (fact.body["retry"].bool_or(false)) {
    // Cut off, and not done: as if its intent had never been. To be undone again it must count as done.
    action->state = action->undoing ? ActionState::kSucceeded : ActionState::kApproved;
    if (!action->undoing) action->may_have_happened = fact.body["unproven"].bool_or(false);
    return;
  }
  if (action->undoing) {
    action->undo_ended = action->state != ActionState::kUnknown;
    return;
  }
  if (action->state != ActionState::kFailed && action->state != ActionState::kPartial) return;
  if (!run->stopped.empty() || run->failed_targets() <= run->plan.limits.failures) return;
  run->stopped = Words::phrase("act.stopped_by", {{"verb", action->action.verb},
                                                  {"target", action->action.target},
                                                  {"state", word_of(action->state)},
                                                  {"says", action->says}});
  run->undo = run->plan.undo_on_failure;
}

void Book::resolve(const Fact& fact) {
  PlanRun* run = plan_of(fact.subject);
  ActionRun* action = run ? run->find(fact.subject) : nullptr;
  if (!action || action->state != ActionState::kUnknown) return;
  const std::string& decision = fact.body["decision"].string_or_empty();
  if (decision == "retry") {
    // To undo again it must count as done.
    action->state = action->undoing ? ActionState::kSucceeded : ActionState::kApproved;
    action->says = Words::phrase("act.to_be_retried", {{"by", word_of_actor(fact.actor)}});
    if (!action->undoing) action->may_have_happened = fact.body["unproven"].bool_or(false);
  } else if (decision == "abandon") {
    action->resolved = true;
    action->says = Words::phrase("act.left_at_that", {{"says", action->says}, {"by", word_of_actor(fact.actor)}});
    if (!run->stopped.empty()) return;
    run->stopped = Words::phrase("act.left_unknown", {{"by", word_of_actor(fact.actor)}, {"action", fact.subject}});
    run->undo = run->plan.undo_on_failure;
  }
}

void Book::end_plan(const Fact& fact, ActionState state) {
  PlanRun* run = plan(fact.subject);
  if (!run || run->ended()) return;
  run->state = state;
  run->says = words_of(fact.body, "says");
  run->finished = fact.at;
  run->waiting.clear();
  if (fact.kind == fact_kind::kPlanRejected) {
    run->approved_by.clear();
    run->given_up = fact.body["reason"].string_or_empty();
  }
  for (ActionRun& action : run->actions) {
    action.waiting.clear();
    if (action.state != ActionState::kProposed && action.state != ActionState::kApproved) continue;
    action.state = ActionState::kSkipped;
    action.says = run->says;
  }
}

void Book::recall(const Fact& fact) {
  PlanRun* run = plan(fact.subject);
  if (!run || !run->ended()) return;
  run->state = ActionState::kRunning;
  run->says.clear();
  run->stopped = words_of(fact.body, "says");
  run->undo = true;
  run->finished = Time();
}

PlanRun* Book::plan(std::string_view id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

const PlanRun* Book::plan(std::string_view id) const { return const_cast<Book*>(this)->plan(id); }

PlanRun* Book::plan_of(std::string_view action) {
  const auto found = by_action_.find(action);
  return found == by_action_.end() || found->second->ended() ? nullptr : found->second;
}

const PlanRun* Book::plan_with(std::string_view action) const {
  const auto found = by_action_.find(action);
  return found == by_action_.end() ? nullptr : found->second;
}

const ActionRun* Book::touched_since(const ActionRun& action, const std::function<bool(const Action&)>& hinders) const {
  for (const PlanRun& run : plans_) {
    for (const ActionRun& other : run.actions) {
      if (&other == &action || other.action.target != action.action.target || other.intent <= action.performed)
        continue;
      const bool changed = other.state == ActionState::kSucceeded || other.state == ActionState::kPartial ||
                           other.state == ActionState::kUnknown || other.state == ActionState::kRunning;
      if (changed && other.performed > action.performed && hinders(other.action)) return &other;
    }
  }
  return nullptr;
}

const Pause* Book::pause(std::string_view subject) const {
  const auto found = pauses_.find(subject);
  return found == pauses_.end() ? nullptr : &found->second;
}

const ActionRun* Book::holder(std::string_view target) const {
  for (const PlanRun& run : plans_) {
    if (run.ended()) continue;
    for (const ActionRun& action : run.actions) {
      if (action.holds_target() && action.action.target == target) return &action;
    }
  }
  return nullptr;
}

size_t Book::open_plans() const {
  return static_cast<size_t>(std::ranges::count_if(plans_, [](const PlanRun& run) { return !run.ended(); }));
}

void Book::forget() {
  size_t ended = plans_.size() - open_plans();
  for (auto run = plans_.begin(); run != plans_.end() && ended > keep_ended_;) {
    if (!run->ended()) {
      ++run;
      continue;
    }
    for (const ActionRun& action : run->actions) by_action_.erase(action.action.id);
    by_id_.erase(run->plan.id);
    run = plans_.erase(run);
    --ended;
  }
}

}  // namespace capstan::act
