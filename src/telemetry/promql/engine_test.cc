#include "telemetry/promql/engine.h"

#include <gtest/gtest.h>

#include "telemetry/promql/fake_series_reader.h"
#include "telemetry/promql/signal_source.h"
#include "telemetry/promql/table_function.h"

namespace capstan::telemetry {
namespace {

// Moves the time on with every look at it.
class HurryingClock final : public Clock {
 public:
  Time now() const override { return from_unix_ms(0); }
  Duration monotonic() const override { return Duration(++looks_ * 1000); }

 private:
  mutable std::atomic<int64_t> looks_{0};
};

class PromqlEngineTest : public testing::Test {
 protected:
  PromqlEngineTest() {
    for (int i = 0; i <= 100; ++i) {
      for (const char* job : {"a", "b", "c"}) reader_.add({{"__name__", "up"}, {"job", job}}, {i * 15'000, 1.0 * i});
    }
  }
  Time at(int64_t seconds) const { return from_unix_ms(seconds * 1000); }

  FakeSeriesReader reader_;
  VirtualClock clock_{from_unix_ms(0)};
  PromqlEngine engine_{reader_, clock_};
};

TEST_F(PromqlEngineTest, ReadsEverySelectorOnceHoweverManySteps) {
  ASSERT_TRUE(engine_.query_range("sum(rate(up[5m])) + count(up)", at(0), at(1500), Duration(1000)));
  EXPECT_EQ(reader_.selects(), 2U);
}

TEST_F(PromqlEngineTest, ReadsASubqueryOnceForAllItsWindows) {
  ASSERT_TRUE(engine_.query_range("max_over_time(rate(up[1m])[5m:15s])", at(600), at(1500), Duration(15'000)));
  EXPECT_EQ(reader_.selects(), 1U);
}

TEST_F(PromqlEngineTest, NamesTheLimitOfSamples) {
  const PromqlEngine engine(reader_, clock_, {.limits = {.samples = 100}});
  const auto result = engine.query_range("up", at(0), at(1500), Duration(15'000));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kResourceExhausted);
  EXPECT_TRUE(engine.query("up", at(60)));
}

TEST_F(PromqlEngineTest, NamesTheLimitOfMemory) {
  const PromqlEngine engine(reader_, clock_, {.limits = {.memory_bytes = 1 << 20}});
  EXPECT_TRUE(engine.query("count_over_time(up[5m:1s])", at(600)));
  const auto result = engine.query("count_over_time(up[10h:1ms])", at(600));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kResourceExhausted);
  EXPECT_NE(result.error().message.find("1 MiB"), std::string::npos) << result.error().message;
}

TEST_F(PromqlEngineTest, NamesTheLimitOfPoints) {
  EXPECT_TRUE(engine_.query_range("up", at(0), at(11'000), Duration(1000)));
  const auto result = engine_.query_range("up", at(0), at(11'001), Duration(1000));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("exceeded maximum resolution of 11000 points"), std::string::npos);
}

TEST_F(PromqlEngineTest, StopsAtItsDeadline) {
  const HurryingClock hurrying;
  const PromqlEngine engine(reader_, hurrying, {.limits = {.time = Duration(5000)}});
  const auto result = engine.query("sum(up) + sum(up) + sum(up) + sum(up) + sum(up)", at(600));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_FALSE(engine_.query("up", at(600), {.time = Duration(0)})) << "a query's own limit counts";
}

TEST_F(PromqlEngineTest, StopsWhenItIsAskedTo) {
  std::stop_source stop;
  stop.request_stop();
  const auto result = engine_.query("up", at(600), {.stop = stop.get_token()});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
}

TEST_F(PromqlEngineTest, LooksBackAsFarAsItIsTold) {
  EXPECT_EQ(engine_.query("up", at(1700))->series.size(), 3U);
  EXPECT_EQ(engine_.query("up", at(1700), {.lookback = Duration(60'000)})->series.size(), 0U);
}

TEST_F(PromqlEngineTest, ChecksWithoutEvaluating) {
  EXPECT_TRUE(engine_.check("up == 0"));
  EXPECT_EQ(engine_.check("up ==").error().where.column, 6);
  EXPECT_EQ(engine_.check("histogram_count(up)").error().code, ErrorCode::kUnimplemented);
  EXPECT_EQ(reader_.selects(), 0U);
}

TEST_F(PromqlEngineTest, RefusesTimesThatNobodyMeans) {
  EXPECT_FALSE(engine_.query("up", from_unix_ms(INT64_MAX)));
  EXPECT_FALSE(engine_.query_range("up", at(10), at(0), Duration(1000)));
  EXPECT_FALSE(engine_.query_range("up", at(0), at(10), Duration(0)));
}

TEST_F(PromqlEngineTest, IsASignalSource) {
  const PromqlSignalSource source(engine_);
  const auto samples = source.query("sum(up)", at(60));
  ASSERT_TRUE(samples);
  ASSERT_EQ(samples->size(), 1U);
  EXPECT_EQ(samples->front().sample.value, 12);
  EXPECT_EQ(source.query("42", at(60))->front().sample.value, 42) << "a scalar is a series without labels";
  EXPECT_FALSE(source.query("up[5m]", at(60)));
  EXPECT_FALSE(source.query("'text'", at(60)));
  EXPECT_EQ(source.query_range("up", at(0), at(60), Duration(30'000))->front().samples.size(), 3U);
}

TEST_F(PromqlEngineTest, IsATableInSql) {
  const PromqlTableFunction table(engine_, 5);
  const auto now = table.fetch({"up{job=~\"a|b\"} or label_replace(vector(1), \"value\", \"v\", \"\", \"\")"}, at(60));
  ASSERT_TRUE(now) << now.error().to_string();
  EXPECT_EQ(now->columns, (std::vector<std::string>{"__name__", "job", "label_value", "value", "at"}));
  ASSERT_EQ(now->rows.size(), 3U);
  EXPECT_EQ(now->rows[0], (std::vector<SqlValue>{"up", "a", {}, 4.0, "1970-01-01T00:01:00.000Z"}));
  EXPECT_EQ(now->rows[2], (std::vector<SqlValue>{SqlValue(), SqlValue(), "v", 1.0, "1970-01-01T00:01:00.000Z"}));

  const auto range = table.fetch({"up{job=\"a\"}", "1m", "30s"}, at(60));
  ASSERT_TRUE(range);
  ASSERT_EQ(range->rows.size(), 3U);
  EXPECT_EQ(range->rows[1][2], SqlValue(2.0));
  EXPECT_TRUE(table.fetch({"up", "5m", "15s"}, at(600))->truncated);

  for (const std::vector<SqlValue>& bad :
       {std::vector<SqlValue>{}, {"up", "5m"}, {SqlValue(1.0)}, {"up", "5x", "1s"}, {"up", "5m", "0"}, {"up +"}}) {
    const auto result = table.fetch(bad, at(60));
    ASSERT_FALSE(result);
    EXPECT_NE(result.error().message.find("promql()"), std::string::npos) << result.error().message;
  }
}

}  // namespace
}  // namespace capstan::telemetry
