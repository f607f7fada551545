#include "decide/budget_guard.h"

#include <algorithm>
#include <array>

#include "decide/action_effect.h"

namespace capstan::decide {
namespace {

class BudgetGuard {
 public:
  BudgetGuard(const Policy& policy, const Situation& situation, const std::vector<Verdict>& verdicts)
      : policy_(policy), situation_(situation), sum_(*policy.budget, situation.now) {
    std::map<std::string_view, const Override*> by_id;
    for (const Override& each : situation.overrides) by_id.emplace(each.id, &each);
    std::map<ResourceId, const Override*> overrides;
    for (const Verdict& verdict : verdicts) {
      if (const auto found = by_id.find(verdict.override); found != by_id.end())
        overrides.emplace(verdict.resource, found->second);
    }
    for (const Candidate& candidate : situation.candidates) {
      if (!candidate.selected) continue;
      const ResourceId& id = candidate.resource.id;
      const auto override = overrides.find(id);
      running_[id] = running_time_of(candidate, override == overrides.end() ? nullptr : override->second);
      const auto money = situation.money.find(id);
      if (money != situation.money.end() && money->second.currency == policy.budget->currency)
        sum_.add(money->second, running(id));
    }
  }

  // What is on its way already counts.
  void add_open(const std::vector<Verdict>& verdicts) {
    for (const Verdict& verdict : verdicts) {
      if (verdict.acts || verdict.verb.empty()) continue;
      const double more = cost_of_verb(verdict.resource, verdict.verb);
      if (more > 0) sum_.force(more, running(verdict.resource));
    }
  }

  BudgetVerdict judge(const std::vector<Intended>& all) {
    BudgetVerdict verdict;
    for (const Intended& intended : all) {
      if (verdict.over.contains(intended.root)) continue;
      const std::optional<double> more = cost_of_intended(intended);
      if (!more && verdict.unknown.empty())
        verdict.unknown = Words::phrase(
            "budget.unpriced",
            {{"verb", intended.verb}, {"target", intended.target->id}, {"currency", policy_.budget->currency}});
      if (!more || *more <= 0) continue;
      const Words why = sum_.take(*more, running(intended.root));
      if (!why.empty()) verdict.over.emplace(intended.root, why);
    }
    return verdict;
  }

 private:
  // The change that is known of an action on a target; nullptr where its verb does not say what it leaves behind.
  const std::optional<double>* change_of(const ResourceId& target, const std::string& key) const {
    const auto of_target = situation_.changes.find(target);
    if (of_target == situation_.changes.end()) return nullptr;
    const auto found = of_target->second.find(key);
    return found == of_target->second.end() ? nullptr : &found->second;
  }

  const std::optional<double>* change_to(const ResourceId& target, const WantedState& state) const {
    return change_of(target, action_key(state.verb, state.parameters));
  }

  const RunningTime& running(const ResourceId& id) const {
    static const RunningTime kAlways;
    const auto found = running_.find(id);
    return found == running_.end() ? kAlways : found->second;
  }

  // When a candidate runs as far as the policy says; always where it says nothing of that. `override` decides over it
  // until its end; nullptr for none.
  RunningTime running_time_of(const Candidate& candidate, const Override* override) const {
    const auto& ensure = policy_.ensure;
    if (!ensure || ensure->is_list() || !costs_more_inside(candidate.resource.id, *ensure)) return {};
    const Result<Schedule> schedule = ensure->schedule_of(candidate.hours);
    if (!schedule) return {};
    RunningTime running{.hours = *schedule};
    if (override == nullptr || override->state.empty()) return running;
    running.kept_until = override->until;
    running.kept_up = override->state == "up" || override->state == ensure->inside.name;
    return running;
  }

  bool costs_more_inside(const ResourceId& target, const Ensure& ensure) const {
    const std::optional<double>* inside = change_to(target, ensure.inside);
    if (inside == nullptr || !*inside) return may_cost(ensure.inside.verb);
    const std::optional<double>* outside = ensure.outside ? change_to(target, *ensure.outside) : nullptr;
    return outside != nullptr && *outside ? **inside > **outside : **inside >= 0;
  }

  // What a verb, with whichever parameters, may add an hour at the most.
  double cost_of_verb(const ResourceId& target, const std::string& verb) const {
    const auto of_target = situation_.changes.find(target);
    std::optional<double> most;
    if (of_target != situation_.changes.end()) {
      for (const auto& [key, change] : of_target->second) {
        if (change && key.starts_with(verb + " ")) most = std::max(most.value_or(0), *change);
      }
    }
    if (most) return *most;
    const auto money = situation_.money.find(target);
    if (!may_cost(verb) || money == situation_.money.end()) return 0;
    return cost_of(verb, money->second, {}, {}).value_or(0);
  }

  // What an action adds an hour, in the budget's currency; nothing where that is not known.
  std::optional<double> cost_of_intended(const Intended& intended) const {
    if (!intended.is_root()) return 0;  // Only what is deleted with everything that belongs to a root is no root.
    const std::optional<double>* change =
        change_of(intended.target->id, action_key(intended.verb, intended.parameters));
    return change != nullptr ? *change : cost_by_habit(intended);
  }

  // A verb that does not say what it leaves behind is taken at its name.
  std::optional<double> cost_by_habit(const Intended& intended) const {
    if (!may_cost(intended.verb)) return 0;
    const auto money = situation_.money.find(intended.target->id);
    if (money == situation_.money.end() || money->second.currency != policy_.budget->currency) return std::nullopt;
    std::optional<double> number, is;
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kNumbers = {
        {{"to", "desired"}, {"replicas", "replicas"}, {"to", "replicas"}, {"nodes", "nodes"}}};
    for (const auto& [parameter, field] : kNumbers) {
      const Json& to = intended.parameters[parameter];
      const Json& from = intended.target->fields[field];
      if (number || !to.is_number() || !from.is_number()) continue;
      number = to.number_or(0);
      is = from.number_or(0);
    }
    return cost_of(intended.verb, money->second, number, is);
  }

  const Policy& policy_;
  const Situation& situation_;
  BudgetSum sum_;
  std::map<ResourceId, RunningTime> running_;
};

}  // namespace

BudgetVerdict judge_budget(const Policy& policy, const Situation& situation, const std::vector<Verdict>& verdicts,
                           const std::vector<Intended>& intended) {
  BudgetGuard guard(policy, situation, verdicts);
  guard.add_open(verdicts);
  return guard.judge(intended);
}

}  // namespace capstan::decide
