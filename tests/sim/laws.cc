#include "sim/laws.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::sim {
namespace {

constexpr Duration kPatience{20 * 60'000};  // Rates and cool-downs take three minutes.

}  // namespace

void Laws::see(const Fact& fact) {
  note_refusal(fact);
  if (fact.kind == fact_kind::kPlanProposed) {
    plans_[fact.subject] = Plan::from_json(fact.body["plan"]);
  } else if (fact.kind == fact_kind::kPlanApproved) {
    approved(fact);
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
  } else if (fact.kind == fact_kind::kActionResolved) {
    resolved_.insert(fact.subject);
  } else if (fact.kind == fact_kind::kActionFinished) {
    finished(fact);
  }
}

// What a person did not let a policy do on a target, it does not do for what remains of that occasion.
void Laws::note_refusal(const Fact& fact) {
  const bool refuses = fact.kind == fact_kind::kPlanRejected || fact.kind == fact_kind::kPlanCancelled ||
                       fact.kind == fact_kind::kPlanRecalled;
  if (!refuses || !fact.actor.starts_with("user:")) return;
  const Plan& plan = plans_[fact.subject];
  for (const Action& action : plan.actions) refused_.emplace(plan.origin, action.target);
}

void Laws::approved(const Fact& fact) {
  const Plan& plan = plans_[fact.subject];
  const bool by_person = fact.actor.starts_with("user:");
  if (plan.approval != "none" && plan.approval != "standing" && !by_person)
    breach(fmt::format("{} was approved by {}, not by a person", fact.subject, fact.actor));
  std::set<ResourceId> targets;
  for (const Action& action : plan.actions) targets.insert(action.target);
  if (static_cast<int>(targets.size()) > plan.limits.total && !by_person)
    breach(fmt::format("{} touches {} of {}, and no person was asked", plan.id, targets.size(), plan.limits.total));
  if (!approved_.insert(fact.subject).second) breach(fact.subject + " was approved twice");
}

void Laws::checked(const ResourceId& target, std::optional<Resource> seen) { checked_[target] = std::move(seen); }

void Laws::answered(const std::string& action, const Performed& said) {
  proofs_[action].said = said.state;
  const auto intent = intents_.find(action);
  if (said.certain && intent != intents_.end() && intent->second.had_effect)
    breach(fmt::format("{} is certain not to have happened, and it did: {}", action, said.says));
}

void Laws::probed(const std::string& action, ProbeAnswer shows) { proofs_[action].shows = shows; }

void Laws::process_died() {
  proofs_.clear();
  checked_.clear();
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
  const auto before = intents_.find(fact.subject);
  if (before != intents_.end() && before->second.open)
    breach(fact.subject + " was intended again before it was known how it had ended");
  for (const auto& [id, other] : intents_) {
    if (id != fact.subject && other.open && other.target == target)
      breach(fmt::format("{} and {} overlap on {}", id, fact.subject, target));
  }
  const std::string& verb_name = fact.body["action"]["verb"].string_or_empty();
  const Verb* verb = verbs_.find(verb_name);
  const Json& value_before = fact.body["before"]["value"];
  const Proof& proof = proofs_[fact.subject];
  const bool doubtful = before != intents_.end() && proof.shows == ProbeAnswer::kCannotTell &&
                        value_before != before->second.value_before;
  intents_[fact.subject] = {.plan = plan_id,
                            .target = target,
                            .verb = verb_name,
                            .undo = undo,
                            .harmless = verb != nullptr && verb->spec().idempotent,
                            .repeated = before != intents_.end(),
                            .doubtful = doubtful,
                            .value_before = value_before};
  proofs_.erase(fact.subject);
  resolved_.erase(fact.subject);
  ++(undo ? undo_counts_ : intent_counts_)[fact.subject];
  if (undo) return;
  check_selection(fact, plan, target);
  check_limits(plan, fact);
}

// Judged by what the catalog showed when the checks before this very action were made.
void Laws::check_selection(const Fact& fact, const Plan& plan, const ResourceId& target) {
  for (const WatchedPolicy& policy : policies_) {
    if (plan.origin != "policy:" + policy.name) continue;
    const auto seen = checked_.find(target);
    if (seen == checked_.end() || !seen->second)
      breach(fmt::format("{} was intended on {}, which was not looked at", fact.subject, target));
    else if (is_sensitive(*seen->second))
      breach(fmt::format("{} was intended on {}, which is sensitive", fact.subject, target));
    else if (!policy.may_touch(*seen->second))
      breach(fmt::format("{} was intended on {}, which {} does not select", fact.subject, target, policy.name));
  }
}

void Laws::check_limits(const Plan& plan, const Fact& fact) {
  const auto flying = std::ranges::count_if(
      intents_, [&](const auto& each) { return each.second.open && each.second.plan == plan.id; });
  if (flying > plan.limits.in_flight)
    breach(fmt::format("{}: {} in flight of {}", plan.id, flying, plan.limits.in_flight));
  if (plan.limits.canary && flying > 1 && !proven_.contains(plan.id))
    breach(fmt::format("{}: {} in flight before one has proven itself", plan.id, flying));
  if (static_cast<int>(failed_[plan.id].size()) > plan.limits.failures)
    breach(fmt::format("{} goes on after {} failures of {}", plan.id, failed_[plan.id].size(), plan.limits.failures));
  // A minute is one that passes, whatever anybody does to the clock.
  const Duration now = clock_.monotonic();
  std::vector<Duration>& starts = starts_[plan.origin];
  starts.push_back(now);
  const auto recent = std::ranges::count_if(starts, [&](Duration at) { return at > now - Duration(60'000); });
  if (recent > plan.limits.per_minute)
    breach(fmt::format("{}: {} started of {} a minute with {}", plan.id, recent, plan.limits.per_minute, fact.subject));
}

void Laws::finished(const Fact& fact) {
  const std::string& state = fact.body["state"].string_or_empty();
  if (state == "unknown")
    unknown_.insert(fact.subject);
  else
    unknown_.erase(fact.subject);
  const auto found = intents_.find(fact.subject);
  const std::string& plan = fact.body["plan_id"].string_or_empty();
  const bool undo = found != intents_.end() && found->second.undo;
  if (state == "succeeded" && !undo) proven_.insert(plan);
  const bool retry = fact.body["retry"].bool_or(false);
  if ((state == "failed" || state == "partial") && !undo && !retry && found != intents_.end())
    failed_[plan].insert(found->second.target);
  if (found == intents_.end() || !found->second.open) return;
  check_outcome(fact, found->second);
  found->second.open = false;
}

// What the outside shows comes first, then what it answered; where it says neither, nobody knows.
void Laws::check_outcome(const Fact& fact, const Intent& intent) {
  if (resolved_.contains(fact.subject)) return;
  const Proof proof = proofs_[fact.subject];
  if (fact.body["called_back"].bool_or(false)) {
    if (proof.said) breach(fact.subject + " was taken back, and has been begun");
    return;
  }
  const std::string& state = fact.body["state"].string_or_empty();
  const bool retry = fact.body["retry"].bool_or(false);
  const std::string done = intent.undo ? "reverted" : "succeeded";
  const std::string not_done = intent.undo ? "succeeded" : "failed";
  const ProbeAnswer shows_done = intent.undo ? ProbeAnswer::kDidNotHappen : ProbeAnswer::kHappened;
  std::string expected = "unknown";
  if (proof.shows && *proof.shows != ProbeAnswer::kCannotTell)
    expected = *proof.shows == shows_done ? done : not_done;
  else if (proof.said && *proof.said != ActionState::kUnknown)
    expected = *proof.said == ActionState::kSucceeded ? done : not_done;
  if (retry && expected == not_done) return;
  if (retry && expected == "unknown" && intent.harmless) return;
  if (retry || state != expected)
    breach(fmt::format("{} ended as {}{}, and what is known says {}", fact.subject, state,
                       retry ? " to be repeated" : "", expected));
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
  const auto intent = intents_.find(effect.action);
  if (intent != intents_.end()) intent->second.had_effect = true;
  const std::string plan = intent == intents_.end() ? "" : intent->second.plan;
  if (!effect.undo && plans_[plan].origin == "policy:round") {
    for (const Action& action : plans_[plan].actions) {
      if (action.id != effect.action) continue;
      const int rounds = ++round_counts_[effect.target + " " + action.reason.text];
      if (rounds > 1) breach(fmt::format("{} was done {} times: {}", effect.target, rounds, action.reason));
    }
  }
  check_undone(effect);
}

// Nobody but the action itself has set the field in between: then undoing it leaves what was there before the first
// time it took effect. What somebody set between the look and the touch was not known, and cannot be brought back. Nor
// can what somebody changed between two attempts while the outside could not tell whose doing it was, or when they set
// just what was wanted.
void Laws::check_undone(const Effect& effect) {
  const auto done = done_.find(effect.action);
  const auto intent = intents_.find(effect.action);
  const bool known = intent != intents_.end() && intent->second.value_before == effect.prior;
  const bool looks_like_own = known && intent->second.repeated && effect.prior == effect.value;
  const bool doubtful = intent != intents_.end() && intent->second.doubtful;
  const bool alone = done != done_.end() && done->second.writes + 1 == effect.writes;
  if (effect.undo) {
    if (alone && effect.value != done->second.prior)
      breach(fmt::format("undoing {} left {} at {} and not at {}", effect.action, effect.target, effect.value.dump(),
                         done->second.prior.dump()));
    done_.erase(effect.action);
  } else if (alone && !doubtful) {
    done->second.writes = effect.writes;
  } else if (known && !looks_like_own && !doubtful) {
    done_[effect.action] = {effect.prior, effect.writes};
  } else {
    done_.erase(effect.action);
  }
}

bool Laws::has_open_intents() const {
  return std::ranges::any_of(intents_, [](const auto& each) { return each.second.open; });
}

void Laws::at_rest(const World& world) {
  for (const auto& [id, intent] : intents_) {
    if (intent.open && !unknown_.contains(id)) breach(id + " was intended and has no outcome");
  }
  for (const std::string& plan : approved_) {
    if (!over_.contains(plan)) breach(plan + " was approved and never ended");
  }
  for (const std::string& complaint : complaints(world))
    breach(fmt::format("at rest {}: {}", format_time(clock_.now()), complaint));
}

void Laws::look_for_what_waits(const World& world) {
  std::map<std::string, Duration> waiting;
  for (const std::string& complaint : complaints(world)) {
    const auto known = waiting_.find(complaint);
    const Duration since = known == waiting_.end() ? clock_.monotonic() : known->second;
    waiting.emplace(complaint, since);
    if (clock_.monotonic() - since > kPatience)
      breach(fmt::format("for {} minutes {}", kPatience.count() / 60'000, complaint));
  }
  waiting_ = std::move(waiting);
}

std::vector<std::string> Laws::complaints(const World& world) const {
  std::vector<std::string> complaints;
  for (const WatchedPolicy& policy : policies_) {
    if (!policy.complaint) continue;
    for (const auto& [id, resource] : world.resources()) {
      if (refused_.contains({"policy:" + policy.name, id})) continue;
      std::string complaint = policy.complaint(resource, clock_.now());
      if (!complaint.empty()) complaints.push_back(std::move(complaint));
    }
  }
  return complaints;
}

}  // namespace capstan::sim
