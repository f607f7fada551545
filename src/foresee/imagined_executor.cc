#include "foresee/imagined_executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "decide/stages.h"
#include "foresee/effect.h"

namespace capstan::foresee {

ImaginedExecutor::ImaginedExecutor(const decide::Policy& policy, const Past& past, PastWorld& world,
                                   AlternatePast& alternate, BacktestResult& result, Duration step,
                                   LookAgain look_again)
    : policy_(policy),
      past_(past),
      world_(world),
      alternate_(alternate),
      result_(result),
      step_(step),
      look_again_(std::move(look_again)),
      freezes_(past, policy.name),
      turns_(freezes_, [&world](const ResourceId& id) { return world.labels_of(id); }) {}

void ImaginedExecutor::record(std::string_view kind, const std::string& subject, Json body, Time at) {
  history_.apply({.seq = ++seq_,
                  .at = at,
                  .kind = std::string(kind),
                  .subject = subject,
                  .body = std::move(body),
                  .cause = 0,
                  .actor = "backtest"});
}

Status ImaginedExecutor::carry_out(const Plan& plan, Time now) {
  ++result_.plans;
  const bool asks = plan.approval != "none";
  if (asks) ++result_.asks;
  record(fact_kind::kPlanProposed, plan.id, Json::object({{"plan", plan.to_json()}}), now);
  if (policy_.undo_after_quiet) {
    plans_[plan.id] = plan;
    look_again_(now + *policy_.undo_after_quiet, "");
  }
  turns_.add(plan, asks, now);
  return take_turns(now);
}

Status ImaginedExecutor::take_turns(Time now) {
  while (const std::optional<Turn> turn = turns_.take(now)) TRY(take_turn(*turn, now));
  return {};
}

void ImaginedExecutor::withdraw(const std::string& plan, Time now) {
  const std::vector<Turn> taken = turns_.withdraw(plan);
  if (taken.empty()) return;
  for (const Turn& turn : taken) {
    if (turn.held_by.empty()) continue;
    ++result_.held[turn.held_by].actions;
    ++result_.held[turn.held_by].dropped;
  }
  record(fact_kind::kPlanRejected, plan, Json::object({{"reason", "withdrawn"}}), now);
  look_again_(now + step_, "");
  plans_.erase(plan);
}

Status ImaginedExecutor::take_turn(const Turn& turn, Time now) {
  const Action& action = turn.action;
  if (!turn.held_by.empty()) ++result_.held[turn.held_by].actions;
  const bool holds = TRY(still_holds(action, now));
  if (holds) {
    record(fact_kind::kActionIntended, action.id, Json::object(), now);
    perform(turn, now);
  }
  const ActionState state = holds ? ActionState::kSucceeded : ActionState::kSkipped;
  record(fact_kind::kActionFinished, action.id, Json::object({{"state", to_string(state)}}), now);
  if (turn.is_last) record(fact_kind::kPlanFinished, turn.plan, Json::object(), now);
  if (turn.is_late && (turn.is_last || !turn.held_by.empty())) look_again_(now + step_, "");
  if (policy_.is_staged()) look_again_(now + decide::kStageShows, "");
  return {};
}

Result<bool> ImaginedExecutor::still_holds(const Action& action, Time now) {
  if (action.precondition.empty()) return true;
  const PastKind* kind = alternate_.kind_of(action.target);
  if (kind == nullptr) return false;
  TRY(world_.show(action.target));
  SqlSource::Options options;
  options.bind = {{":capstan_target", action.target}};
  const Table table = TRY(world_.query(
      fmt::format("SELECT 1 FROM {0} WHERE {0}.id = :capstan_target AND ({1})", kind->name(), action.precondition), now,
      options));
  return !table.rows.empty();
}

void ImaginedExecutor::perform(const Turn& turn, Time now) {
  const Action& action = turn.action;
  const PastKind* kind = alternate_.kind_of(action.target);
  const bool is_held = hold(action);
  Effect effect;
  if (kind != nullptr) effect = effect_of(policy_, action, *kind, past_.effects);
  const bool is_known = is_held || effect.is_known;
  if (!is_known) result_.unknown_effects.insert(action.verb);
  note(turn, now, {.is_undo = false, .is_known = is_known});
  alternate_.act(action.id, action.target, effect, now);
  if (effect.removes || !effect.with_it.empty()) act_on_belongings(action, effect, now);
}

// What belongs to a target goes with it, or is left as the verb says of its kind.
void ImaginedExecutor::act_on_belongings(const Action& action, const Effect& effect, Time now) {
  for (const Resource& each : world_.belongings_of(action.target)) {
    const auto with_it = effect.with_it.find(each.kind);
    if (!effect.removes && with_it == effect.with_it.end()) continue;
    Effect its{.sets = {}, .removes = effect.removes, .is_known = true, .with_it = {}};
    if (!effect.removes) its.sets = with_it->second;
    alternate_.act(action.id, each.id, its, now);
  }
}

// Notes which condition a step brings about: what was brought about outside of the hours no longer holds within them.
bool ImaginedExecutor::hold(const Action& action) {
  if (!policy_.ensure || !policy_.ensure->is_list()) return false;
  const auto& inside = policy_.ensure->kept;
  const auto& outside = policy_.ensure->kept_outside;
  bool found = false;
  const auto look_in = [&](const std::vector<decide::Kept>& list, size_t first, size_t other, size_t others) {
    for (size_t i = 0; i < list.size(); ++i) {
      if (list[i].step.verb != action.verb || list[i].step.parameters != action.parameters) continue;
      std::set<size_t>& held = held_[action.target];
      held.insert(first + i);
      for (size_t j = other; j < other + others; ++j) held.erase(j);
      found = true;
    }
  };
  look_in(inside, 0, inside.size(), outside.size());
  look_in(outside, inside.size(), 0, inside.size());
  return found;
}

void ImaginedExecutor::note(const Turn& turn, Time now, Marks marks) {
  const Action& action = turn.action;
  ++result_.action_count;
  if (result_.actions.size() >= kMostBacktestActions) return;
  const auto known = world_.find(action.target);
  result_.actions.push_back({.at = now,
                             .verb = action.verb,
                             .target = action.target,
                             .name = known && *known ? (*known)->name : action.target,
                             .reason = marks.is_undo ? Words::phrase("why.alert_quiet") : action.reason,
                             .plan = turn.plan,
                             .planned = turn.planned,
                             .held_by = turn.held_by,
                             .asks = turn.asks,
                             .is_undo = marks.is_undo,
                             .is_effect_known = marks.is_known});
}

void ImaginedExecutor::undo(const std::string& id, Time now) {
  const auto plan = plans_.find(id);
  if (plan == plans_.end()) return;
  if (const auto hold = turns_.held_back(plan->second, now)) {
    look_again_(hold->until, "");
    return;
  }
  record(fact_kind::kPlanRecalled, id, Json::object(), now);
  std::vector<const Action*> actions = in_order(plan->second);
  std::ranges::reverse(actions);
  for (const Action* action : actions) {
    const decide::PastAction* past = history_.find(action->id);
    if (past == nullptr || past->end != decide::PastAction::End::kSucceeded) continue;
    note({.action = *action, .plan = id, .planned = now, .held_by = ""}, now, {.is_undo = true, .is_known = true});
    alternate_.undo(action->id, now);
    record(fact_kind::kActionFinished, action->id, Json::object({{"state", to_string(ActionState::kReverted)}}), now);
  }
  record(fact_kind::kPlanFinished, id, Json::object(), now);
  plans_.erase(plan);
}

void ImaginedExecutor::hold_conditions(decide::Candidate& candidate) {
  const auto held = held_.find(candidate.resource.id);
  if (held == held_.end()) return;
  std::erase_if(held->second, [&](size_t i) { return i < candidate.so.size() && candidate.so[i] == true; });
  for (const size_t i : held->second) {
    if (i < candidate.so.size()) candidate.so[i] = true;
  }
}

}  // namespace capstan::foresee
