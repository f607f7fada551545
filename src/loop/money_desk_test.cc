// Four weeks of forty-five accounts in Seoul: what was planned, what was saved, and what explains the difference.
#include "loop/money_desk.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/file.h"
#include "catalog/sql_engine.h"
#include "catalog/test_catalog.h"
#include "decide/action_effect.h"
#include "loop/money_table.h"
#include "loop/plan_money.h"

namespace capstan::loop {
namespace {

using catalog::must;
using testing::HasSubstr;

constexpr Duration kMinute{60'000};
constexpr Duration kHour = 60 * kMinute;
constexpr Duration kDay = 24 * kHour;
constexpr int kAccounts = 45;
constexpr int kItems = 2;  // Of each account.

constexpr std::string_view kKinds = R"(
kind: trial_account
columns: { mail: { type: text } }
---
kind: modeler_item
columns: { status: { type: text } }
)";

constexpr std::string_view kPrices = R"(
price: modeler-items
currency: USD
of: { kind: modeler_item }
while: "status = 'RUNNING'"
per_hour: 0.48
stopped: { per_hour: 0.03 }
)";

class MoneyDeskTest : public catalog::CatalogFixture {
 protected:
  MoneyDeskTest() : monday_(*parse_time("2026-11-02T00:00:00+09:00")), clock_(monday_ + 28 * kDay) {
    open(kKinds);
    sql_ = std::make_unique<catalog::SqlEngine>(catalog(), clock_);
    desk_ = std::make_unique<MoneyDesk>(
        MoneyDesk::Parts{.clock = clock_, .catalog = catalog(), .sql = *sql_, .book = book_});
    EXPECT_TRUE(desk_->load({{"prices.yaml", std::string(kPrices), true}}).empty());
    decide::Schedule schedule;
    schedule.add(must(decide::Window::parse("Mon-Fri 09:00-18:00 Asia/Seoul", std::nullopt)));
    book_.set_policies({{.name = "core-time", .help = "", .schedule = schedule, .says = schedule.describe()}});
  }

  static std::string item(int account, int number) { return fmt::format("modeler_item/{:02}-{}", account, number); }

  // All items are seen to be so.
  void all_are(std::string_view status, Time at) {
    Observation seen{.scope = "service:modeler/modeler_item", .at = at, .resources = {}, .departures = {}};
    for (int account = 1; account <= kAccounts; ++account) {
      for (int number = 0; number < kItems; ++number) one_is(seen, item(account, number), status);
    }
    look(seen);
  }
  static void one_is(Observation& seen, const std::string& id, std::string_view status) {
    seen.resources.push_back({.id = id,
                              .kind = "modeler_item",
                              .name = id.substr(13),
                              .labels = {},
                              .fields = Json::object({{"status", status}})});
  }
  void is(const std::string& id, std::string_view status, Time at) {
    Observation seen{.scope = "service:modeler/modeler_item", .at = at, .resources = {}, .departures = {}};
    one_is(seen, id, status);
    look(seen);
  }
  void belongs_to_accounts(Time at) {
    Observation seen{.scope = "records", .at = at, .resources = {}, .departures = {}};
    for (int account = 1; account <= kAccounts; ++account) {
      const ResourceId owner = fmt::format("trial_account/user{:02}", account);
      seen.resources.push_back(
          {.id = owner, .kind = "trial_account", .name = owner.substr(14), .labels = {}, .fields = Json::object()});
      for (int number = 0; number < kItems; ++number)
        seen.relations.push_back({.source = item(account, number), .kind = "belongs_to", .target = owner});
    }
    look(seen);
  }
  void tell(const NewFact& fact) {
    book_.apply({.seq = ++told_, .at = fact.at, .kind = fact.kind, .subject = fact.subject, .body = fact.body});
  }
  void covers_all(Time at) {
    std::map<ResourceId, std::string> about;
    for (int account = 1; account <= kAccounts; ++account) {
      for (int number = 0; number < kItems; ++number) about.emplace(item(account, number), "");
    }
    for (const NewFact& fact : book_.cover("core-time", about, at)) tell(fact);
  }

  // Every weekday they begin to start at ten to nine and are seen to be stopped at two past six.
  void four_weeks() {
    all_are("STOPPED", monday_);
    belongs_to_accounts(monday_);
    covers_all(monday_);
    for (int day = 0; day < 28; ++day) {
      if (day % 7 > 4) continue;
      all_are("RUNNING", monday_ + day * kDay + 9 * kHour - 10 * kMinute);
      all_are("STOPPED", monday_ + day * kDay + 18 * kHour + 2 * kMinute);
    }
  }
  Json savings(std::string since = "2026-11-02") {
    SavingsQuery query;
    query.since = std::move(since);
    return must(desk_->savings(query));
  }
  static double why(const Json& figures, std::string_view what, std::string_view unit) {
    for (const Json& each : figures["why"].items()) {
      if (each["what"].string_or_empty() == what) return each[unit].number_or(0);
    }
    return 0;
  }

  Time monday_;
  VirtualClock clock_;
  std::unique_ptr<catalog::SqlEngine> sql_;
  MoneyBook book_;
  std::unique_ptr<MoneyDesk> desk_;
  Seq told_ = 0;
};

TEST_F(MoneyDeskTest, FortyFiveHoursOf168ArePlannedAndTheDifferenceToWhatWasSavedIsExplained) {
  four_weeks();
  const Json answer = savings();
  EXPECT_EQ(answer["zone"].string_or_empty(), "Asia/Seoul");
  ASSERT_EQ(answer["policies"].items().size(), 1u);
  const Json& policy = answer["policies"].items()[0];
  EXPECT_EQ(policy["policy"].string_or_empty(), "core-time");
  EXPECT_EQ(policy["hours"].string_or_empty(), "Mon-Fri 09:00-18:00");

  // By hand: of each week's 168 hours 45 are planned, and 20 x 12 minutes more ran in four weeks.
  const double items = kAccounts * kItems, existing = items * 4 * 168, ran = items * (4 * 45 + 20 * 0.2);
  EXPECT_NEAR(policy["baseline"]["hours"].number_or(0), existing, 1e-6);
  EXPECT_DOUBLE_EQ(policy["planned_hours_share"].number_or(0), 123.0 / 168);
  EXPECT_NEAR(policy["planned_hours_share"].number_or(0), 0.732, 0.0005);
  EXPECT_NEAR(policy["running"]["hours"].number_or(0), ran, 1e-6);
  const double cost = ran * 0.48 + (existing - ran) * 0.03, saved = existing * 0.48 - cost;
  EXPECT_NEAR(policy["cost"].number_or(0), cost, 1e-6);
  EXPECT_NEAR(policy["real"]["money"].number_or(0), saved, 1e-6);
  EXPECT_NEAR(policy["real_money_share"].number_or(0), 0.68, 0.001);

  EXPECT_NEAR(why(policy, "start_up", "hours"), items * 20 / 6, 1e-6);
  EXPECT_NEAR(why(policy, "late", "hours"), items * 20 * 2 / 60, 1e-6);
  EXPECT_NEAR(why(policy, "unstoppable", "money"), (existing - ran) * 0.03, 1e-6);
  double explained = 0;
  for (const Json& each : policy["why"].items()) explained += each["money"].number_or(0);
  EXPECT_NEAR(policy["planned"]["money"].number_or(0) - policy["real"]["money"].number_or(0), explained, 1e-9 * cost);

  EXPECT_EQ(answer["accounts"].items().size(), static_cast<size_t>(kAccounts));
  EXPECT_EQ(answer["accounts"].items()[0]["account"].string_or_empty(), "trial_account/user01");
  EXPECT_EQ(answer["days"].items().size(), 28u);
}

TEST_F(MoneyDeskTest, WhatAPersonKeptUpAndWhatSomebodyStartedAtNightAreToldApart) {
  four_weeks();
  const Time tuesday = monday_ + 8 * kDay;
  // Kept up until ten in the evening, of one item; another is started at two at night and stopped an hour later.
  is(item(1, 0), "RUNNING", tuesday + 19 * kHour);
  is(item(1, 0), "STOPPED", tuesday + 22 * kHour);
  tell(must(decide::set_override({.policy = "core-time",
                                  .resource = item(1, 0),
                                  .state = "running",
                                  .until = tuesday + 22 * kHour,
                                  .by = "user:bob"},
                                 tuesday + 19 * kHour)));
  const Json before = savings("2026-11-10");
  EXPECT_NEAR(why(before["totals"].items()[0], "kept", "hours"), 3, 1e-9);
  EXPECT_NEAR(why(before["totals"].items()[0], "restarted", "hours"), 0, 1e-9);
  is(item(2, 0), "RUNNING", monday_ + 27 * kDay + 2 * kHour);
  is(item(2, 0), "STOPPED", monday_ + 27 * kDay + 3 * kHour);
  const Json after = savings("2026-11-10");
  EXPECT_NEAR(why(after["totals"].items()[0], "restarted", "hours"), 1, 1e-9);
  EXPECT_NEAR(why(after["totals"].items()[0], "restarted", "money"), 0.48, 1e-9);
}

TEST_F(MoneyDeskTest, TimeInWhichCapstanWasDownIsCountedAsUnobserved) {
  tell({.at = monday_, .kind = std::string(fact_kind::kStarted), .subject = "capstan", .body = Json::object()});
  four_weeks();
  const Time sunday = monday_ + 6 * kDay;
  tell({.at = sunday, .kind = std::string(fact_kind::kStopped), .subject = "capstan", .body = Json::object()});
  tell({.at = sunday + 3 * kHour,
        .kind = std::string(fact_kind::kStarted),
        .subject = "capstan",
        .body = Json::object()});
  const Json answer = savings();
  const Json& total = answer["totals"].items()[0];
  const double items = kAccounts * kItems;
  EXPECT_NEAR(total["unobserved"]["hours"].number_or(0), items * 3, 1e-6);
  EXPECT_NEAR(why(total, "unobserved", "money"), items * 3 * 0.48, 1e-6);
  // Nothing of it is in the cost: neither as running nor as storage.
  const double ran = items * (4 * 45 + 20 * 0.2), existing = items * 4 * 168;
  EXPECT_NEAR(total["cost"].number_or(0), ran * 0.48 + (existing - ran - items * 3) * 0.03, 1e-6);
}

TEST_F(MoneyDeskTest, ReportsJoinCostsInSql) {
  four_weeks();
  const CostFunction cost(*desk_, false), by_day(*desk_, true);
  const SavingsFunction saved(*desk_);
  catalog::SqlEngine engine(catalog(), clock_);
  must(engine.add(cost));
  must(engine.add(by_day));
  must(engine.add(saved));
  const auto ask = [&](std::string_view text) { return must(engine.query(text, clock_.now(), {})).rows; };
  const auto rows =
      ask("SELECT account, count(*), round(sum(hours_running), 4), round(sum(cost), 4) FROM "
          "cost('2026-11-02', '', 'Asia/Seoul') GROUP BY account ORDER BY account LIMIT 1");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(to_text(rows[0][0]), "trial_account/user01");
  EXPECT_EQ(to_text(rows[0][1]), "2");
  EXPECT_EQ(to_text(rows[0][2]), "368");
  const auto days =
      ask("SELECT day, round(sum(hours_running), 4) FROM cost_by_day('28d', '', 'Asia/Seoul') "
          "WHERE resource = 'modeler_item/01-0' GROUP BY day ORDER BY day LIMIT 1");
  EXPECT_EQ(to_text(days[0][0]), "2026-11-02");
  EXPECT_EQ(to_text(days[0][1]), "9.2");
  EXPECT_EQ(to_text(ask("SELECT round(sum(planned_hours) / sum(hours_existing), 6) FROM savings('28d')")[0][0]),
            "0.732143");
  const auto refused = engine.query("SELECT * FROM cost('soon')", clock_.now(), {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("'since' must be a span such as 30d"));
}

TEST_F(MoneyDeskTest, APlanSaysWhatItsActionsChangeAnHour) {
  four_weeks();
  is(item(1, 0), "RUNNING", clock_.now() - kHour);
  const auto action = [](std::string_view verb, const std::string& target) {
    return Json::object({{"action", Json::object({{"verb", verb}, {"target", target}})}});
  };
  desk_->set_effects({{"modeler.stop", {.is_said = true, .sets = {{"status", "STOPPED"}}}},
                      {"modeler.delete_item", VerbEffect::removal()},
                      {"modeler.delete_account", VerbEffect::removal()},
                      {"modeler.stop_slowly", {}}});
  const Json plan = must(desk_->with_money(
      Json::object(
          {{"plan", Json::object({{"created", format_time(clock_.now())}})},
           {"actions", Json::array({action("modeler.stop", item(1, 0)), action("modeler.stop", item(1, 1)),
                                    action("modeler.rename", item(1, 0)), action("modeler.delete_item", item(2, 0)),
                                    action("modeler.delete_account", "trial_account/user01"),
                                    action("modeler.stop_slowly", item(1, 0))})}}),
      std::nullopt));
  EXPECT_DOUBLE_EQ(plan["actions"].items()[0]["money"]["per_hour"].number_or(0), -0.45);
  EXPECT_DOUBLE_EQ(plan["actions"].items()[1]["money"]["per_hour"].number_or(1), 0);
  EXPECT_TRUE(plan["actions"].items()[2]["money"].is_null());
  EXPECT_DOUBLE_EQ(plan["actions"].items()[3]["money"]["per_hour"].number_or(0), -0.03);
  EXPECT_DOUBLE_EQ(plan["actions"].items()[4]["money"]["per_hour"].number_or(0), -0.51) << "with what belongs to it";
  EXPECT_TRUE(plan["actions"].items()[5]["money"].is_null()) << "a name says nothing";
  EXPECT_DOUBLE_EQ(plan["money"].items()[0]["per_hour"].number_or(0), -0.99);
}

TEST_F(MoneyDeskTest, AListOfPlansSaysTheSameMoneyAsEachPlan) {
  four_weeks();
  is(item(1, 0), "RUNNING", clock_.now() - kHour);
  desk_->set_effects({{"modeler.stop", {.is_said = true, .sets = {{"status", "STOPPED"}}}}});
  const auto plan = [&](const char* id, Json finished) {
    const Json stop = Json::object({{"verb", "modeler.stop"}, {"target", item(1, 0)}, {"parameters", Json::object()}});
    return Json::object(
        {{"plan", Json::object({{"id", id}, {"origin", "policy:night"}, {"created", format_time(clock_.now())}})},
         {"finished", std::move(finished)},
         {"actions", Json::array({Json::object({{"action", stop}})})}});
  };
  const PlanMoney money(desk_.get());
  int asked = 0;
  const PlanMoney::FindPolicy none = [&](const std::string& name) -> std::optional<decide::Policy> {
    EXPECT_EQ(name, "night");
    ++asked;
    return std::nullopt;
  };
  Json list = Json::array({plan("plan-open", Json()), plan("plan-ended", format_time(clock_.now()))});
  for (int round = 0; round < 2; ++round) {
    money.add_sums(list, none);
    for (const Json& status : list.items()) {
      EXPECT_EQ(status["money"], money.priced(plan("p", Json()), std::optional<decide::Policy>())["money"]);
      EXPECT_DOUBLE_EQ(status["money"].items().at(0)["per_hour"].number_or(0), -0.45);
    }
  }
  EXPECT_EQ(asked, 3) << "what has ended is worked out once";
}

TEST_F(MoneyDeskTest, KnowsWhatTargetsCostWithWhatBelongsToThemForABudget) {
  four_weeks();
  const Time now = clock_.now();
  is(item(1, 0), "RUNNING", now - kHour);
  decide::Budget budget{.currency = "USD", .per_hour = {}, .per_day = 1.0, .per_month = {}};
  budget.zone = must(decide::Zone::find("Asia/Seoul"));
  // At midnight a day begins, of which nothing was spent.
  const decide::Money items = must(desk_->money_of({item(1, 0), item(1, 1)}, budget, now));
  ASSERT_EQ(items.size(), 2u);
  const decide::TargetMoney& running = items.at(item(1, 0));
  EXPECT_EQ(running.currency, "USD");
  EXPECT_DOUBLE_EQ(running.per_hour, 0.48);
  EXPECT_DOUBLE_EQ(running.when_running, 0.48);
  EXPECT_DOUBLE_EQ(items.at(item(1, 1)).per_hour, 0.03);
  EXPECT_DOUBLE_EQ(items.at(item(1, 1)).when_running, 0.48);
  EXPECT_EQ(running.today, 0);
  EXPECT_GT(running.this_month, 0.48);
  const decide::TargetMoney account =
      must(desk_->money_of({"trial_account/user01"}, budget, now)).at("trial_account/user01");
  EXPECT_DOUBLE_EQ(account.per_hour, 0.51);
  EXPECT_DOUBLE_EQ(account.when_running, 0.96);
  EXPECT_DOUBLE_EQ(account.this_month, running.this_month + items.at(item(1, 1)).this_month);
  EXPECT_TRUE(must(desk_->money_of({"modeler_item/none"}, budget, now)).empty());
}

TEST_F(MoneyDeskTest, SaysWhatTheActionsOfAPolicyWithABudgetWouldChange) {
  four_weeks();
  is(item(1, 0), "RUNNING", clock_.now() - kHour);
  desk_->set_effects(
      {{"modeler.stop", {.is_said = true, .sets = {{"status", "STOPPED"}}}},
       {"modeler.start", {.is_said = true, .sets = {{"status", "RUNNING"}}}},
       {"modeler.start_all", {.is_said = true, .with_it = {{"modeler_item", {{"status", "RUNNING"}}}}}}});
  decide::Policy policy;
  policy.budget = decide::Budget{.currency = "USD", .per_hour = 1.0, .per_day = {}, .per_month = {}};
  for (const char* verb : {"modeler.stop", "modeler.start", "modeler.start_all", "modeler.rename"})
    policy.steps.push_back({.verb = verb});
  const TargetChanges changes =
      must(desk_->changes_of(policy, {item(1, 0), item(1, 1), "trial_account/user01"}, clock_.now()));
  const auto change = [&](const ResourceId& id, std::string_view verb) {
    const auto found = changes.at(id).find(decide::action_key(verb, Json::object()));
    return found == changes.at(id).end() ? "none" : found->second ? fmt::format("{:.2f}", *found->second) : "not known";
  };
  EXPECT_EQ(change(item(1, 0), "modeler.stop"), "-0.45");
  EXPECT_EQ(change(item(1, 0), "modeler.start"), "0.00");
  EXPECT_EQ(change(item(1, 1), "modeler.start"), "0.45");
  EXPECT_EQ(change("trial_account/user01", "modeler.start_all"), "0.45") << "one of its two runs already";
  EXPECT_EQ(change("trial_account/user01", "modeler.start"), "not known") << "an account itself has no price";
  EXPECT_EQ(change(item(1, 0), "modeler.rename"), "none") << "it does not say what it leaves behind";
}

TEST_F(MoneyDeskTest, APriceFileWithAMistakeKeepsItsLastGoodVersion) {
  four_weeks();
  const auto problems = desk_->load({{"prices.yaml", "price: modeler-items\ncurrency: usd\n", true}});
  ASSERT_FALSE(problems.empty());
  EXPECT_EQ(problems[0].where.file, "prices.yaml");
  EXPECT_GT(savings()["totals"].items()[0]["cost"].number_or(0), 0);
}

// The pack's own prices and kinds.
class TrialPricesTest : public catalog::CatalogFixture {};

TEST_F(TrialPricesTest, TheExampleOfThePackPricesClustersAndItems) {
  const std::string pack = std::string(CAPSTAN_SOURCE_DIR) + "/packs/trial-accounts/";
  open(must(read_file(pack + "kinds.yaml")));
  const VirtualClock clock(catalog::at_second(3600));
  const catalog::SqlEngine sql(catalog(), clock);
  const MoneyBook book;
  MoneyDesk desk({.clock = clock, .catalog = catalog(), .sql = sql, .book = book});
  for (const Error& problem : desk.load({{"prices.yaml", must(read_file(pack + "prices.yaml")), true}}))
    ADD_FAILURE() << problem.to_string();
  look({.scope = "service:x",
        .at = catalog::at_second(0),
        .resources = {{.id = "mcm_cluster/c",
                       .kind = "mcm_cluster",
                       .name = "c",
                       .labels = {},
                       .fields = Json::object(
                           {{"status", "RUNNING"}, {"instance_type", "m5.xlarge"}, {"nodes", 2}, {"spot", true}})},
                      {.id = "modeler_item/w",
                       .kind = "modeler_item",
                       .name = "w",
                       .labels = {},
                       .fields = Json::object({{"status", "STOPPED"}, {"type", "workspace"}})}},
        .departures = {}});
  const Metering metering = must(desk.meter(catalog::at_second(0), clock.now(), decide::Zone(), clock.now()));
  EXPECT_TRUE(metering.problems.empty()) << metering.problems.front();
  ASSERT_EQ(metering.resources.size(), 2u);
  EXPECT_NEAR(metering.resources[0].days[0].cost().units(), 2 * 0.236 * 0.35, 1e-9);
  EXPECT_NEAR(metering.resources[1].days[0].cost().units(), 0.01, 1e-9);
  EXPECT_NEAR(metering.resources[1].days[0].existing.money.units(), 0.48, 1e-9);
}

}  // namespace
}  // namespace capstan::loop
