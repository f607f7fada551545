#include "decide/plan_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "base/crypto.h"
#include "decide/decide.h"
#include "decide/order.h"
#include "decide/selection.h"
#include "model/policy_subject.h"

namespace capstan::decide {
namespace {

std::string last_part(const std::string& verb) { return verb.substr(verb.rfind('.') + 1); }

// Whatever starts or resumes needs what it depends on first; everything else is taken down from the top.
bool dependents_first(const std::string& verb) {
  const std::string name = last_part(verb);
  return !name.starts_with("start") && !name.starts_with("resume") && !name.starts_with("create");
}

// Where each root's actions of each step stand in the plan.
using Stages = std::map<ResourceId, std::map<size_t, std::vector<size_t>>>;

Stages stages_of(const std::vector<Intended>& intended) {
  Stages stages;
  for (size_t i = 0; i < intended.size(); ++i) stages[intended[i].root][intended[i].step].push_back(i);
  return stages;
}

}  // namespace

std::string action_id(const Policy& policy, const Intended& intended) {
  const Json text = Json::array({policy.name, intended.target->id, intended.verb, intended.key,
                                 int64_t{intended.attempt}, static_cast<int64_t>(intended.step)});
  return "act-" + hex(sha256(text.dump())).substr(0, 20);
}

std::string PlanMaker::condition(const Intended& intended) const {
  std::string sql = intended.is_root() ? precondition(policy_, intended.target->kind) : of_belonging(intended);
  const auto also = [&](const std::string& condition) { sql += (sql.empty() ? "" : " AND ") + condition; };
  if (!intended.approved.empty()) also(belongs_condition(intended.root, intended.approved));
  if (!intended.condition.empty()) also(intended.condition);
  return sql;
}

// What belongs to a target is not of its kind: the selection says nothing of it, and `never` still does. But it is for
// its root that it is touched: whose trial was extended meanwhile keeps what is left, and what somebody else has got
// by now is theirs.
std::string PlanMaker::of_belonging(const Intended& intended) const {
  const std::string kind = intended.root.substr(0, intended.root.find('/'));
  const std::string selected = precondition(policy_, kind);
  std::string sql = fmt::format("EXISTS (SELECT 1 FROM {0} WHERE {0}.id = {1}{2}{3})", kind, sql_quote(intended.root),
                                selected.empty() ? "" : " AND ", selected);
  sql += " AND " + belongs_condition(intended.target->id, intended.root);
  if (const std::string never = never_condition(policy_, intended.target->kind); !never.empty()) sql += " AND " + never;
  return sql;
}

void PlanMaker::add_actions(const std::vector<Intended>& intended, Plan& plan) const {
  for (const Intended& each : intended) {
    plan.actions.push_back({.id = action_id(policy_, each),
                            .verb = each.verb,
                            .target = each.target->id,
                            .parameters = each.parameters,
                            .reason = each.reason,
                            .precondition = condition(each),
                            .after = {}});
  }
  const Stages stages = stages_of(intended);
  std::map<size_t, std::vector<size_t>> of_step;
  for (const auto& [root, steps] : stages) {
    for (const auto& [step, indices] : steps) of_step[step].insert(of_step[step].end(), indices.begin(), indices.end());
  }
  for (const auto& [root, steps] : stages) {
    for (auto stage = steps.begin(); stage != steps.end(); ++stage) {
      for (size_t index : stage->second) {
        const std::vector<size_t>* earlier = stage == steps.begin() ? nullptr : &std::prev(stage)->second;
        const auto everywhere = of_step.find(stage->first);
        if (intended[index].after_all && everywhere != of_step.begin()) earlier = &std::prev(everywhere)->second;
        if (!earlier) continue;
        for (size_t first : *earlier) plan.actions[index].after.push_back(plan.actions[first].id);
      }
    }
  }
}

void PlanMaker::order_roots(const std::vector<Intended>& intended, Plan& plan) const {
  // Roots that get the same first verb are ordered among themselves; a start and a stop are no matter to each other.
  const Stages stages = stages_of(intended);
  std::map<std::string, std::set<ResourceId>> by_verb;
  for (const auto& [root, steps] : stages) {
    const Intended& first = intended[steps.begin()->second.front()];
    if (first.is_root()) by_verb[first.verb].insert(root);
  }
  for (const auto& [verb, roots] : by_verb) {
    const Order order = order_by_dependency(roots, situation_.relations, dependents_first(verb));
    for (const auto& [root, earlier] : order.after) {
      for (const ResourceId& first : earlier) {
        // The whole of what comes first: its last step.
        for (size_t before : stages.at(first).rbegin()->second) {
          for (size_t index : stages.at(root).begin()->second)
            plan.actions[index].after.push_back(plan.actions[before].id);
        }
      }
    }
  }
}

// What belongs to something is taken down before it, and so is what depends on it.
void PlanMaker::order_belongings(const std::vector<Intended>& intended, Plan& plan) const {
  std::vector<Relation> relations = situation_.relations;
  for (Relation& relation : relations) {
    if (relation.kind == "belongs_to") relation.kind = "depends_on";
  }
  for (const auto& [root, steps] : stages_of(intended)) {
    for (const auto& [step, indices] : steps) {
      std::map<ResourceId, size_t> by_id;
      std::set<ResourceId> ids;
      for (size_t index : indices) {
        if (intended[index].is_root()) continue;
        by_id[intended[index].target->id] = index;
        ids.insert(intended[index].target->id);
      }
      if (ids.empty()) continue;
      for (const auto& [id, earlier] : order_by_dependency(ids, relations, true).after) {
        for (const ResourceId& first : earlier)
          plan.actions[by_id.at(id)].after.push_back(plan.actions[by_id.at(first)].id);
      }
    }
  }
}

// "create account", in Korean as its pack says it.
Words PlanMaker::does(const std::string& verb) const {
  const std::string last = last_part(verb);
  std::string name = last;
  std::ranges::replace(name, '_', ' ');
  if (situation_.titles_ko != nullptr) {
    if (const auto found = situation_.titles_ko->find(verb); found != situation_.titles_ko->end())
      return Words::in_both(name, found->second);
  }
  return Words::known("do." + last, name);
}

Words PlanMaker::title(const std::vector<Intended>& intended) const {
  std::map<std::string, std::vector<const Intended*>> by_verb;
  for (const Intended& each : intended) by_verb[last_part(each.verb)].push_back(&each);
  std::vector<Words> parts;
  for (const auto& [verb, targets] : by_verb) {
    const Resource& first = *targets.front()->target;
    const Words what = does(targets.front()->verb);
    parts.push_back(
        targets.size() == 1
            ? Words::phrase("plan.one", {{"does", what}, {"name", first.name.empty() ? first.id : first.name}})
            : Words::phrase("plan.many",
                            {{"does", what}, {"count", std::to_string(targets.size())}, {"kind", first.kind}}));
  }
  Words title = Words::joined(parts, ", ");
  const size_t roots = stages_of(intended).size();
  if (whole_ <= roots) return title;
  return Words::phrase(
      "plan.first_of",
      {{"title", std::move(title)}, {"count", std::to_string(roots)}, {"whole", std::to_string(whole_)}});
}

Plan PlanMaker::make(const std::vector<Intended>& intended) const {
  Plan plan;
  plan.origin = policy_subject(policy_.name);
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
  plan.created = situation_.now;
  add_actions(intended, plan);
  if (policy_.order_depends_on) order_roots(intended, plan);
  if (policy_.deletes_all()) order_belongings(intended, plan);
  plan.title = title(intended);
  if (static_cast<int64_t>(whole_) > policy_.limits.total && plan.approval != "ask") {
    plan.approval = "ask";
    plan.title = Words::phrase(
        "plan.asks_total",
        {{"title", plan.title}, {"count", std::to_string(whole_)}, {"total", std::to_string(policy_.limits.total)}});
  }
  for (const Intended& each : intended) plan.cause = std::max(plan.cause, each.cause);
  Json identity = Json::array({policy_.name, policy_.version});
  for (const Action& action : plan.actions) identity.push_back(action.id);
  plan.id = "plan-" + hex(sha256(identity.dump())).substr(0, 12);
  return plan;
}

}  // namespace capstan::decide
