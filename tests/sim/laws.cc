#include "sim/laws.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::sim {

void Laws::see(const Fact& fact) {
  if (fact.kind == fact_kind::kPlanProposed) {
    plans_[fact.subject] = Plan::from_json(fact.body["plan"]);
  } else if (fact.kind == fact_kind::kPlanApproved) {
    const Plan& plan = plans_[fact.subject];
    if (plan.approval != "none" && plan.approval != "standing" && !fact.actor.starts_with("user:")) {
      breach(fmt::format("{} was approved by {}, not by a person", fact.subject, fact.actor));
    }
    if (!approved_.insert(fact.subject).second) breach(fact.subject + " was approved twice");
  } else if (fact.kind == fact_kind::kPlanRejected || fact.kind == fact_kind::kPlanFinished) {
    if (!over_.insert(fact.subject).second) breach(fact.subject + " ended twice");
  } else if (fact.kind == fact_kind::kPlanRecalled) {
    if (over_.erase(fact.subject) == 0) breach(fact.subject + " was recalled before it had ended");
    recalled_.insert(fact.subject);
  } else if (fact.kind == fact_kind::kPaused) {
    paused_.insert(fact.subject);
  } else if (fact.kind == fact_kind::kResumed) {
    paused_.erase(fact.subject);
  } else if (fact.kind == fact_kind::kActionIntended) {
    intended(fact);
  } else if (fact.kind == fact_kind::kActionFinished) {
    finished(fact);
  }
}

void Laws::intended(const Fact& fact) {
  const std::string plan_id = fact.body["plan_id"].string_or_empty();
  const Plan& plan = plans_[plan_id];
  const bool undo = fact.body["undo"].bool_or(false);
  const ResourceId target = fact.body["action"]["target"].string_or_empty();
  if (!approved_.contains(plan_id)) breach(fact.subject + " was intended without approval");
  if (over_.contains(plan_id)) breach(fact.subject + " was intended after its plan had ended");
  if (recalled_.contains(plan_id) && !undo) breach(fact.subject + " was performed by a plan that is being undone");
  if (paused_.contains("capstan") || paused_.contains(plan.origin)) breach(fact.subject + " was intended while paused");
  for (const auto& [id, other] : intents_) {
    if (id != fact.subject && other.open && other.target == target)
      breach(fmt::format("{} and {} overlap on {}", id, fact.subject, target));
  }
  intents_[fact.subject] = {plan_id, target, undo, true};
  ++(undo ? undo_counts_ : intent_counts_)[fact.subject];
  if (!undo) check_limits(plan, fact);
}

void Laws::check_limits(const Plan& plan, const Fact& fact) {
  const auto flying = std::ranges::count_if(
      intents_, [&](const auto& each) { return each.second.open && each.second.plan == plan.id; });
  if (flying > plan.limits.in_flight)
    breach(fmt::format("{}: {} in flight of {}", plan.id, flying, plan.limits.in_flight));
  std::vector<Time>& starts = starts_[plan.origin];
  starts.push_back(fact.at);
  const auto recent = std::ranges::count_if(starts, [&](Time at) { return at > fact.at - Duration(60'000); });
  if (recent > plan.limits.per_minute)
    breach(fmt::format("{}: {} started of {} a minute", plan.id, recent, plan.limits.per_minute));
}

void Laws::finished(const Fact& fact) {
  const auto intent = intents_.find(fact.subject);
  const bool unknown = fact.body["state"].string_or_empty() == "unknown";
  if (unknown)
    unknown_.insert(fact.subject);
  else
    unknown_.erase(fact.subject);
  if (intent != intents_.end()) intent->second.open = false;
}

void Laws::see(const Effect& effect) {
  const int effects = ++(effect.undo ? undo_effect_counts_ : effect_counts_)[effect.action];
  const int intents = (effect.undo ? undo_counts_ : intent_counts_)[effect.action];
  if (effects > intents)
    breach(fmt::format("{} had effect {} with {} durable intents", effect.action, effects, intents));
  const Verb* verb = verbs_.find(effect.verb);
  if (!effect.undo && effects > 1 && !verb->spec().idempotent) {
    breach(fmt::format("{} is not idempotent and happened {} times", effect.action, effects));
  }
}

void Laws::at_rest() {
  for (const auto& [id, intent] : intents_) {
    if (intent.open && !unknown_.contains(id)) breach(id + " was intended and has no outcome");
  }
  for (const std::string& plan : approved_) {
    if (!over_.contains(plan)) breach(plan + " was approved and never ended");
  }
}

}  // namespace capstan::sim
