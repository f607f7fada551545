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

struct NoSignals final : SignalSource {
  Result<std::vector<SeriesSample>> query(std::string_view, Time) const override { return {}; }
  Result<std::vector<Series>> query_range(std::string_view, Time, Time, Duration) const override { return {}; }
  Status check(std::string_view) const override { return {}; }
};
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
    desk_ = std::make_unique<BacktestDesk>(
        BacktestDesk::Parts{.clock = clock_,
                            .past = {.catalog = catalog(), .ledger = *ledger_, .sql = *sql_, .book = book_},
                            .signals = signals_,
                            .promql = promql_,
                            .logs = logs_,
                            .money = *money_,
                            .read = [](std::string text, std::string file) -> Result<std::vector<decide::Policy>> {
                              decide::ReadPolicies read = decide::read_policies(TRY(parse_yaml(text, file)), {});
                              if (!read.problems.empty()) return fail(read.problems.front());
                              return std::move(read.policies);
                            }});
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
    for (int i = 0; i < 2'000; ++i) {
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
    for (int i = 0; i < 2'000; ++i) {
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
