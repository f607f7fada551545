#include "decide/budget.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "decide/money_sum.h"

namespace capstan::decide {
namespace {

double hours(Duration time) { return to_seconds(time) / 3600; }

Duration left_of(const Interval& period, Time now, const RunningTime& running) {
  const Time hours_hold = running.kept_until ? std::clamp(*running.kept_until, now, period.end) : now;
  Duration left = running.kept_up ? hours_hold - now : Duration(0);
  if (!running.hours || running.hours->always()) return left + (period.end - hours_hold);
  for (const Interval& each : running.hours->intervals(hours_hold, period.end)) left += each.end - each.begin;
  return left;
}

std::string sum_text(double amount, std::string_view currency) { return fmt::format("{:.2f} {}", amount, currency); }

}  // namespace

std::optional<Budget> read_budget(const ConfigNode& node, const std::optional<Zone>& zone,
                                  std::vector<Error>& problems) {
  MapReader reader(node, "'budget'");
  Budget budget;
  budget.zone = zone.value_or(Zone());
  const auto read = [&](std::string_view key, std::optional<double>& into) {
    const ConfigNode* value = reader.node(key);
    if (!value) return;
    const Result<MoneySum> sum = parse_sum(value->scalar);
    if (!sum) return reader.problem(*value, fmt::format("'{}': {}", key, sum.error().message));
    if (!budget.currency.empty() && budget.currency != sum->currency)
      return reader.problem(*value, fmt::format("'{}' is in {}, and the budget in {}: they cannot be added up", key,
                                                sum->currency, budget.currency));
    budget.currency = sum->currency;
    into = sum->amount;
  };
  read("per_hour", budget.per_hour);
  read("per_day", budget.per_day);
  read("per_month", budget.per_month);
  std::vector<Error> found = reader.problems();
  if (found.empty() && !budget.per_hour && !budget.counts_time()) {
    found.push_back(
        {ErrorCode::kInvalidArgument, "'budget' needs per_hour, per_day or per_month, like 20 USD", node.where});
  }
  const bool is_good = found.empty();
  std::ranges::move(found, std::back_inserter(problems));
  return is_good ? std::optional(budget) : std::nullopt;
}

BudgetPeriods periods_of(const Zone& zone, Time now) {
  using std::chrono::days;
  const auto today = std::chrono::floor<days>(zone.local(now));
  const std::chrono::year_month_day date(today);
  const auto first = std::chrono::local_days(date.year() / date.month() / 1);
  const auto next = std::chrono::local_days((date.year() / date.month() + std::chrono::months(1)) / 1);
  return {.day = {zone.instant(LocalTime(today)), zone.instant(LocalTime(today + days(1)))},
          .month = {zone.instant(LocalTime(first)), zone.instant(LocalTime(next))}};
}

bool may_cost(std::string_view verb) {
  constexpr auto kBeginnings = std::to_array<std::string_view>(
      {"start", "resume", "create", "issue", "scale", "launch", "run", "add", "resize", "provision", "order", "boot"});
  const std::string_view last = verb.substr(verb.rfind('.') + 1);
  return std::ranges::any_of(kBeginnings, [&](std::string_view each) {
    // "run_script" runs something on what is there.
    return last.starts_with(each) && last != "run_script";
  });
}

std::optional<double> cost_of(std::string_view verb, const TargetMoney& money, std::optional<double> number,
                              std::optional<double> is) {
  if (money.currency.empty()) return std::nullopt;
  const std::string_view last = verb.substr(verb.rfind('.') + 1);
  if (last.starts_with("start") || last.starts_with("resume") || last.starts_with("boot"))
    return std::max(0.0, money.when_running - money.per_hour);
  // What each of so many costs; of none that is not known.
  if (!number || !is) return std::nullopt;
  if (*number <= *is) return 0;
  if (*is <= 0) return std::nullopt;
  return money.per_hour / *is * (*number - *is);
}

BudgetSum::Sums BudgetSum::of(double per_hour, const RunningTime& running) const {
  Sums sums{.hour = per_hour};
  if (budget_.per_day) sums.day = per_hour * hours(left_of(periods_.day, now_, running));
  if (budget_.per_month) sums.month = per_hour * hours(left_of(periods_.month, now_, running));
  return sums;
}

void BudgetSum::add(const TargetMoney& money, const RunningTime& running) {
  force(money.per_hour, running);
  sums_.day += money.today;
  sums_.month += money.this_month;
}

void BudgetSum::force(double more, const RunningTime& running) {
  const Sums added = of(more, running);
  sums_.hour += added.hour;
  sums_.day += added.day;
  sums_.month += added.month;
}

Words BudgetSum::take(double more, const RunningTime& running) {
  constexpr double kRounding = 1e-9;
  const Sums added = of(more, running);
  const auto passes = [&](const std::optional<double>& limit, double is, double plus, std::string_view per) -> Words {
    if (!limit || plus <= 0 || is + plus <= *limit + kRounding) return {};
    return Words::phrase("budget.over", {{"limit", sum_text(*limit, budget_.currency)},
                                         {"per", Words::phrase(per)},
                                         {"without", sum_text(is, budget_.currency)},
                                         {"with", sum_text(is + plus, budget_.currency)}});
  };
  Words why = passes(budget_.per_hour, sums_.hour, added.hour, "budget.hour");
  if (why.empty()) why = passes(budget_.per_day, sums_.day, added.day, "budget.day");
  if (why.empty()) why = passes(budget_.per_month, sums_.month, added.month, "budget.month");
  if (why.empty()) force(more, running);
  return why;
}

}  // namespace capstan::decide
