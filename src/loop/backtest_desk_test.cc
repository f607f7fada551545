// A backtest over what a real catalog and a real ledger have kept, with what it would have saved.
#include "loop/backtest_desk.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <thread>

#include "base/config.h"
#include "base/random.h"
#include "catalog/sql_engine.h"
#include "catalog/test_catalog.h"
#include "decide/policy_reader.h"
#include "model/no_signals.h"

namespace capstan::loop {
namespace {

using catalog::must;
using testing::HasSubstr;

constexpr Duration kHour{3'600'000};
constexpr Duration kDay = 24 * kHour;

constexpr std::string_view kKinds = R"(
kind: vm
columns:
  status: { type: text }
  size: { type: text }
)";

constexpr std::string_view kPrices = R"(
price: vms
currency: USD
of: { kind: vm }
while: "status = 'RUNNING'"
per_hour: { by: size, table: { big: 2, small: 1 } }
stopped: { per_hour: 0.1 }
)";

constexpr std::string_view kPolicy = R"(
policy: office-hours
select: { kind: vm, where: "size = 'big'" }
keep: { state: running, column: status, is: [RUNNING], by: x.start }
otherwise: { state: stopped, column: status, is: [STOPPED], by: x.stop }
during: Mon-Fri 09:00-18:00 UTC
)";

struct NoRows final : TableFunction {
  explicit NoRows(std::string_view name) : name_(name) {}
  std::string_view name() const override { return name_; }
  Result<Table> fetch(const std::vector<SqlValue>&, Time) const override { return Table(); }
  std::string_view name_;
};

class BacktestDeskTest : public catalog::CatalogFixture {
 protected:
  BacktestDeskTest() : monday_(*parse_time("2026-11-02T00:00:00Z")), clock_(monday_ + 7 * kDay) {
    open(kKinds);
    ledger_ = must(ledger::Ledger::open(directory() / "ledger.db", {}, clock_, random_));
    sql_ = std::make_unique<catalog::SqlEngine>(catalog(), clock_);
    money_ = std::make_unique<MoneyDesk>(
        MoneyDesk::Parts{.clock = clock_, .catalog = catalog(), .sql = *sql_, .book = book_});
    EXPECT_TRUE(money_->load({{"prices.yaml", std::string(kPrices), true}}).empty());
    desk_ = std::make_unique<BacktestDesk>(BacktestDesk::Parts{
        .clock = clock_,
        .past = {.catalog = catalog(), .ledger = *ledger_, .sql = *sql_, .book = book_},
        .signals = signals_,
        .promql = promql_,
        .logs = logs_,
        .money = *money_,
        .read = [](std::string text, std::string file) { return read_backtest(text, file, {}, {}, {}); }});
  }

  void is(const std::string& id, std::string_view status, std::string_view size, Time at) {
    Observation seen{.scope = "service:x/vm", .at = at, .resources = {}, .departures = {}};
    seen.resources.push_back({.id = "vm/" + id,
                              .kind = "vm",
                              .name = id,
                              .labels = {},
                              .fields = Json::object({{"status", status}, {"size", size}})});
    look(seen);
  }
  // What became of it, when it has ended.
  Json run(const std::string& policies, std::string since = "2026-11-02") {
    Json job = must(desk_->start({.policies = policies, .file = "p.yaml", .since = since}));
    for (int i = 0; i < 60'000; ++i) {  // Patience for a sanitizer on a busy machine.
      const std::string& state = job["state"].string_or_empty();
      if (state != "waiting" && state != "running") return job;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      job = must(desk_->status(job["id"].string_or_empty()));
    }
    ADD_FAILURE() << "it does not end";
    return job;
  }

  Time monday_;
  VirtualClock clock_;
  SeededRandom random_{1};
  NoSignals signals_;
  NoRows promql_{"promql"};
  NoRows logs_{"logs"};
  MoneyBook book_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<catalog::SqlEngine> sql_;
  std::unique_ptr<MoneyDesk> money_;
  std::unique_ptr<BacktestDesk> desk_;
};

TEST_F(BacktestDeskTest, SaysWhatAWeekWouldHaveSaved) {
  is("a", "RUNNING", "big", monday_ - kDay);
  is("b", "RUNNING", "small", monday_ - kDay);
  // On Wednesday evening somebody stops it for an hour, and starts it again.
  is("a", "STOPPED", "big", monday_ + 2 * kDay + 20 * kHour);
  is("a", "RUNNING", "big", monday_ + 2 * kDay + 21 * kHour);
  const Json job = run(std::string(kPolicy));
  ASSERT_EQ(job["state"], Json("done")) << job.dump();
  const Json& policy = job["result"]["policies"].items().at(0);
  // Stopped on Monday at midnight at once, five evenings, once more after the hand on Wednesday; started five times.
  EXPECT_EQ(policy["action_count"], Json(12)) << policy["actions"].pretty();
  EXPECT_EQ(policy["selected"], Json(1));
  EXPECT_EQ(policy["asks"], policy["plans"]) << "without 'approve' a person is asked";
  const Json& money = policy["money"].items().at(0);
  // It ran 167 of 168 hours at 2, and cost 0.1 in the hour between; it would have run 45.
  EXPECT_NEAR(money["real"]["hours"].number_or(0), 167, 1e-6);
  EXPECT_NEAR(money["real"]["money"].number_or(0), 167 * 2 + 0.1, 1e-6);
  EXPECT_NEAR(money["would_be"]["hours"].number_or(0), 45, 1e-6);
  EXPECT_NEAR(money["would_be"]["money"].number_or(0), 45 * 2 + 123 * 0.1, 1e-6);
  EXPECT_NEAR(money["saved"]["money"].number_or(0), 122 * 2 - 122 * 0.1, 1e-6);
  EXPECT_EQ(policy["resources"].items().at(0)["id"], Json("vm/a"));
  EXPECT_EQ(policy["days"].items().size(), 5u);
}

TEST_F(BacktestDeskTest, SaysWhatAFreezeThatIsTriedWithItWouldHaveHeldBack) {
  is("a", "RUNNING", "big", monday_ - kDay);
  const Json job = run(std::string(kPolicy) + R"(---
freeze: audit
during: 2026-11-03 17:00 to 2026-11-04 08:00
zone: UTC
---
freeze: thursday
during: 2026-11-05 17:00 to 2026-11-06 12:00
zone: UTC
only: { verbs: [stop] }
)");
  ASSERT_EQ(job["state"], Json("done")) << job.dump();
  const Json& policy = job["result"]["policies"].items().at(0);
  const Json& held = policy["held"];
  ASSERT_EQ(held.items().size(), 2u) << held.pretty();
  EXPECT_EQ(held.items()[0].dump(), R"({"actions":1,"dropped":0,"freeze":"audit"})");
  EXPECT_EQ(held.items()[1].dump(), R"({"actions":1,"dropped":1,"freeze":"thursday"})");
  // Tuesday's stop comes on Wednesday at 08:00; Thursday's is not called for any more at the end of the freeze.
  std::vector<std::string> stops;
  for (const Json& action : policy["actions"].items()) {
    if (action["verb"] == Json("x.stop"))
      stops.push_back(action["at"].string_or_empty().substr(5, 11) + " " + action["held_by"].string_or_empty());
  }
  EXPECT_THAT(
      stops, testing::ElementsAre("11-02T00:00 ", "11-02T18:00 ", "11-04T08:00 audit", "11-04T18:00 ", "11-06T18:00 "));
  EXPECT_NEAR(policy["money"].items().at(0)["would_be"]["hours"].number_or(0), 45 + 14 + 15, 0.1);
  EXPECT_EQ(policy["notes"].items().at(0)["what"], Json("freezes"));
}

// Four that cost 2 an hour, of which a budget of 5 bears two. While two run, the others wait; on Thursday the price
// falls, and from then on three are borne.
TEST_F(BacktestDeskTest, StartsWhatABudgetBoreWithThePricesOfThatTime) {
  EXPECT_TRUE(
      money_
          ->load({{"prices.yaml",
                   std::string(kPrices) + "---\nprice: vms\nfrom: 2026-11-05\ncurrency: USD\nof: { kind: vm }\nwhile: "
                                          "\"status = 'RUNNING'\"\nper_hour: 1.5\n",
                   true}})
          .empty());
  for (const char* id : {"a", "b", "c", "d"}) is(id, "STOPPED", "big", monday_ - kDay);
  std::string policy(kPolicy);
  const Json job =
      run(policy + "limits: { in_flight: 100%, canary: false, budget: { per_hour: 5 USD } }\napprove: none\n");
  ASSERT_EQ(job["state"], Json("done")) << job.dump();
  const Json& told = job["result"]["policies"].items().at(0);
  std::map<std::string, int> starts;
  for (const Json& action : told["actions"].items()) {
    if (action["verb"] == Json("x.start")) ++starts[action["at"].string_or_empty().substr(5, 11)];
  }
  EXPECT_EQ(starts["11-02T09:00"], 2) << told["actions"].pretty();
  EXPECT_EQ(starts["11-04T09:00"], 2);
  EXPECT_EQ(starts["11-05T09:00"], 3) << "4.50 an hour";
  EXPECT_EQ(told["over_budget"]["count"], Json(2 + 2 + 2 + 1 + 1));
  EXPECT_THAT(told["over_budget"]["resources"].items().at(0)["why"].string_or_empty(),
              HasSubstr("over the budget of 5.00 USD an hour: 4.20 USD without it, 6.10 USD with it"));
}

// 2 an hour from 09:00 to 18:00 is 18 a day, and what is stopped costs 0.1 all the same.
TEST_F(BacktestDeskTest, CountsOfADayWhatWouldHaveBeenSpentInIt) {
  is("a", "STOPPED", "big", monday_ - kDay);
  is("b", "STOPPED", "big", monday_ - kDay);
  const std::string limits = "limits: { in_flight: 100%, canary: false, budget: { per_day: 30 USD } }\napprove: none\n";
  const Json job = run(std::string(kPolicy) + limits);
  ASSERT_EQ(job["state"], Json("done")) << job.dump();
  std::vector<std::string> starts;
  for (const Json& action : job["result"]["policies"].items().at(0)["actions"].items()) {
    if (action["verb"] == Json("x.start")) starts.push_back(action["at"].string_or_empty().substr(5, 11));
  }
  // The first at nine; the second when what is left of its hours is borne beside what the first will have cost.
  ASSERT_EQ(starts.size(), 10u);
  EXPECT_EQ(starts[0], "11-02T09:00");
  // 18.9 for the first, 1.8 for the second as it is; 1.9 for each hour that is left of its hours is at most 9.3 from
  // 4.9 hours before their end on.
  EXPECT_EQ(starts[1], "11-02T13:07");
}

TEST_F(BacktestDeskTest, SaysFromWhenOnAnythingIsKnown) {
  is("a", "RUNNING", "big", monday_ + 3 * kDay);
  const Json job = run(std::string(kPolicy));
  const Json& notes = job["result"]["policies"].items().at(0)["notes"];
  ASSERT_EQ(notes.items().size(), 1u) << notes.pretty();
  EXPECT_EQ(notes.items()[0]["what"], Json("begins"));
  EXPECT_THAT(notes.items()[0]["says"].string_or_empty(), HasSubstr("2026-11-05T00:00:00"));
}

TEST_F(BacktestDeskTest, RefusesAMistakeAtOnceAndNamesItsPlace) {
  const auto refused = desk_->start({.policies = "policy: p\nselect: { kind: vm, all: true }\n", .file = "p.yaml"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where.file, "p.yaml");
  EXPECT_FALSE(desk_->start({.policies = std::string(kPolicy), .since = "never"}));
  EXPECT_FALSE(desk_->start({.policies = std::string(kPolicy), .step = "1ms"}));
  EXPECT_EQ(desk_->status("backtest-9").error().code, ErrorCode::kNotFound);
}

TEST_F(BacktestDeskTest, TellsWhatOfThePastItCannotKnow) {
  is("a", "RUNNING", "big", monday_ - kDay);
  const Json job = run(R"yaml(
policy: p
select: { kind: vm, where: "id IN (SELECT resource FROM finding)" }
keep: { state: stopped, column: status, is: [STOPPED], by: x.stop }
)yaml");
  EXPECT_EQ(job["state"], Json("failed"));
  EXPECT_THAT(job["error"]["message"].string_or_empty(), HasSubstr("what 'finding' said in the past is not known"));
}

TEST_F(BacktestDeskTest, EndsWhatIsCancelledAndWhatNobodyAsksAfter) {
  is("a", "RUNNING", "big", monday_ - kDay);
  // Asked at each step because of `now`: a year of steps takes a while.
  const std::string slow = R"yaml(
policy: p
select: { kind: vm, where: "name <> now" }
keep: { state: stopped, column: status, is: [STOPPED], by: x.stop }
)yaml";
  const Json first = must(desk_->start({.policies = slow, .since = "365d", .step = "10s"}));
  const Json second = must(desk_->start({.policies = slow, .since = "365d", .step = "10s"}));
  must(desk_->cancel(first["id"].string_or_empty()));
  must(desk_->status(second["id"].string_or_empty()));
  const auto ended = [&](const Json& job) {
    for (int i = 0; i < 60'000; ++i) {  // Patience for a sanitizer on a busy machine.
      const Json now = must(desk_->status(job["id"].string_or_empty()));
      if (now["state"].string_or_empty() == "cancelled") return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  };
  EXPECT_TRUE(ended(first));
  clock_.advance(Duration(120'000));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  clock_.advance(Duration(120'000));
  EXPECT_TRUE(ended(second)) << "asked after too late";
}

}  // namespace
}  // namespace capstan::loop
