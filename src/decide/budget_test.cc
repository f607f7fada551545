#include "decide/budget.h"

#include <gtest/gtest.h>

namespace capstan::decide {
namespace {

Time at(std::string_view text) { return parse_time(text).value(); }

std::string mistake(const std::string& yaml) {
  std::vector<Error> problems;
  const auto budget = read_budget(parse_yaml(yaml, "p.yaml").value().front(), std::nullopt, problems);
  EXPECT_EQ(budget.has_value(), problems.empty());
  return problems.empty() ? "none" : problems.front().to_string();
}

TEST(Budget, ReadsSumsOfOneCurrency) {
  std::vector<Error> problems;
  const auto budget =
      read_budget(parse_yaml("{ per_hour: 20 USD, per_month: 4000.50 USD }", "p.yaml").value().front(), {}, problems);
  ASSERT_TRUE(budget) << problems.front().to_string();
  EXPECT_EQ(budget->currency, "USD");
  EXPECT_EQ(budget->per_hour, 20);
  EXPECT_EQ(budget->per_day, std::nullopt);
  EXPECT_EQ(budget->per_month, 4000.5);
  for (const char* wrong : {"20", "USD 20", "20 usd", "-1 USD", "nan USD", "inf USD", "1e13 USD", "20 USD a", "20 US"})
    EXPECT_EQ(mistake(std::string("per_hour: ") + wrong),
              std::string("p.yaml:1:11: 'per_hour': '") + wrong + "' is no sum of money, like 20 USD");
  EXPECT_NE(mistake("{ per_hour: 1 USD, per_week: 1 USD }").find("per_week"), std::string::npos);
}

TEST(Budget, BeginsDaysAndMonthsByItsOwnClock) {
  const Zone seoul = Zone::find("Asia/Seoul").value();
  const BudgetPeriods periods = periods_of(seoul, at("2026-12-31T20:00:00Z"));
  EXPECT_EQ(periods.day.begin, at("2027-01-01T00:00:00+09:00"));
  EXPECT_EQ(periods.day.end, at("2027-01-02T00:00:00+09:00"));
  EXPECT_EQ(periods.month.begin, at("2027-01-01T00:00:00+09:00"));
  EXPECT_EQ(periods.month.end, at("2027-02-01T00:00:00+09:00"));
  // A day of 23 hours.
  const BudgetPeriods spring = periods_of(Zone::find("Europe/Berlin").value(), at("2026-03-29T12:00:00Z"));
  EXPECT_EQ(spring.day.end - spring.day.begin, std::chrono::hours(23));
}

TEST(Budget, KnowsWhatAnActionAddsOnlyWhereItCanBeKnown) {
  const TargetMoney stopped{.currency = "USD", .per_hour = 0.1, .when_running = 2.1};
  EXPECT_DOUBLE_EQ(cost_of("aws.start_instance", stopped, {}, {}).value(), 2.0);
  const TargetMoney two{.currency = "USD", .per_hour = 4, .when_running = 4};
  EXPECT_EQ(cost_of("k8s.scale", two, 5, 2), 6);
  EXPECT_EQ(cost_of("k8s.scale", two, 1, 2), 0);
  EXPECT_EQ(cost_of("k8s.scale", stopped, 3, 0), std::nullopt) << "nobody knows what the first one costs";
  EXPECT_EQ(cost_of("mcm.create_cluster", two, {}, {}), std::nullopt);
  EXPECT_EQ(cost_of("aws.start_instance", {}, {}, {}), std::nullopt);
  EXPECT_TRUE(may_cost("aws.start_instance"));
  EXPECT_FALSE(may_cost("aws.stop_instance"));
  EXPECT_FALSE(may_cost("host.run_script"));
}

TEST(Budget, BearsWhatDoesNotPassItToTheLastCent) {
  const Budget budget{.currency = "USD", .per_hour = 1.0, .per_day = {}, .per_month = {}, .zone = Zone()};
  BudgetSum sum(budget, at("2026-01-08T10:00:00Z"));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(sum.take(0.1, {}), "");
  EXPECT_EQ(sum.take(0.01, {}), "over the budget of 1.00 USD an hour: 1.00 USD without it, 1.01 USD with it");
  EXPECT_EQ(sum.take(0, {}), "") << "what costs nothing is always borne";
}

TEST(Budget, CountsOfADayWhatWasSpentAndWhatIsLeft) {
  const Budget budget{.currency = "USD", .per_hour = {}, .per_day = 30.0, .per_month = {}, .zone = Zone()};
  BudgetSum sum(budget, at("2026-01-08T20:00:00Z"));
  sum.add({.currency = "USD", .per_hour = 1, .when_running = 1, .today = 20, .this_month = 20}, {});
  EXPECT_EQ(sum.take(2, {}), "over the budget of 30.00 USD a day: 24.00 USD without it, 32.00 USD with it");
  Schedule one_hour;
  one_hour.add(Window::parse("daily 20:00-21:00 UTC", std::nullopt).value());
  EXPECT_EQ(sum.take(2, {.hours = one_hour}), "");
}

TEST(Budget, CountsWhatAPersonKeepsUpOutsideOfItsHours) {
  const Budget budget{.currency = "USD", .per_hour = {}, .per_day = 20.0, .per_month = {}, .zone = Zone()};
  const Time now = at("2026-01-08T20:00:00Z");
  Schedule day;
  day.add(Window::parse("daily 09:00-18:00 UTC", std::nullopt).value());
  const auto why = [&](const RunningTime& running) { return BudgetSum(budget, now).take(7, running).text; };
  EXPECT_EQ(why({.hours = day}), "") << "not until tomorrow";
  const Time until = now + std::chrono::hours(3);
  EXPECT_EQ(why({.hours = day, .kept_until = until, .kept_up = true}),
            "over the budget of 20.00 USD a day: 0.00 USD without it, 21.00 USD with it");
  EXPECT_EQ(why({.kept_until = until, .kept_up = false}), "") << "one hour is left";
  EXPECT_NE(why({.kept_until = now + std::chrono::hours(30), .kept_up = true}), "") << "no longer than the day";
}

}  // namespace
}  // namespace capstan::decide
