#include "loop/past_money.h"

#include <algorithm>

#include "decide/action_effect.h"
#include "money/changes.h"

namespace capstan::loop {

MeteredPast::MeteredPast(Parts parts) : parts_(std::move(parts)) {
  std::map<std::string, std::vector<const money::Price*>> by_kind;
  for (const money::Price& price : *parts_.prices) by_kind[price.kind].push_back(&price);
  for (const KindSpec& kind : parts_.kinds) {
    if (const auto prices = by_kind.find(kind.name); prices != by_kind.end())
      rows_.try_emplace(kind.name, kind, prices->second);
  }
}

const money::Spans& MeteredPast::observed(const std::string& kind, const ResourceId& id) {
  const auto scope = parts_.scopes.find(id);
  const std::string name = scope == parts_.scopes.end() ? "" : scope->second;
  const auto [found, is_new] = observed_.try_emplace({kind, name});
  if (is_new) found->second = parts_.past.observed(kind, name, parts_.end);
  return found->second;
}

Status MeteredPast::ask() {
  for (auto& [kind, rows] : rows_) TRY(rows.ask(parts_.sql, parts_.end));
  return {};
}

void MeteredPast::note(const ResourceId& id, const foresee::PastKind& kind, const foresee::PastRow* row, Time at) {
  const auto rows = rows_.find(kind.name());
  if (rows == rows_.end() || !status_) return;
  Known& known = known_[id];
  if (known.rows == nullptr) known.observed = &observed(kind.name(), id);
  if (known.is_there) advance(known, at);
  known.rows = &rows->second;
  known.is_there = row != nullptr;
  known.since = at;
  if (row == nullptr) return;
  known.resource = {.id = id, .kind = kind.name(), .name = row->name, .labels = row->labels, .fields = Json::object()};
  for (size_t i = 0; i < row->values.size(); ++i)
    money::set_column(known.resource.fields, rows->second.kind(), kind.columns()[i].name, row->values[i]);
  known.row = rows->second.row_of(known.resource);
}

void MeteredPast::advance(Known& known, Time to) {
  if (status_) status_ = ask();
  if (!status_) return;
  while (known.since < to) {
    const decide::BudgetPeriods periods = decide::periods_of(parts_.zone, known.since);
    Time edge = std::min(to, periods.day.end);
    for (const money::Price* price : known.rows->prices()) {
      if (price->from && known.since < *price->from) edge = std::min(edge, *price->from);
    }
    if (known.is_there) meter(known, known.since, edge);
    if (edge == periods.day.end) known.today = {};
    if (edge == periods.month.end) known.this_month = {};
    known.since = edge;
  }
}

void MeteredPast::meter(Known& known, Time from, Time to) {
  const money::RowPrices::Verdict* verdict = known.rows->at(known.row, from);
  if (verdict == nullptr) return;
  if (verdict->running) known.last_ran = verdict->run;
  for (const money::Interval& each : known.observed->intervals()) {
    const Time begin = std::max(each.begin, from), end = std::min(each.end, to);
    if (begin >= end) continue;
    known.today += money::Amount::of(verdict->cost(), end - begin);
    known.this_month += money::Amount::of(verdict->cost(), end - begin);
  }
}

Status MeteredPast::add_target(const ResourceId& target, const std::set<ResourceId>& asked,
                               const foresee::PastWorld& world, decide::Situation& situation) {
  decide::TargetMoney sum;
  bool is_mixed = false;
  const auto add = [&](const ResourceId& id) {
    const auto found = known_.find(id);
    if (found == known_.end()) return;
    Known& known = found->second;
    advance(known, situation.now);
    if (!known.is_there) return;
    const money::RowPrices::Verdict* verdict = known.rows->at(known.row, situation.now);
    if (verdict == nullptr) return;
    is_mixed |= !sum.currency.empty() && sum.currency != verdict->price->currency;
    sum.currency = verdict->price->currency;
    sum.per_hour += money::per_hour(verdict->cost());
    sum.when_running += money::per_hour(verdict->running ? verdict->run : known.last_ran.value_or(verdict->run));
    sum.today += known.today.units();
    sum.this_month += known.this_month.units();
  };
  add(target);
  for (const Resource& each : world.belongings_of(target)) {
    if (asked.contains(each.id)) continue;
    const std::vector<ResourceId> owners = world.owners_of(each.id);
    const auto nearest = std::ranges::find_if(owners, [&](const ResourceId& owner) { return asked.contains(owner); });
    if (nearest != owners.end() && *nearest == target) add(each.id);
  }
  if (!sum.currency.empty() && !is_mixed) situation.money[target] = sum;
  return status_;
}

Status MeteredPast::add_changes(const decide::Policy& policy, const std::set<ResourceId>& asked,
                                const foresee::PastWorld& world, decide::Situation& situation) {
  std::vector<decide::ActionEffect> said = decide::effects_of(policy, parts_.effects);
  std::erase_if(said, [](const decide::ActionEffect& each) { return !each.is_known(); });
  if (said.empty()) return {};
  const bool with_belongings = std::ranges::any_of(said, money::reaches_belongings);
  std::vector<money::ActedOn> acted;
  for (const ResourceId& id : asked) {
    const auto known = known_.find(id);
    if (known == known_.end()) {
      const auto target = TRY(world.find(id));
      if (!target) continue;
      acted.push_back({.target = *target, .belongings = {}});
    } else {
      acted.push_back({.target = known->second.resource, .belongings = {}});
    }
    if (!with_belongings) continue;
    for (const Resource& each : world.belongings_of(id)) {
      const auto its = known_.find(each.id);
      acted.back().belongings.push_back(its == known_.end() ? each : its->second.resource);
    }
  }
  const money::Changes all = TRY(money::changes_of(
      acted, said, {.kinds = parts_.kinds, .prices = *parts_.prices, .sql = parts_.sql, .at = situation.now}));
  for (size_t i = 0; i < acted.size(); ++i) {
    for (size_t j = 0; j < said.size(); ++j)
      situation.changes[acted[i].target.id][said[j].key()] = in_currency(all[i][j], policy.budget->currency);
  }
  return {};
}

Status MeteredPast::add_money(const decide::Policy& policy, const foresee::PastWorld& world,
                              decide::Situation& situation) {
  TRY(Status(status_));
  TRY(ask());
  std::set<ResourceId> asked;
  for (const decide::Candidate& candidate : situation.candidates) {
    if (candidate.selected) asked.insert(candidate.resource.id);
  }
  for (const ResourceId& id : asked) TRY(add_target(id, asked, world, situation));
  return add_changes(policy, asked, world, situation);
}

}  // namespace capstan::loop
