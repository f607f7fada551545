#include "loop/backtest_report.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace capstan::loop {
namespace {

constexpr size_t kMostListed = 1'000;  // Resources, and actions.

struct Side {
  double hours = 0;
  double money = 0;
};
Side side_of(const money::Usage& usage) { return {to_seconds(usage.running.time) / 3600, usage.cost().units()}; }

Json figures(Side real, Side would_be) {
  return Json::object(
      {{"real", Json::object({{"hours", real.hours}, {"money", real.money}})},
       {"would_be", Json::object({{"hours", would_be.hours}, {"money", would_be.money}})},
       {"saved", Json::object({{"hours", real.hours - would_be.hours}, {"money", real.money - would_be.money}})}});
}

Json::Array money_json(const std::vector<ComparedCost>& costs) {
  std::map<std::string, std::pair<Side, Side>> sums;
  for (const ComparedCost& each : costs) {
    auto& [real, would_be] = sums[each.currency];
    const Side was = side_of(each.real), would = side_of(each.would_be);
    real = {real.hours + was.hours, real.money + was.money};
    would_be = {would_be.hours + would.hours, would_be.money + would.money};
  }
  Json::Array all;
  for (const auto& [currency, sum] : sums) {
    Json one = figures(sum.first, sum.second);
    one.set("currency", currency);
    all.push_back(std::move(one));
  }
  return all;
}

// What differs most comes first.
Json::Array resources_json(const foresee::BacktestResult& result, const std::vector<ComparedCost>& costs) {
  std::map<ResourceId, size_t> actions;
  std::map<ResourceId, std::string> names;
  for (const foresee::BacktestAction& each : result.actions) {
    ++actions[each.target];
    names[each.target] = each.name;
  }
  std::map<ResourceId, Json> by_id;
  std::map<ResourceId, double> saved;
  for (const auto& [id, count] : actions)
    by_id[id] = Json::object({{"id", id}, {"name", names[id]}, {"actions", static_cast<uint64_t>(count)}});
  for (const ComparedCost& each : costs) {
    Json one = figures(side_of(each.real), side_of(each.would_be));
    one.set("id", each.id);
    one.set("name", each.name);
    one.set("currency", each.currency);
    one.set("actions", static_cast<uint64_t>(actions[each.id]));
    saved[each.id] = one["saved"]["money"].number_or(0);
    by_id[each.id] = std::move(one);
  }
  std::vector<ResourceId> order;
  for (const auto& [id, one] : by_id) order.push_back(id);
  std::ranges::stable_sort(order, [&](const auto& a, const auto& b) {
    return std::pair(std::abs(saved[a]), actions[a]) > std::pair(std::abs(saved[b]), actions[b]);
  });
  Json::Array list;
  for (const ResourceId& id : order) {
    if (list.size() >= kMostListed) break;
    list.push_back(std::move(by_id[id]));
  }
  return list;
}

Json::Array held_json(const foresee::BacktestResult& result) {
  Json::Array all;
  for (const auto& [freeze, held] : result.held) {
    all.push_back(Json::object({{"freeze", freeze},
                                {"actions", static_cast<uint64_t>(held.actions)},
                                {"dropped", static_cast<uint64_t>(held.dropped)}}));
  }
  return all;
}

Json over_budget_json(const foresee::BacktestResult& result) {
  Json::Array list;
  for (const foresee::BacktestOverBudget& each : result.over_budget) {
    if (list.size() >= kMostListed) break;
    list.push_back(Json::object(
        {{"id", each.resource}, {"name", each.name}, {"from", format_time(each.from)}, {"to", format_time(each.to)}}));
    set_words(list.back(), "why", each.why);
  }
  return Json::object({{"count", static_cast<uint64_t>(result.over_budget_count)}, {"resources", std::move(list)}});
}

}  // namespace

Json backtest_json(const decide::Policy& policy, const foresee::BacktestResult& result,
                   const std::vector<ComparedCost>& costs) {
  Json::Array actions;
  std::map<std::string, std::map<std::string, int64_t>> days;
  for (const foresee::BacktestAction& each : result.actions) {
    const std::string at = format_time(each.at);
    ++days[at.substr(0, 10)][each.is_undo ? "undo " + each.verb : each.verb];
    if (actions.size() >= kMostListed) continue;
    actions.push_back(Json::object({{"at", at},
                                    {"verb", each.verb},
                                    {"target", each.target},
                                    {"name", each.name},
                                    {"plan", each.plan},
                                    {"planned", format_time(each.planned)},
                                    {"held_by", each.held_by},
                                    {"asks", each.asks},
                                    {"undo", each.is_undo},
                                    {"effect_known", each.is_effect_known}}));
    set_words(actions.back(), "reason", each.reason);
  }
  Json::Array per_day;
  for (const auto& [day, verbs] : days) {
    Json counts = Json::object();
    for (const auto& [verb, count] : verbs) counts.set(verb, count);
    per_day.push_back(Json::object({{"day", day}, {"actions", std::move(counts)}}));
  }
  return Json::object({{"name", policy.name},
                       {"approve", policy.approval},
                       {"looks", static_cast<uint64_t>(result.looks)},
                       {"plans", static_cast<uint64_t>(result.plans)},
                       {"asks", static_cast<uint64_t>(result.asks)},
                       {"selected", static_cast<uint64_t>(result.resources.size())},
                       {"action_count", static_cast<uint64_t>(result.action_count)},
                       {"actions", std::move(actions)},
                       {"days", std::move(per_day)},
                       {"money", money_json(costs)},
                       {"held", held_json(result)},
                       {"over_budget", over_budget_json(result)},
                       {"resources", resources_json(result, costs)}});
}

}  // namespace capstan::loop
