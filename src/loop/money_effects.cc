// What actions would change of what things cost: for budgets, and for plans as people see them.
#include <algorithm>
#include <map>
#include <set>

#include "decide/action_effect.h"
#include "loop/money_desk.h"
#include "money/changes.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostBelongings = 5'000;  // Of one target.

// What belonged to a resource at a time, directly or not, as it was then.
Result<std::vector<Resource>> belongings_at(const ResourceId& owner, Time at, const catalog::CatalogReader& catalog) {
  std::vector<Resource> found;
  std::set<ResourceId> seen = {owner};
  std::vector<ResourceId> stack = {owner};
  while (!stack.empty() && found.size() < kMostBelongings) {
    const ResourceId next = std::move(stack.back());
    stack.pop_back();
    for (const catalog::KnownRelation& one : TRY(catalog.relations_at(next, at))) {
      const Relation& relation = one.relation;
      if (relation.kind != "belongs_to" || relation.target != next || !seen.insert(relation.source).second) continue;
      stack.push_back(relation.source);
      if (auto resource = TRY(catalog.resource_at(relation.source, at))) found.push_back(*std::move(resource));
    }
  }
  return found;
}

Result<std::vector<money::ActedOn>> acted_on(const std::vector<ResourceId>& targets, bool with_belongings, Time at,
                                             const catalog::CatalogReader& catalog) {
  std::vector<money::ActedOn> all;
  for (const ResourceId& id : targets) {
    auto target = TRY(catalog.resource_at(id, at));
    if (!target) continue;
    all.push_back({.target = *std::move(target), .belongings = {}});
    if (with_belongings) all.back().belongings = TRY(belongings_at(id, at, catalog));
  }
  return all;
}

}  // namespace

std::optional<double> in_currency(const std::optional<money::Change>& change, std::string_view currency) {
  const bool counts = change && (change->currency.empty() || change->currency == currency);
  return counts ? std::optional(change->per_hour) : std::nullopt;
}

std::shared_ptr<const std::vector<money::Price>> MoneyDesk::prices() const {
  return prices_.read([](const auto& held) { return held; });
}

void MoneyDesk::set_effects(decide::VerbEffects effects) {
  auto made = std::make_shared<const decide::VerbEffects>(std::move(effects));
  effects_.write([&](auto& held) { held = std::move(made); });
}

std::shared_ptr<const decide::VerbEffects> MoneyDesk::effects() const {
  return effects_.read([](const auto& held) { return held; });
}

Result<TargetChanges> MoneyDesk::changes_of(const decide::Policy& policy, const std::vector<ResourceId>& targets,
                                            Time now) const {
  TargetChanges changes;
  std::vector<decide::ActionEffect> said = decide::effects_of(policy, *effects());
  std::erase_if(said, [](const decide::ActionEffect& each) { return !each.is_known(); });
  if (said.empty() || targets.empty() || !policy.budget) return changes;
  const catalog::CatalogReader catalog = TRY(parts_.catalog.reader());
  const bool with_belongings = std::ranges::any_of(said, money::reaches_belongings);
  const std::vector<money::ActedOn> acted = TRY(acted_on(targets, with_belongings, now, catalog));
  const auto prices = prices_.read([](const auto& held) { return held; });
  const money::Changes all =
      TRY(money::changes_of(acted, said, {.kinds = catalog.kinds(), .prices = *prices, .sql = parts_.sql, .at = now}));
  for (size_t i = 0; i < acted.size(); ++i) {
    for (size_t j = 0; j < said.size(); ++j) {
      changes[acted[i].target.id][said[j].key()] = in_currency(all[i][j], policy.budget->currency);
    }
  }
  return changes;
}

Status MoneyDesk::add_money(const decide::Policy& policy, decide::Situation& situation) const {
  std::vector<ResourceId> ids;
  for (const decide::Candidate& candidate : situation.candidates) {
    if (candidate.selected) ids.push_back(candidate.resource.id);
  }
  situation.money = TRY(money_of(ids, *policy.budget, situation.now));
  situation.changes = TRY(changes_of(policy, ids, situation.now));
  return {};
}

Result<Json> MoneyDesk::with_money(Json plan, const std::optional<decide::Policy>& policy) const {
  const catalog::CatalogReader catalog = TRY(parts_.catalog.reader());
  const Time made = parse_time(plan["plan"]["created"].string_or_empty()).value_or(parts_.clock.now());
  const auto prices = prices_.read([](const auto& held) { return held; });
  const auto effects = this->effects();
  const money::PriceBook book{.kinds = catalog.kinds(), .prices = *prices, .sql = parts_.sql, .at = made};
  // Actions that are the same are asked about together.
  std::map<std::string, std::pair<decide::ActionEffect, std::vector<Json*>>> same;
  for (Json& run : plan.mutable_members()["actions"].mutable_items()) {
    const std::string& verb = run["action"]["verb"].string_or_empty();
    const Json& given = run["action"]["parameters"];
    const Json parameters = given.is_object() ? given : Json::object();
    auto& [effect, runs] = same[decide::action_key(verb, parameters)];
    effect =
        policy ? decide::effect_of(*policy, verb, parameters, *effects) : decide::effect_of(verb, parameters, *effects);
    runs.push_back(&run);
  }
  std::map<std::string, double> sums;
  for (auto& [key, each] : same) {
    auto& [effect, runs] = each;
    if (!effect.is_known()) continue;
    for (Json* run : runs) {
      const std::vector<money::ActedOn> acted = TRY(
          acted_on({(*run)["action"]["target"].string_or_empty()}, money::reaches_belongings(effect), made, catalog));
      if (acted.empty()) continue;
      const money::Changes changes = TRY(money::changes_of(acted, {&effect, 1}, book));
      const std::optional<money::Change>& change = changes[0][0];
      if (!change || change->currency.empty()) continue;
      sums[change->currency] += change->per_hour;
      run->set("money", Json::object({{"currency", change->currency}, {"per_hour", change->per_hour}}));
    }
  }
  Json::Array all;
  for (const auto& [currency, sum] : sums) all.push_back(Json::object({{"currency", currency}, {"per_hour", sum}}));
  plan.set("money", std::move(all));
  return plan;
}

}  // namespace capstan::loop
