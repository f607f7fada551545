#include "decide/plan_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/crypto.h"
#include "decide/order.h"
#include "decide/selection.h"

namespace capstan::decide {
namespace {

std::string verb_of(const Intended& intended, const Policy& policy, size_t step) {
  return intended.state ? intended.state->verb : policy.steps[step].verb;
}

std::string last_part(const std::string& verb) { return verb.substr(verb.rfind('.') + 1); }

// Whatever starts or resumes needs what it depends on first; everything else is taken down from the top.
bool dependents_first(const std::string& verb) {
  const std::string name = last_part(verb);
  return !name.starts_with("start") && !name.starts_with("resume") && !name.starts_with("create");
}

size_t steps_of(const Intended& intended, const Policy& policy) { return intended.state ? 1 : policy.steps.size(); }

}  // namespace

std::string action_id(const Policy& policy, const Intended& intended, size_t step) {
  const Json text = Json::array({policy.name, intended.target->id, verb_of(intended, policy, step), intended.key,
                                 int64_t{intended.attempt}, static_cast<int64_t>(step)});
  return "act-" + hex(sha256(text.dump())).substr(0, 20);
}

std::string PlanMaker::condition(const Intended& intended) const {
  std::string sql = precondition(policy_, intended.target->kind);
  if (!intended.state) return sql;
  std::string values;
  for (const std::string& value : intended.state->values) values += (values.empty() ? "" : ", ") + sql_quote(value);
  return fmt::format("{}{} NOT IN ({})", sql.empty() ? "" : sql + " AND ", intended.state->column, values);
}

void PlanMaker::add_actions(const std::vector<Intended>& intended, Plan& plan) const {
  std::vector<std::string> stage_before;
  const size_t steps = policy_.ensure ? 1 : policy_.steps.size();
  for (size_t step = 0; step < steps; ++step) {
    std::vector<std::string> stage;
    for (const Intended& each : intended) {
      Action action{.id = action_id(policy_, each, step),
                    .verb = verb_of(each, policy_, step),
                    .target = each.target->id,
                    .parameters = each.state ? each.state->parameters : policy_.steps[step].parameters,
                    .reason = each.reason,
                    .precondition = condition(each),
                    .after = {}};
      if (step > 0 && policy_.steps[step].after_all)
        action.after = stage_before;
      else if (step > 0)
        action.after.push_back(action_id(policy_, each, step - 1));
      stage.push_back(action.id);
      plan.actions.push_back(std::move(action));
    }
    stage_before = std::move(stage);
  }
}

void PlanMaker::add_order(const std::vector<Intended>& intended, Plan& plan) const {
  // Targets that get the same first verb are ordered among themselves; a start and a stop are no matter to each other.
  std::map<std::string, std::set<ResourceId>> by_verb;
  for (const Intended& each : intended) by_verb[verb_of(each, policy_, 0)].insert(each.target->id);
  std::map<ResourceId, const Intended*> by_id;
  for (const Intended& each : intended) by_id[each.target->id] = &each;
  for (const auto& [verb, targets] : by_verb) {
    const Order order = order_by_dependency(targets, relations_, dependents_first(verb));
    for (Action& action : plan.actions) {
      const Intended& each = *by_id.at(action.target);
      if (action.id != action_id(policy_, each, 0)) continue;
      const auto earlier = order.after.find(action.target);
      if (earlier == order.after.end()) continue;
      for (const ResourceId& id : earlier->second) {
        // The whole of what comes first: its last step.
        const Intended& first = *by_id.at(id);
        action.after.push_back(action_id(policy_, first, steps_of(first, policy_) - 1));
      }
    }
  }
}

std::string PlanMaker::title(const std::vector<Intended>& intended) const {
  std::map<std::string, std::vector<const Intended*>> by_verb;
  for (const Intended& each : intended) {
    for (size_t step = 0; step < steps_of(each, policy_); ++step)
      by_verb[last_part(verb_of(each, policy_, step))].push_back(&each);
  }
  std::string text;
  for (const auto& [verb, targets] : by_verb) {
    std::string words = verb;
    std::ranges::replace(words, '_', ' ');
    const Resource& first = *targets.front()->target;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", words,
                        targets.size() == 1 ? (first.name.empty() ? first.id : first.name)
                                            : fmt::format("{} × {}", targets.size(), first.kind));
  }
  if (whole_ > intended.size()) text += fmt::format(" (the first {} of {})", intended.size(), whole_);
  return text;
}

Plan PlanMaker::make(const std::vector<Intended>& intended, Time now) const {
  Plan plan;
  plan.origin = "policy:" + policy_.name;
  plan.policy_version = policy_.version;
  plan.limits = policy_.limits;
  if (plan.limits.in_flight == 0) {
    plan.limits.in_flight = std::max(1, static_cast<int>(plan.limits.in_flight_share * static_cast<double>(selected_)));
  }
  plan.verify = policy_.verify;
  plan.verify_within = policy_.verify_within;
  plan.undo_on_failure = policy_.undo_on_failure;
  plan.undo_after_quiet = policy_.undo_after_quiet.value_or(Duration(0));
  plan.approval = policy_.approval;
  plan.created = now;
  add_actions(intended, plan);
  if (policy_.order_depends_on) add_order(intended, plan);
  plan.title = title(intended);
  if (static_cast<int64_t>(whole_) > policy_.limits.total && plan.approval != "ask") {
    plan.approval = "ask";
    plan.title += fmt::format("; asks because {} is more than the total of {}", whole_, policy_.limits.total);
  }
  for (const Intended& each : intended) plan.cause = std::max(plan.cause, each.cause);
  Json identity = Json::array({policy_.name, policy_.version});
  for (const Action& action : plan.actions) identity.push_back(action.id);
  plan.id = "plan-" + hex(sha256(identity.dump())).substr(0, 12);
  return plan;
}

}  // namespace capstan::decide
