#include "loop/money_desk.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "decide/window.h"
#include "loop/money_parts.h"
#include "loop/money_period.h"

namespace capstan::loop {
namespace {

using money::Interval;
using money::Spans;

// Runs that began before a period, and windows around it, tell why something ran at its edges.
constexpr Duration kAround{15LL * 86'400'000};

bool exists_in(const money::PricedResource& resource, Time from, Time to) {
  return resource.stretches.front().from < to && resource.stretches.back().to > from;
}

// The hours of resources under a policy, worked out once for each text of them.
class Hours {
 public:
  Hours(const ScheduledPolicy& policy, Time from, Time to)
      : policy_(policy), from_(from - kAround), to_(to + kAround) {}

  // nullptr for hours that are not understood.
  const Spans* of(const std::string& text) {
    const auto [found, is_new] = known_.try_emplace(text);
    if (is_new) found->second = read(text);
    return found->second ? &*found->second : nullptr;
  }

 private:
  std::optional<Spans> read(const std::string& text) const {
    if (!policy_.own_hours) return Spans(policy_.schedule.intervals(from_, to_));
    const Result<decide::Schedule> schedule = policy_.ensure.schedule_of(text);
    if (!schedule) return std::nullopt;
    return Spans(schedule->intervals(from_, to_));
  }

  const ScheduledPolicy& policy_;
  Time from_;
  Time to_;
  std::map<std::string, std::optional<Spans>> known_;
};

// When people had a resource kept up, by an override of it or of something that it belongs to.
Spans kept_up(const std::vector<decide::Override>& overrides, std::string_view policy, const ResourceId& id,
              const ResourceId& account) {
  std::vector<Interval> kept;
  for (const decide::Override& each : overrides) {
    if (!each.policy.empty() && each.policy != policy) continue;
    if (!each.resource.empty() && each.resource != id && each.resource != account) continue;
    if (each.state == "down" || each.state == "stopped") continue;
    kept.push_back({each.from, each.until});
  }
  return Spans(std::move(kept));
}

// Measures the resources of one policy.
class PolicyMeasurer {
 public:
  PolicyMeasurer(const ScheduledPolicy& policy, const money::Past::OfPolicy& about, const money::Past& past,
                 Measurement& into)
      : policy_(policy), about_(about), overrides_(past.overrides()), hours_(policy, into.from, into.to), into_(into) {}

  void add(const money::PricedResource& resource, const ResourceId& account, const Spans& observed) {
    const auto about = about_.find(resource.id);
    if (about == about_.end() || !exists_in(resource, into_.from, into_.to)) return;
    const money::Price* price = price_in(resource, into_.from, into_.to);
    if (price == nullptr) {
      ++into_.unpriced[policy_.name];
      return;
    }
    const money::Period period{.bounds = into_.bounds, .observed = observed};
    MeasuredResource measured{.policy = policy_.name,
                              .id = resource.id,
                              .name = resource.name,
                              .account = account,
                              .currency = price->currency,
                              .days = std::vector<money::Savings>(period.days())};
    const Spans kept = kept_up(overrides_, policy_.name, resource.id, account);
    // A policy that was about it within other hours before: each time by its own.
    for (const auto& [hours, when] : by_hours(about->second)) {
      const Spans* known = hours_.of(hours);
      if (known == nullptr) {
        add_problem(fmt::format("the hours '{}' under '{}' are not understood", hours, policy_.name));
        continue;
      }
      money::measure(resource, {.covered = when, .hours = *known, .kept = kept}, period, measured.days);
    }
    into_.resources.push_back(std::move(measured));
  }

 private:
  void add_problem(std::string problem) {
    constexpr size_t kMostProblems = 50;
    if (into_.problems.size() < kMostProblems && std::ranges::find(into_.problems, problem) == into_.problems.end())
      into_.problems.push_back(std::move(problem));
  }

  static std::map<std::string, Spans> by_hours(const std::vector<money::Covered>& all) {
    std::map<std::string, std::vector<Interval>> intervals;
    for (const money::Covered& each : all) intervals[each.hours].push_back(each.when);
    std::map<std::string, Spans> spans;
    for (auto& [hours, when] : intervals) spans.emplace(hours, Spans(std::move(when)));
    return spans;
  }

  const ScheduledPolicy& policy_;
  const money::Past::OfPolicy& about_;
  std::vector<decide::Override> overrides_;
  Hours hours_;
  Measurement& into_;
};

std::string zone_name(const SavingsQuery& query, const MoneyBook::Policies& policies, const money::Past& past) {
  if (!query.zone.empty()) return query.zone;
  for (const ScheduledPolicy& policy : policies) {
    if (!query.policy.empty() && policy.name != query.policy) continue;
    if (!policy.own_hours) {
      if (policy.schedule.has_windows()) return policy.schedule.zone().name();
      continue;
    }
    const auto about = past.coverage().find(policy.name);
    if (about == past.coverage().end() || about->second.empty()) continue;
    const auto schedule = policy.ensure.schedule_of(about->second.begin()->second.back().hours);
    if (schedule) return schedule->zone().name();
  }
  return "UTC";
}

}  // namespace

std::vector<Error> MoneyDesk::load(const std::vector<money::PriceText>& files) {
  const std::lock_guard lock(loading_);
  const std::vector<KindSpec>& kinds = parts_.catalog.kinds();
  money::ReadPrices read = money::read_prices(files, kinds, &parts_.sql);
  std::vector<Error> problems = read.problems;
  std::vector<money::PriceText> in_force;
  for (const money::PriceText& file : files) {
    const bool is_wrong =
        std::ranges::any_of(problems, [&](const Error& problem) { return problem.where.file == file.path; });
    if (!is_wrong)
      in_force.push_back(file);
    else if (const auto known = good_.find(file.path); known != good_.end())
      in_force.push_back({file.path, known->second, file.from_pack});
  }
  if (!problems.empty()) read = money::read_prices(in_force, kinds, &parts_.sql);
  good_.clear();
  for (money::PriceText& file : in_force) good_[file.path] = std::move(file.text);
  auto prices = std::make_shared<const std::vector<money::Price>>(std::move(read.prices));
  prices_.write([&](auto& held) { held = std::move(prices); });
  return problems;
}

Result<money::PricedWorld> MoneyDesk::world(const catalog::CatalogReader& catalog, Time now) const {
  auto prices = prices_.read([](const auto& held) { return held; });
  const std::lock_guard lock(reading_);
  return histories_.read(catalog, parts_.sql, std::move(prices), now);
}

Result<Metering> MoneyDesk::meter(Time from, Time to, const decide::Zone& zone, Time now) const {
  const catalog::CatalogReader catalog = TRY(parts_.catalog.reader());
  const money::PricedWorld world = TRY(this->world(catalog, now));
  const Accounts accounts(TRY(catalog.last_targets(kBelongsTo)));
  const money::Past past = parts_.book.past();
  Watched watched(past, world, now);
  Metering metering{.bounds = money::day_bounds(zone, from, to), .resources = {}, .problems = world.problems};
  for (const money::PricedResource& resource : world.resources) {
    if (!exists_in(resource, from, to)) continue;
    const money::Price* price = price_in(resource, from, to);
    const money::Period period{.bounds = metering.bounds, .observed = watched.of(resource)};
    MeteredResource metered{.id = resource.id,
                            .kind = resource.kind,
                            .name = resource.name,
                            .account = accounts.of(resource.id),
                            .price = price == nullptr ? "" : price->name,
                            .currency = price == nullptr ? "" : price->currency,
                            .days = std::vector<money::Usage>(period.days())};
    money::meter(resource, period, metered.days);
    metering.resources.push_back(std::move(metered));
  }
  return metering;
}

Result<decide::Money> MoneyDesk::money_of(const std::vector<ResourceId>& ids, const decide::Budget& budget,
                                          Time now) const {
  const catalog::CatalogReader catalog = TRY(parts_.catalog.reader());
  const money::PricedWorld world = TRY(this->world(catalog, now));
  const Accounts accounts(TRY(catalog.last_targets(kBelongsTo)));
  const money::Past past = parts_.book.past();
  Watched watched(past, world, now);
  const decide::BudgetPeriods periods = decide::periods_of(budget.zone, now);
  // The month until today, and today; on its first day that alone.
  std::vector<Time> bounds = {periods.month.begin, periods.day.begin, now};
  bounds.erase(std::unique(bounds.begin(), bounds.end()), bounds.end());
  const std::set<ResourceId> asked(ids.begin(), ids.end());
  std::set<ResourceId> mixed;
  decide::Money money;
  for (const money::PricedResource& resource : world.resources) {
    const ResourceId target = accounts.nearest(resource.id, asked);
    const money::Price* price = price_in(resource, bounds.front(), now + Duration(1));
    if (price == nullptr || target.empty()) continue;
    decide::TargetMoney& sum = money[target];
    if (!sum.currency.empty() && sum.currency != price->currency) mixed.insert(target);
    sum.currency = price->currency;
    if (const money::Stretch& last = resource.stretches.back(); last.to >= now && last.price != nullptr) {
      sum.per_hour += money::per_hour(last.cost);
      sum.when_running += money::per_hour(last.base);
    }
    if (!budget.counts_time() || bounds.size() < 2) continue;
    const money::Period period{.bounds = bounds, .observed = watched.of(resource)};
    std::vector<money::Usage> days(period.days());
    money::meter(resource, period, days);
    if (periods.day.begin < now) sum.today += days.back().cost().units();
    for (const money::Usage& each : days) sum.this_month += each.cost().units();
  }
  for (const ResourceId& id : mixed) money.erase(id);
  return money;
}

Result<Measurement> MoneyDesk::measure(const SavingsQuery& query, Time now) const {
  const catalog::CatalogReader catalog = TRY(parts_.catalog.reader());
  const auto policies = parts_.book.policies();
  const money::Past past = parts_.book.past();
  Measurement measured;
  measured.zone = zone_name(query, *policies, past);
  const decide::Zone zone = TRY(during("'zone'", decide::Zone::find(measured.zone)));
  const Interval period = TRY(read_period(query.since, query.until, zone, now));
  measured.from = period.begin;
  measured.to = period.end;
  measured.bounds = money::day_bounds(zone, period.begin, period.end);
  const money::PricedWorld world = TRY(this->world(catalog, now));
  measured.problems = world.problems;
  const Accounts accounts(TRY(catalog.last_targets(kBelongsTo)));
  Watched watched(past, world, now);
  for (const ScheduledPolicy& policy : *policies) {
    const auto about = past.coverage().find(policy.name);
    if ((!query.policy.empty() && policy.name != query.policy) || about == past.coverage().end()) continue;
    PolicyMeasurer measurer(policy, about->second, past, measured);
    for (const money::PricedResource& resource : world.resources) {
      const ResourceId account = accounts.of(resource.id);
      if (!query.account.empty() && account != query.account) continue;
      measurer.add(resource, account, watched.of(resource));
    }
  }
  return measured;
}

Result<std::vector<ComparedCost>> MoneyDesk::compare(const KindSpec& kind, const Versions& real,
                                                     const Versions& would_be, Time from, Time to) const {
  const auto prices = prices_.read([](const auto& held) { return held; });
  money::PricedWorld was = TRY(money::price_versions(kind, real, parts_.sql, prices, to));
  was.scopes = TRY(TRY(parts_.catalog.reader()).scopes(kind.name));
  const money::PricedWorld would = TRY(money::price_versions(kind, would_be, parts_.sql, prices, to));
  const money::Past past = parts_.book.past();
  Watched watched(past, was, to);
  std::map<ResourceId, ComparedCost> compared;
  const auto meter = [&](const money::PricedWorld& world, money::Usage ComparedCost::* side) {
    for (const money::PricedResource& resource : world.resources) {
      const money::Price* price = price_in(resource, from, to);
      if (!exists_in(resource, from, to) || price == nullptr) continue;
      ComparedCost& one = compared[resource.id];
      one.id = resource.id;
      one.name = resource.name;
      one.currency = price->currency;
      const money::Period period{.bounds = {from, to}, .observed = watched.of(resource)};
      money::meter(resource, period, {&(one.*side), 1});
    }
  };
  meter(was, &ComparedCost::real);
  meter(would, &ComparedCost::would_be);
  std::vector<ComparedCost> all;
  for (auto& [id, one] : compared) all.push_back(std::move(one));
  return all;
}

Result<Json> MoneyDesk::savings(const SavingsQuery& query) const {
  const auto policies = parts_.book.policies();
  const auto named = [&](const ScheduledPolicy& policy) { return policy.name == query.policy; };
  if (!query.policy.empty() && std::ranges::none_of(*policies, named))
    return fail(ErrorCode::kNotFound, fmt::format("there is no policy '{}' with a schedule", query.policy));
  return measurement_json(TRY(measure(query, parts_.clock.now())), *policies, query.limit);
}

}  // namespace capstan::loop
