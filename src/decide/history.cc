#include "decide/history.h"

#include <algorithm>

#include "model/policy_fact.h"

namespace capstan::decide {
namespace {

PastAction::End end_of(ActionState state) {
  switch (state) {
    case ActionState::kSucceeded: return PastAction::End::kSucceeded;
    case ActionState::kUnknown: return PastAction::End::kUnknown;
    case ActionState::kSkipped: return PastAction::End::kSkipped;
    case ActionState::kPartial:
    case ActionState::kFailed:
    case ActionState::kReverted: return PastAction::End::kFailed;
    case ActionState::kProposed:
    case ActionState::kApproved:
    case ActionState::kRunning: return PastAction::End::kOpen;
  }
  return PastAction::End::kOpen;
}

// In the future, by a clock that was set back since: as near counts as just now, and no more.
bool is_near(const PastAction& action, Time now, Duration within) {
  return now - action.at <= within && action.at - now <= within;
}

bool is_open(const PastAction& action) {
  return action.end == PastAction::End::kOpen || action.end == PastAction::End::kUnknown;
}

}  // namespace

void History::apply(const Fact& fact) {
  if (fact.kind == fact_kind::kPlanProposed) {
    propose(fact);
  } else if (fact.kind == fact_kind::kActionIntended) {
    const auto found = actions_.find(fact.subject);
    if (found == actions_.end()) return;
    found->second.intended = true;
    found->second.end = PastAction::End::kOpen;
    found->second.undoing = fact.body["undo"].bool_or(false);
    touch(found->second, fact);
  } else if (fact.kind == fact_kind::kActionFinished) {
    finish_action(fact);
  } else if (fact.kind == fact_kind::kActionResolved) {
    resolve(fact);
  } else if (fact.kind == fact_kind::kPlanRejected) {
    const bool by_person = fact.body["reason"].string_or_empty() == "rejected";
    end_plan(fact, by_person ? PastAction::End::kRejected : PastAction::End::kExpired);
  } else if (fact.kind == fact_kind::kPlanCancelled) {
    // A person's "no" to what has not started; the plan itself ends when what runs has ended.
    const auto plan = plans_.find(fact.subject);
    if (plan == plans_.end()) return;
    plan->second.undone_by = fact.actor;
    for (const std::string& id : plan->second.actions) {
      PastAction& action = actions_[id];
      if (action.end == PastAction::End::kOpen && !action.intended) action.end = PastAction::End::kRejected;
      action.by = fact.actor;
    }
  } else if (fact.kind == fact_kind::kPlanFinished) {
    end_plan(fact, PastAction::End::kSkipped);
  } else if (fact.kind == fact_kind::kPlanRecalled) {
    recall(fact);
  } else if (fact.kind == fact_kind::kStagesBegun || fact.kind == fact_kind::kStagesDropped) {
    note_stages(fact);
  } else if (fact.kind == fact_kind::kPlanKept) {
    if (const auto plan = plans_.find(fact.subject); plan != plans_.end()) plan->second.undo_after_quiet = Duration(0);
    standing_.erase(fact.subject);
  }
}

void History::touch(PastAction& action, const Fact& fact) {
  action.at = fact.at;
  action.turn = ++turns_;
}

void History::propose(const Fact& fact) {
  const Plan plan = Plan::from_json(fact.body["plan"]);
  PlanEntry entry{.origin = plan.origin,
                  .policy_version = plan.policy_version,
                  .actions = {},
                  .stands = plan.approval == "standing",
                  .grants_on = plan.grant.resources,
                  .undo_after_quiet = plan.undo_after_quiet};
  PlanEntry& kept = plans_[plan.id];
  for (const Action& action : plan.actions) {
    entry.actions.push_back(action.id);
    PastAction& past = actions_[action.id];
    past = {.id = action.id,
            .plan = plan.id,
            .origin = plan.origin,
            .target = action.target,
            .end = PastAction::End::kOpen,
            .intended = false,
            .at = fact.at,
            .turn = ++turns_,
            .by = ""};
    std::vector<Planned>& planned = by_target_[action.target];
    std::erase_if(planned, [&](const Planned& each) { return each.action == &past; });
    planned.push_back({&past, &kept});
  }
  open_.insert(plan.id);
  if (entry.undo_after_quiet > Duration(0)) standing_.insert(plan.id);
  kept = std::move(entry);
}

void History::finish_action(const Fact& fact) {
  const auto found = actions_.find(fact.subject);
  if (found == actions_.end()) return;
  const ActionState state = parse_action_state(fact.body["state"].string_or_empty()).value_or(ActionState::kUnknown);
  // What a person cancelled is skipped by the executor, but was refused by a person.
  if (found->second.end == PastAction::End::kRejected && state == ActionState::kSkipped) return;
  // Cut off, and its turn comes again: it has not ended.
  if (fact.body["retry"].bool_or(false)) {
    // Of what was taken back before it began a person's "no" is one to something that has not started.
    const bool untouched = !fact.body["unproven"].bool_or(false) && !found->second.undoing;
    if (fact.body["called_back"].bool_or(false) && untouched) found->second.intended = false;
    // Until it is undone it stands, even where the plan ends before its turn comes.
    if (found->second.undoing) found->second.end = PastAction::End::kSucceeded;
    return;
  }
  found->second.end = end_of(state);
  touch(found->second, fact);
  const auto plan = plans_.find(found->second.plan);
  if (state != ActionState::kReverted || plan == plans_.end() || plan->second.undone_by.empty()) return;
  found->second.undone = true;
  found->second.by = plan->second.undone_by;
}

// What happened is told by a fact of its own.
void History::resolve(const Fact& fact) {
  const auto found = actions_.find(fact.subject);
  if (found == actions_.end()) return;
  const std::string& decision = fact.body["decision"].string_or_empty();
  if (decision == "abandon")
    found->second.end = PastAction::End::kFailed;
  else if (decision == "retry")
    found->second.end = found->second.undoing ? PastAction::End::kSucceeded : PastAction::End::kOpen;
  touch(found->second, fact);
}

void History::end_plan(const Fact& fact, PastAction::End for_unstarted) {
  const auto plan = plans_.find(fact.subject);
  if (plan == plans_.end() || !plan->second.open) return;
  plan->second.open = false;
  open_.erase(fact.subject);
  ended_.push_back(fact.subject);
  for (const std::string& id : plan->second.actions) {
    PastAction& action = actions_[id];
    if (action.end != PastAction::End::kOpen) continue;
    action.end = for_unstarted;
    touch(action, fact);
    action.by = fact.actor;
  }
  forget();
}

void History::recall(const Fact& fact) {
  const auto plan = plans_.find(fact.subject);
  if (plan == plans_.end()) return;
  if (fact.actor != plan->second.origin) plan->second.undone_by = fact.actor;
  plan->second.open = true;
  plan->second.undo_after_quiet = Duration(0);
  open_.insert(fact.subject);
  standing_.erase(fact.subject);
  std::erase(ended_, fact.subject);
}

void History::note_stages(const Fact& fact) {
  auto& of_policy = sequences_[fact.body["policy"].string_or_empty()];
  Sequence& sequence = of_policy[fact.subject];
  const std::string& occasion = fact.body["occasion"].string_or_empty();
  const bool dropped = fact.kind == fact_kind::kStagesDropped;
  if (dropped && sequence.occasion != occasion) return;
  sequence = {.target = fact.subject, .occasion = occasion, .dropped = dropped, .at = fact.at};
  if (of_policy.size() <= limit_) return;
  of_policy.erase(std::ranges::min_element(of_policy, {}, [](const auto& each) { return each.second.at; }));
}

const History::Sequence* History::sequence(std::string_view policy, std::string_view target) const {
  const auto of_policy = sequences_.find(policy);
  if (of_policy == sequences_.end()) return nullptr;
  const auto found = of_policy->second.find(target);
  return found == of_policy->second.end() ? nullptr : &found->second;
}

std::vector<History::Sequence> History::sequences(std::string_view policy) const {
  std::vector<Sequence> all;
  const auto of_policy = sequences_.find(policy);
  if (of_policy == sequences_.end()) return all;
  for (const auto& [target, sequence] : of_policy->second) all.push_back(sequence);
  return all;
}

void History::forget() {
  while (actions_.size() > limit_ && !ended_.empty()) {
    const auto plan = plans_.find(ended_.front());
    ended_.pop_front();
    if (plan == plans_.end()) continue;
    for (const std::string& id : plan->second.actions) {
      const auto action = actions_.find(id);
      if (action == actions_.end()) continue;
      std::vector<Planned>& planned = by_target_[action->second.target];
      std::erase_if(planned, [&](const Planned& each) { return each.action == &action->second; });
      if (planned.empty()) by_target_.erase(action->second.target);
      actions_.erase(action);
    }
    standing_.erase(plan->first);
    plans_.erase(plan);
  }
}

const PastAction* History::find(std::string_view action) const {
  const auto found = actions_.find(action);
  return found == actions_.end() ? nullptr : &found->second;
}

const PastAction* History::latest(std::string_view origin, std::string_view target) const {
  const auto all = by_target_.find(target);
  if (all == by_target_.end()) return nullptr;
  const PastAction* newest = nullptr;
  for (const auto& [action, plan] : all->second) {
    if (action->origin == origin && action->intended && (!newest || action->turn > newest->turn)) newest = action;
  }
  return newest;
}

const PastAction* History::open(std::string_view origin, std::string_view target) const {
  const auto all = by_target_.find(target);
  if (all == by_target_.end()) return nullptr;
  for (const auto& [action, plan] : all->second) {
    // What has ended stays open while its plan may still undo or verify it.
    if (action->origin == origin && (is_open(*action) || plan->open)) return action;
  }
  return nullptr;
}

std::vector<History::OpenPlan> History::open_plans(std::string_view origin) const {
  std::vector<OpenPlan> open;
  for (const std::string& id : open_) {
    const PlanEntry& plan = plans_.find(id)->second;
    if (plan.origin != origin) continue;
    const bool started = std::ranges::any_of(plan.actions, [&](const std::string& action) {
      const PastAction* past = find(action);
      return past && past->intended;
    });
    open.push_back({id, plan.policy_version, plan.actions, started, plan.stands, plan.grants_on});
  }
  return open;
}

std::set<std::string> History::open_origins() const {
  std::set<std::string> origins;
  for (const std::string& id : open_) origins.insert(plans_.find(id)->second.origin);
  return origins;
}

std::vector<History::StandingPlan> History::standing_plans(std::string_view origin) const {
  std::vector<StandingPlan> standing;
  for (const std::string& id : standing_) {
    const PlanEntry& plan = plans_.find(id)->second;
    if (plan.open || plan.origin != origin) continue;
    StandingPlan one{.id = id, .targets = {}, .at = {}, .quiet = plan.undo_after_quiet};
    for (const std::string& action : plan.actions) {
      const PastAction* past = find(action);
      if (!past || past->end != PastAction::End::kSucceeded) continue;
      one.targets.push_back(past->target);
      one.at = std::max(one.at, past->at);
    }
    if (!one.targets.empty()) standing.push_back(std::move(one));
  }
  return standing;
}

bool History::touched(std::string_view target, Time now, Duration within) const {
  const auto all = by_target_.find(target);
  if (all == by_target_.end()) return false;
  return std::ranges::any_of(all->second, [&](const Planned& each) {
    return each.action->intended && (is_open(*each.action) || is_near(*each.action, now, within));
  });
}

std::optional<Time> History::untouched_from(std::string_view target, Time now, Duration within) const {
  const auto all = by_target_.find(target);
  if (all == by_target_.end()) return std::nullopt;
  std::optional<Time> from;
  for (const auto& [action, plan] : all->second) {
    if (!action->intended) continue;
    if (is_open(*action)) return std::nullopt;
    const Time end = action->at + within + Duration(1);
    if (is_near(*action, now, within)) from = std::max(from.value_or(end), end);
  }
  return from;
}

}  // namespace capstan::decide
