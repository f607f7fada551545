#include "telemetry/metrics/metric_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <thread>

#include "base/file.h"
#include "telemetry/storage/temporary_directory.h"

namespace capstan::telemetry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kHour = 3600 * 1000;
constexpr int64_t kStart = 1'767'225'600'000;  // 2026-01-01T00:00:00Z, the edge of a block.

Matcher match(Matcher::Type type, std::string name, std::string value) {
  return *Matcher::create(type, std::move(name), std::move(value));
}
Matcher equal(std::string name, std::string value) {
  return match(Matcher::Type::kEqual, std::move(name), std::move(value));
}

class MetricStoreTest : public testing::Test {
 protected:
  MetricStoreTest() {
    options_.background = false;
    open();
  }
  void open() {
    store_.reset();
    Result<std::unique_ptr<MetricStore>> store = MetricStore::open(directory_.path(), options_, clock_);
    ASSERT_TRUE(store) << store.error().to_string();
    store_ = *std::move(store);
  }
  // The clock follows the samples, so that none lies in the future.
  void append(const Labels& labels, int64_t at_ms, double value) {
    if (at_ms > to_unix_ms(clock_.now())) clock_.advance_to(from_unix_ms(at_ms));
    const Status status = store_->append({{labels, {at_ms, value}}});
    ASSERT_TRUE(status) << status.error().to_string();
  }
  std::vector<SelectedSeries> select(const std::vector<Matcher>& matchers, int64_t from_ms = 0,
                                     int64_t to_ms = kStart * 2) {
    Result<std::vector<SelectedSeries>> selected = store_->select(matchers, from_ms, to_ms, 1'000'000);
    EXPECT_TRUE(selected) << selected.error().to_string();
    return *std::move(selected);
  }
  std::vector<double> values(const std::vector<Matcher>& matchers, int64_t from_ms = 0, int64_t to_ms = kStart * 2) {
    std::vector<double> all;
    for (const SelectedSeries& one : select(matchers, from_ms, to_ms)) {
      for (const Sample& sample : one.samples) all.push_back(sample.value);
    }
    return all;
  }
  std::vector<std::string> names(const std::vector<Matcher>& matchers) {
    std::vector<std::string> all;
    for (const SelectedSeries& one : select(matchers)) all.emplace_back(one.labels->get("x"));
    return all;
  }
  std::filesystem::path only_block() {
    std::filesystem::path found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path() / "blocks")) found = entry.path();
    return found;
  }

  TemporaryDirectory directory_;
  VirtualClock clock_{from_unix_ms(kStart)};
  MetricStoreOptions options_;
  std::unique_ptr<MetricStore> store_;
};

TEST_F(MetricStoreTest, SelectsByEveryKindOfMatcherSortedByLabels) {
  append({{"__name__", "m"}, {"x", "b"}}, kStart, 1);
  append({{"__name__", "m"}, {"x", "a"}}, kStart, 2);
  append({{"__name__", "m"}, {"x", "a1"}}, kStart, 3);
  append({{"__name__", "m"}}, kStart, 4);
  append({{"__name__", "other"}, {"x", "a"}}, kStart, 5);
  const Matcher m = equal("__name__", "m");
  // Blocks must answer as the memory does.
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(names({m}), ElementsAre("", "a", "a1", "b"));
    EXPECT_THAT(names({m, equal("x", "a")}), ElementsAre("a"));
    EXPECT_THAT(names({m, equal("x", "")}), ElementsAre(""));
    EXPECT_THAT(names({m, match(Matcher::Type::kNotEqual, "x", "a")}), ElementsAre("", "a1", "b"));
    EXPECT_THAT(names({m, match(Matcher::Type::kNotEqual, "x", "")}), ElementsAre("a", "a1", "b"));
    EXPECT_THAT(names({m, match(Matcher::Type::kRegex, "x", "a.*")}), ElementsAre("a", "a1"));
    EXPECT_THAT(names({m, match(Matcher::Type::kRegex, "x", "a|")}), ElementsAre("", "a"));
    EXPECT_THAT(names({m, match(Matcher::Type::kNotRegex, "x", "a.*")}), ElementsAre("", "b"));
    EXPECT_THAT(names({m, match(Matcher::Type::kNotRegex, "x", "a.*|")}), ElementsAre("b"));
    EXPECT_THAT(names({m, equal("x", "absent")}), ElementsAre());
    EXPECT_THAT(names({m, equal("absent", "")}), ElementsAre("", "a", "a1", "b"));
    EXPECT_EQ(select({}).size(), 5U);
    ASSERT_TRUE(store_->checkpoint_all());
    ASSERT_EQ(store_->stats().blocks, 1U);
  }
}

TEST_F(MetricStoreTest, AQuestionAboutSeriesEndsWhenItsAskerSaysSo) {
  append({{"x", "a"}}, kStart, 1);
  ASSERT_TRUE(store_->checkpoint_all());
  append({{"x", "b"}}, kStart, 1);
  for (int patience = 0; patience < 2; ++patience) {
    int asked = 0;
    const StopCheck check = [&]() -> Status {
      if (asked++ < patience) return {};
      return fail(ErrorCode::kDeadlineExceeded, "too long");
    };
    const auto series = store_->series({}, 0, kStart, check);
    ASSERT_FALSE(series);
    EXPECT_EQ(series.error().code, ErrorCode::kDeadlineExceeded);
  }
  const StopCheck never = [] { return Status(fail(ErrorCode::kCancelled, "")); };
  EXPECT_FALSE(store_->label_names({}, 0, kStart, never));
  EXPECT_FALSE(store_->label_values("x", {}, 0, kStart, never));
  EXPECT_EQ(store_->series({}, 0, kStart)->size(), 2U);
}

TEST_F(MetricStoreTest, TakesSeriesAsItTakesTheirSamples) {
  ASSERT_TRUE(store_->append_series({{.labels = {{"x", "a"}}, .samples = {{kStart - 2, 1}, {kStart - 1, 2}}},
                                     {.labels = {{"x", "b"}}, .samples = {{kStart, 3}}}}));
  EXPECT_THAT(names({}), ElementsAre("a", "b"));
  EXPECT_THAT(values({}), ElementsAre(1, 2, 3));
  const Status status = store_->append_series(
      {{.labels = {}, .samples = {{kStart, 1}, {kStart, 2}}}, {.labels = {{"x", "c"}}, .samples = {{kStart, 4}}}});
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("2 of 3 samples were not taken"));
  EXPECT_THAT(values({equal("x", "c")}), ElementsAre(4));
}

TEST_F(MetricStoreTest, IncludesBothEndsOfTheWindow) {
  for (int i = 0; i < 300; ++i) append({{"x", "a"}}, kStart + i * 1000, i);
  EXPECT_THAT(values({}, kStart + 119'000, kStart + 121'000), ElementsAre(119, 120, 121));
  EXPECT_THAT(values({}, kStart + 298'500, kStart + 400'000), ElementsAre(299));
  EXPECT_TRUE(select({}, kStart + 500, kStart + 999).empty());
  EXPECT_TRUE(store_->series({}, kStart + 500, kStart + 999)->empty());
  EXPECT_EQ(store_->series({}, kStart + 500, kStart + 1000)->size(), 1U);
}

TEST_F(MetricStoreTest, IgnoresRepeatedAndCountsOldSamples) {
  append({{"x", "a"}}, kStart + 10, 1);
  append({{"x", "a"}}, kStart + 10, 1);
  append({{"x", "a"}}, kStart + 10, 2);
  append({{"x", "a"}}, kStart + 9, 3);
  append({{"x", "a"}}, kStart + 11, stale_nan());
  append({{"x", "a"}}, kStart + 11, stale_nan());
  const MetricStore::Stats stats = store_->stats();
  EXPECT_EQ(stats.samples_appended, 2U);
  EXPECT_EQ(stats.samples_repeated, 2U);
  EXPECT_EQ(stats.samples_out_of_order, 2U);
  const auto selected = select({});
  ASSERT_EQ(selected.size(), 1U);
  ASSERT_EQ(selected[0].samples.size(), 2U);
  EXPECT_EQ(selected[0].samples[0].value, 1);
  EXPECT_TRUE(is_stale(selected[0].samples[1].value));
}

TEST_F(MetricStoreTest, CountsWhatIsTooOldOrTooFarAhead) {
  ASSERT_TRUE(store_->append({{Labels{{"x", "a"}}, {kStart - options_.retention.count() - 1, 1}},
                              {Labels{{"x", "a"}}, {kStart + 2 * kHour, 1}}}));
  EXPECT_EQ(store_->stats().samples_too_old, 1U);
  EXPECT_EQ(store_->stats().samples_in_future, 1U);
  EXPECT_TRUE(select({}).empty());
}

TEST_F(MetricStoreTest, TellsTheSeriesLimitAndLetsExistingSeriesGoOn) {
  options_.limits.series = 2;
  open();
  append({{"x", "a"}}, kStart, 1);
  append({{"x", "b"}}, kStart, 1);
  const Status status = store_->append({{Labels{{"x", "c"}}, {kStart + 1, 1}}, {Labels{{"x", "a"}}, {kStart + 1, 2}}});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(status.error().message, HasSubstr("1 of 2 samples were not taken"));
  EXPECT_THAT(status.error().message, HasSubstr("limit of 2 series"));
  EXPECT_THAT(values({equal("x", "a")}), ElementsAre(1, 2));
  EXPECT_EQ(store_->stats().samples_refused, 1U);
}

TEST_F(MetricStoreTest, RefusesLabelsBeyondTheLimits) {
  options_.limits.labels = 2;
  options_.limits.label_value_bytes = 10;
  open();
  EXPECT_FALSE(store_->append({{Labels{{"a", "1"}, {"b", "1"}, {"c", "1"}}, {kStart, 1}}}));
  EXPECT_FALSE(store_->append({{Labels{{"a", "12345678901"}}, {kStart, 1}}}));
  EXPECT_FALSE(store_->append({{Labels{}, {kStart, 1}}}));
  EXPECT_EQ(store_->stats().series, 0U);
}

TEST_F(MetricStoreTest, StopsAQueryThatNeedsTooManySamples) {
  for (int i = 0; i < 100; ++i) append({{"x", "a"}}, kStart + i, i);
  EXPECT_TRUE(store_->select({}, 0, kStart * 2, 100));
  const auto selected = store_->select({}, 0, kStart * 2, 99);
  ASSERT_FALSE(selected);
  EXPECT_EQ(selected.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(selected.error().message, HasSubstr("99 samples"));
}

TEST_F(MetricStoreTest, GivesBackEveryBitAfterARestartFromTheLog) {
  for (int i = 0; i < 500; ++i) append({{"x", "a"}}, kStart + i * 1000, i * 0.1);
  append({{"x", "a"}}, kStart + 500'000, stale_nan());
  const auto before = select({});
  open();
  const auto after = select({});
  ASSERT_EQ(after.size(), 1U);
  ASSERT_EQ(after[0].samples.size(), 501U);
  for (size_t i = 0; i < 501; ++i) {
    EXPECT_EQ(after[0].samples[i].at_ms, before[0].samples[i].at_ms);
    EXPECT_EQ(std::bit_cast<uint64_t>(after[0].samples[i].value), std::bit_cast<uint64_t>(before[0].samples[i].value));
  }
}

TEST_F(MetricStoreTest, MovesFinishedWindowsIntoBlocksAndShortensTheLog) {
  for (int i = 0; i <= 5 * 60; ++i) append({{"x", "a"}}, kStart + i * 60'000, i);  // Five hours.
  ASSERT_TRUE(store_->flush());
  const uint64_t log_before = store_->stats().wal_bytes;
  ASSERT_TRUE(store_->maintain());
  MetricStore::Stats stats = store_->stats();
  EXPECT_EQ(stats.blocks, 2U);
  EXPECT_LT(stats.wal_bytes, log_before);
  EXPECT_EQ(values({}).size(), 301U);
  open();
  EXPECT_EQ(values({}).size(), 301U);
  append({{"x", "a"}}, kStart + 5 * kHour + 1, -1);
  open();
  EXPECT_EQ(values({}).size(), 302U);
  EXPECT_THAT(values({}, kStart + 2 * kHour - 60'000, kStart + 2 * kHour), ElementsAre(119, 120));
}

TEST_F(MetricStoreTest, ReadsEachSampleOnceWhenACrashLeftItInBlockAndLog) {
  for (int i = 0; i < 200; ++i) append({{"x", "a"}}, kStart + i * 1000, i);
  ASSERT_TRUE(store_->flush());
  const TemporaryDirectory saved;
  std::filesystem::copy(directory_.path() / "wal", saved.path() / "wal");
  ASSERT_TRUE(store_->checkpoint_all());
  store_.reset();
  std::filesystem::remove_all(directory_.path() / "wal");
  std::filesystem::copy(saved.path() / "wal", directory_.path() / "wal");
  open();
  EXPECT_EQ(store_->stats().blocks, 1U);
  EXPECT_EQ(store_->stats().samples_appended, 200U) << "the log was to be replayed";
  EXPECT_EQ(values({}).size(), 200U);
}

TEST_F(MetricStoreTest, LetsIdleSeriesLeaveTheMemoryButNotTheStore) {
  append({{"x", "idle"}}, kStart, 1);
  append({{"x", "busy"}}, kStart, 1);
  append({{"x", "busy"}}, kStart + 3 * kHour, 2);
  EXPECT_EQ(store_->stats().series, 2U);
  ASSERT_TRUE(store_->maintain());
  EXPECT_EQ(store_->stats().series, 1U);
  EXPECT_THAT(values({equal("x", "idle")}), ElementsAre(1));
  append({{"x", "idle"}}, kStart + 3 * kHour, 3);
  EXPECT_THAT(values({equal("x", "idle")}), ElementsAre(1, 3));
  open();
  EXPECT_THAT(values({equal("x", "idle")}), ElementsAre(1, 3));
}

TEST_F(MetricStoreTest, RemovesBlocksBeyondTheRetention) {
  options_.retention = Duration(24 * kHour);
  open();
  for (int hour = 0; hour < 72; ++hour) {
    append({{"x", "a"}}, kStart + hour * kHour, hour);
    ASSERT_TRUE(store_->maintain());
  }
  const std::vector<double> left = values({});
  EXPECT_GE(left.front(), 72 - 24 - 4);
  EXPECT_LE(left.front(), 72 - 24 + 1);
  EXPECT_LE(store_->stats().blocks, 14U);
}

TEST_F(MetricStoreTest, RemovesTheOldestBlocksBeyondTheSpace) {
  options_.max_disk_bytes = 3000;
  open();
  for (int hour = 0; hour < 48; ++hour) {
    append({{"x", "a"}}, kStart + hour * kHour, hour);
    ASSERT_TRUE(store_->maintain());
  }
  EXPECT_LE(store_->stats().block_bytes + store_->stats().wal_bytes, 3000U);
  EXPECT_GT(store_->stats().blocks, 1U);
  EXPECT_EQ(values({}).back(), 47);
}

TEST_F(MetricStoreTest, KeepsItsBlocksWhenTheClockJumpsAheadByYears) {
  append({{"x", "a"}}, kStart, 1);
  ASSERT_TRUE(store_->checkpoint_all());
  clock_.jump_to(from_unix_ms(kStart + 10 * 365 * 24 * kHour));
  ASSERT_TRUE(store_->maintain());
  EXPECT_THAT(values({}), ElementsAre(1));
}

TEST_F(MetricStoreTest, ReplacesALogThatGrewTooLongByASnapshot) {
  options_.max_wal_bytes = 4000;
  open();
  for (int i = 0; i < 1000; ++i) append({{"x", "a"}}, kStart + i, 1);
  ASSERT_TRUE(store_->flush());
  EXPECT_GT(store_->stats().wal_bytes, 4000U);
  ASSERT_TRUE(store_->maintain());
  EXPECT_EQ(store_->stats().wal_bytes, 0U);
  EXPECT_EQ(store_->stats().blocks, 0U);
  open();
  EXPECT_EQ(values({}).size(), 1000U);
}

TEST_F(MetricStoreTest, EmptiesTheMemoryIntoBlocksWhenItIsFull) {
  options_.max_head_bytes = 100;
  open();
  for (int i = 0; i < 1000; ++i) append({{"x", "a"}}, kStart + i * 7, i * 1.1);
  ASSERT_TRUE(store_->maintain());
  EXPECT_EQ(store_->stats().head_bytes, 0U);
  EXPECT_EQ(store_->stats().blocks, 1U);
  EXPECT_EQ(values({}).size(), 1000U);
}

TEST_F(MetricStoreTest, NamesSeriesAnewInEverySegment) {
  options_.segment_bytes = 100;
  open();
  for (int i = 0; i < 50; ++i) {
    append({{"x", "a"}}, kStart + i, i);
    ASSERT_TRUE(store_->flush());
  }
  EXPECT_GT(store_->stats().wal_segments, 5U);
  open();
  EXPECT_EQ(values({}).size(), 50U);
}

TEST_F(MetricStoreTest, SetsADamagedBlockAsideAndSaysSo) {
  append({{"x", "a"}}, kStart, 1);
  ASSERT_TRUE(store_->checkpoint_all());
  append({{"x", "a"}}, kStart + 1, 2);
  store_.reset();
  const std::filesystem::path index = only_block() / "index";
  std::string bytes = *read_file(index);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::ofstream(index, std::ios::binary) << bytes;
  open();
  const MetricStore::Stats stats = store_->stats();
  EXPECT_EQ(stats.blocks, 0U);
  ASSERT_EQ(stats.problems.size(), 1U);
  EXPECT_THAT(stats.problems[0], HasSubstr("checksum"));
  EXPECT_EQ(only_block().extension(), ".corrupt");
  EXPECT_THAT(values({}), ElementsAre(2));
}

TEST_F(MetricStoreTest, LeavesADamagedChunkOutAndCountsIt) {
  append({{"x", "a"}}, kStart, 1);
  append({{"x", "b"}}, kStart, 2);
  ASSERT_TRUE(store_->checkpoint_all());
  store_.reset();
  std::fstream file(only_block() / "chunks", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(12);
  file.put('!');
  file.close();
  open();
  EXPECT_THAT(values({}), ElementsAre(2));
  EXPECT_EQ(store_->stats().corrupt_chunks, 1U);
}

TEST_F(MetricStoreTest, AnswersLabelNamesAndValuesFromMemoryAndBlocks) {
  append({{"__name__", "m"}, {"x", "old"}}, kStart, 1);
  ASSERT_TRUE(store_->checkpoint_all());
  append({{"__name__", "m"}, {"y", "new"}}, kStart + 10, 1);
  EXPECT_THAT(*store_->label_names({}, 0, kStart + 10), ElementsAre("__name__", "x", "y"));
  EXPECT_THAT(*store_->label_names({}, 0, kStart), ElementsAre("__name__", "x"));
  EXPECT_THAT(*store_->label_names({equal("y", "new")}, 0, kStart + 10), ElementsAre("__name__", "y"));
  EXPECT_THAT(*store_->label_values("__name__", {}, 0, kStart + 10), ElementsAre("m"));
  EXPECT_THAT(*store_->label_values("x", {equal("__name__", "m")}, 0, kStart + 10), ElementsAre("old"));
  EXPECT_THAT(*store_->label_values("absent", {}, 0, kStart + 10), ElementsAre());
}

TEST_F(MetricStoreTest, LosesNothingWhenManyThreadsAppendWhileOthersReadAndWriteCheckpoints) {
  constexpr int kThreads = 4;
  constexpr int kSamples = 2000;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([this, thread] {
        for (int i = 0; i < kSamples; ++i) {
          EXPECT_TRUE(store_->append(
              {{Labels{{"x", std::to_string(thread)}}, {kStart + i, 1.0 * i}},
               {Labels{{"x", std::to_string(i % 50)}, {"y", std::to_string(thread)}}, {kStart + i, 1.0 * i}}}));
        }
      });
    }
    threads.emplace_back([this] {
      for (int round = 0; round < 20; ++round) EXPECT_TRUE(store_->checkpoint_all());
    });
    threads.emplace_back([this] {
      for (int round = 0; round < 50; ++round) {
        EXPECT_TRUE(store_->flush());
        for (const SelectedSeries& one : select({})) {
          EXPECT_TRUE(std::ranges::is_sorted(one.samples, {}, &Sample::at_ms));
        }
      }
    });
  }
  EXPECT_EQ(values({}).size(), 2U * kThreads * kSamples);
  open();
  EXPECT_EQ(values({}).size(), 2U * kThreads * kSamples);
}

}  // namespace
}  // namespace capstan::telemetry
