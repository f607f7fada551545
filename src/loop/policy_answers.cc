// What the page and the command show of policies.
#include <algorithm>

#include "loop/policy_board.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostVerdictsShown = 500;
constexpr size_t kMostComing = 500;

}  // namespace

Json PolicyBoard::verdict_json(const std::string& policy, const decide::Verdict& verdict) const {
  const bool may_be_held = parts_.freezes != nullptr && !verdict.verb.empty();
  return Json::object(
      {{"id", verdict.resource},
       {"name", verdict.name},
       {"matched", verdict.matched},
       {"observed", verdict.observed},
       {"wanted", verdict.wanted},
       {"acts", verdict.acts},
       {"why", verdict.why},
       {"frozen",
        may_be_held ? parts_.freezes->held_back(policy, verdict.verb, verdict.resource, parts_.clock.now()) : ""},
       {"next",
        verdict.next.empty() ? Json() : Json::object({{"verb", verdict.next}, {"at", format_time(verdict.next_at)}})},
       {"override", verdict.override}});
}

Json PolicyBoard::verdicts_json(const std::string& policy, const std::vector<decide::Verdict>& verdicts) const {
  Json::Array list;
  for (const decide::Verdict& verdict : verdicts) {
    if (list.size() >= kMostVerdictsShown) break;
    list.push_back(verdict_json(policy, verdict));
  }
  return list;
}

Json PolicyBoard::coming() const {
  struct Coming {
    const std::string* policy;
    const decide::Verdict* verdict;
  };
  std::vector<Coming> all;
  for (const auto& [name, entry] : entries_) {
    for (const decide::Verdict& verdict : entry.last.verdicts) {
      if (!verdict.next.empty()) all.push_back({&name, &verdict});
    }
  }
  std::ranges::stable_sort(all, {}, [](const Coming& each) { return each.verdict->next_at; });
  Json::Array list;
  for (const auto& [policy, verdict] : all) {
    if (list.size() >= kMostComing) break;
    list.push_back(Json::object({{"policy", *policy},
                                 {"resource", verdict->resource},
                                 {"name", verdict->name},
                                 {"verb", verdict->next},
                                 {"at", format_time(verdict->next_at)},
                                 {"says", verdict->why}}));
  }
  return list;
}

// A plan that is only thought of, in the shape of a plan's status.
Json PolicyBoard::preview_json(const Plan& plan) const {
  Json::Array actions;
  std::string frozen;
  for (const Action& action : plan.actions) {
    const Verb* verb = parts_.verbs.find(action.verb);
    const std::string held = parts_.freezes ? parts_.freezes->held_back(plan, action, parts_.clock.now()) : "";
    if (frozen.empty()) frozen = held;
    actions.push_back(Json::object({{"action", action.to_json()},
                                    {"state", "preview"},
                                    {"waiting_for", held},
                                    {"undoable", verb && verb->spec().undoable},
                                    {"danger", verb ? to_string(verb->spec().danger) : ""}}));
  }
  return Json::object(
      {{"plan", plan.to_json()}, {"state", "preview"}, {"frozen", frozen}, {"actions", std::move(actions)}});
}

}  // namespace capstan::loop
