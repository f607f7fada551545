#include "telemetry/logs/log_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/file.h"
#include "telemetry/storage/temporary_directory.h"

namespace capstan::telemetry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kStart = 1'767'225'600'000;
constexpr int64_t kHour = 3600 * 1000;

class LogStoreTest : public testing::Test {
 protected:
  LogStoreTest() {
    options_.background = false;
    open();
  }
  void open() {
    store_.reset();
    Result<std::unique_ptr<LogStore>> store = LogStore::open(directory_.path(), options_, clock_);
    ASSERT_TRUE(store) << store.error().to_string();
    store_ = *std::move(store);
  }
  void append(int64_t at_ms, std::string text, Labels labels = {{"unit", "a"}}) {
    const Status status = store_->append({{from_unix_ms(at_ms), std::move(labels), std::move(text)}});
    ASSERT_TRUE(status) << status.error().to_string();
  }
  static LogQuery query(std::string selector = "", bool newest_first = false) {
    return {.selector = std::move(selector),
            .from = from_unix_ms(0),
            .to = from_unix_ms(kStart * 2),
            .limit = 1000,
            .newest_first = newest_first};
  }
  std::vector<std::string> texts(const LogQuery& asked) {
    const Result<std::vector<LogLine>> lines = store_->lines(asked);
    EXPECT_TRUE(lines) << lines.error().to_string();
    std::vector<std::string> all;
    for (const LogLine& line : *lines) all.push_back(line.text);
    return all;
  }
  std::filesystem::path only_file() {
    std::filesystem::path found;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path() / "files")) found = entry.path();
    return found;
  }

  TemporaryDirectory directory_;
  VirtualClock clock_{from_unix_ms(kStart)};
  LogStoreOptions options_;
  std::unique_ptr<LogStore> store_;
};

TEST_F(LogStoreTest, GivesLinesInEitherOrderFromEveryPlace) {
  append(kStart + 1, "one");
  append(kStart + 3, "three");
  ASSERT_TRUE(store_->seal());
  append(kStart + 2, "two", {{"unit", "b"}});
  append(kStart + 3, "three again");
  append(kStart + 4, "four");
  EXPECT_THAT(texts(query()), ElementsAre("one", "two", "three", "three again", "four"));
  EXPECT_THAT(texts(query("", true)), ElementsAre("four", "three again", "three", "two", "one"));
  EXPECT_THAT(texts(query("{unit=\"b\"}")), ElementsAre("two"));
  EXPECT_THAT(texts(query("{unit=\"a\"} |= \"three\" != \"again\"")), ElementsAre("three"));
}

TEST_F(LogStoreTest, HoldsTheWindowAndTheLimit) {
  for (int i = 0; i < 5000; ++i) {
    append(kStart + i, "line " + std::to_string(i));
    if (i % 1000 == 999) {
      ASSERT_TRUE(store_->seal());
    }
  }
  LogQuery asked = query();
  asked.from = from_unix_ms(kStart + 998);
  asked.to = from_unix_ms(kStart + 1001);
  EXPECT_THAT(texts(asked), ElementsAre("line 998", "line 999", "line 1000", "line 1001"));
  asked.limit = 2;
  EXPECT_THAT(texts(asked), ElementsAre("line 998", "line 999"));
  asked.newest_first = true;
  EXPECT_THAT(texts(asked), ElementsAre("line 1001", "line 1000"));
  asked.to = from_unix_ms(kStart * 2);
  EXPECT_THAT(texts(asked), ElementsAre("line 4999", "line 4998"));
  asked.limit = 0;
  EXPECT_TRUE(texts(asked).empty());
}

TEST_F(LogStoreTest, GivesEveryByteBackAfterARestartFromLogAndFile) {
  const std::vector<std::string> odd = {"",    " ", "a  b", "\ttab\tbed ", "<*> 17 <*>", std::string("\0\xff\n", 3),
                                        "ÄÖ 1"};
  for (size_t i = 0; i < odd.size(); ++i) append(kStart + static_cast<int64_t>(i), odd[i]);
  open();
  EXPECT_EQ(texts(query()), odd);
  ASSERT_TRUE(store_->seal());
  EXPECT_EQ(store_->stats().wal_bytes, 0U);
  EXPECT_EQ(texts(query()), odd);
  open();
  EXPECT_EQ(texts(query()), odd);
  append(kStart + 100, "after");
  open();
  EXPECT_EQ(texts(query()).size(), odd.size() + 1);
}

TEST_F(LogStoreTest, CountsTemplatesOfTheWindow) {
  for (int i = 0; i < 10; ++i) append(kStart + i, "connection from 10.0.0." + std::to_string(i) + " closed");
  append(kStart + 20, "disk sda is full");
  ASSERT_TRUE(store_->seal());
  append(kStart + 30, "connection from 10.0.0.99 closed");
  const auto templates = store_->templates(query());
  ASSERT_TRUE(templates);
  ASSERT_EQ(templates->size(), 2U);
  EXPECT_EQ((*templates)[0].text, "connection from <*> closed");
  EXPECT_EQ((*templates)[0].count, 11U);
  EXPECT_EQ(to_unix_ms((*templates)[0].first), kStart);
  EXPECT_EQ(to_unix_ms((*templates)[0].last), kStart + 30);
  EXPECT_EQ((*templates)[0].example, "connection from 10.0.0.99 closed");
  EXPECT_EQ((*templates)[0].labels, (Labels{{"unit", "a"}}));
  LogQuery late = query();
  late.from = from_unix_ms(kStart + 5);
  EXPECT_EQ((*store_->templates(late))[0].count, 6U);
  EXPECT_EQ(store_->templates(query("|= \"disk\""))->size(), 1U);
}

TEST_F(LogStoreTest, KeepsTheNumbersOfTemplatesOverARestart) {
  append(kStart, "user alice logged in");
  append(kStart, "user bob logged in");
  ASSERT_TRUE(store_->seal());
  const uint64_t id = (*store_->templates(query("|= \"bob\"")))[0].id;
  open();
  append(kStart + 1, "user carol logged in");
  EXPECT_EQ((*store_->templates(query("|= \"carol\"")))[0].id, id);
}

TEST_F(LogStoreTest, CutsLongLinesBetweenCharactersAndSaysSo) {
  options_.line_bytes = 10;
  open();
  append(kStart, "123456789ÄÖÜ");
  EXPECT_THAT(texts(query()), ElementsAre("123456789 …[cut: 9 of 15 bytes]"));
  EXPECT_EQ(store_->stats().lines_cut, 1U);
}

TEST_F(LogStoreTest, TellsTheStreamLimitAndLetsKnownStreamsGoOn) {
  options_.streams = 1;
  open();
  append(kStart, "known");
  const Status status = store_->append({{from_unix_ms(kStart), Labels{{"unit", "b"}}, "unknown"},
                                        {from_unix_ms(kStart + 1), Labels{{"unit", "a"}}, "known too"}});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(status.error().message, HasSubstr("1 of 2 lines were not taken: the limit of 1 streams"));
  EXPECT_THAT(texts(query()), ElementsAre("known", "known too"));
}

TEST_F(LogStoreTest, WritesAFileWhenTheMemoryIsFullOrTheLinesAreOld) {
  options_.head_bytes = 10'000;
  open();
  for (int i = 0; i < 1000; ++i) append(kStart + i, "line number " + std::to_string(i));
  EXPECT_GT(store_->stats().files, 3U);
  EXPECT_LE(store_->stats().head_bytes, 10'000U);
  const uint64_t files = store_->stats().files;
  append(kStart + 1000, "the last");
  ASSERT_TRUE(store_->maintain());
  EXPECT_EQ(store_->stats().files, files);
  clock_.advance(options_.head_age + Duration(1));
  ASSERT_TRUE(store_->maintain());
  EXPECT_EQ(store_->stats().files, files + 1);
  EXPECT_EQ(texts(query()).size(), 1000U);
  EXPECT_EQ(texts(query("", true))[0], "the last");
}

TEST_F(LogStoreTest, RemovesFilesBeyondAgeAndSpace) {
  options_.retention = Duration(24 * kHour);
  open();
  for (int hour = 0; hour < 48; ++hour) {
    clock_.advance_to(from_unix_ms(kStart + hour * kHour));
    append(kStart + hour * kHour, "hour " + std::to_string(hour));
    ASSERT_TRUE(store_->seal());
    ASSERT_TRUE(store_->maintain());
  }
  EXPECT_THAT(texts(query())[0], "hour 23");
  append(kStart, "too old");
  EXPECT_EQ(store_->stats().lines_too_old, 1U);
  options_.max_disk_bytes = 1000;
  open();
  ASSERT_TRUE(store_->maintain());
  EXPECT_LE(store_->stats().file_bytes, 1000U);
  EXPECT_EQ(texts(query("", true))[0], "hour 47");
}

TEST_F(LogStoreTest, SetsADamagedFileAsideAndSaysSo) {
  append(kStart, "lost");
  ASSERT_TRUE(store_->seal());
  append(kStart + 1, "kept");
  store_.reset();
  const std::string whole = *read_file(only_file());
  std::ofstream(only_file(), std::ios::binary | std::ios::trunc) << whole.substr(0, whole.size() - 3);
  open();
  EXPECT_THAT(texts(query()), ElementsAre("kept"));
  ASSERT_EQ(store_->stats().problems.size(), 1U);
  EXPECT_THAT(store_->stats().problems[0], HasSubstr("set aside"));
}

TEST_F(LogStoreTest, LeavesADamagedChunkOutAndCountsIt) {
  append(kStart, "lost", {{"unit", "a"}});
  append(kStart, "kept", {{"unit", "b"}});
  ASSERT_TRUE(store_->seal());
  store_.reset();
  std::fstream file(only_file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(20);
  file.put('!');
  file.close();
  open();
  EXPECT_THAT(texts(query()), ElementsAre("kept"));
  EXPECT_EQ(store_->stats().corrupt_chunks, 1U);
}

TEST_F(LogStoreTest, LosesOnlyTheTornRecordOfItsLog) {
  append(kStart, "first");
  ASSERT_TRUE(store_->flush());
  append(kStart + 1, "second");
  store_.reset();
  const std::filesystem::path path = directory_.path() / "wal" / "00000001.wal";
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  open();
  EXPECT_THAT(texts(query()), ElementsAre("first"));
  EXPECT_GT(store_->stats().replay_lost_bytes, 0U);
}

TEST_F(LogStoreTest, RefusesAQueryThatLooksAtTooMuch) {
  options_.scanned_lines = 10;
  open();
  for (int i = 0; i < 11; ++i) append(kStart + i, "x");
  const auto lines = store_->lines(query("|= \"absent\""));
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(store_->lines(query("{")).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(LogStoreTest, EndsAQueryThatTakesTooLong) {
  // Every look takes twenty seconds.
  class SlowClock final : public Clock {
   public:
    Time now() const override { return from_unix_ms(kStart); }
    Duration monotonic() const override { return Duration(20'000 * looks_++); }

   private:
    mutable int looks_ = 0;
  };
  for (int i = 0; i < 1000; ++i) append(kStart + i, "x");
  store_.reset();
  const SlowClock slow;
  const auto store = LogStore::open(directory_.path(), options_, slow);
  ASSERT_TRUE(store);
  const auto lines = (*store)->lines(query("|= \"absent\""));
  ASSERT_FALSE(lines);
  EXPECT_EQ(lines.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(lines.error().message, "the query took longer than 30s; narrow its time or its labels");
  EXPECT_EQ((*store)->templates(query()).error().code, ErrorCode::kDeadlineExceeded);
}

TEST_F(LogStoreTest, SimilarLinesTakeFewBytesOnDisk) {
  size_t raw = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string line = "2026-01-01 00:00:" + std::to_string(10 + i % 50) + " INFO request " + std::to_string(i) +
                       " from 10.0." + std::to_string(i % 7) + "." + std::to_string(i % 251) + " took " +
                       std::to_string(i * 7919 % 997) + " ms";
    raw += line.size();
    append(kStart + i, std::move(line));
  }
  ASSERT_TRUE(store_->seal());
  EXPECT_LT(store_->stats().file_bytes * 6, raw);
}

TEST_F(LogStoreTest, TakenLinesSurviveKill9) {
  store_.reset();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = LogStore::open(directory_.path(), options_, clock_);
    bool good = store.has_value();
    for (int i = 0; good && i < 1000; ++i) {
      good = (*store)->append({{from_unix_ms(kStart + i), Labels{{"unit", "a"}}, std::to_string(i)}}).has_value();
      if (i == 500) good = good && (*store)->seal().has_value();
    }
    const char answer = good ? 'y' : 'n';
    static_cast<void>(!::write(ends[1], &answer, 1));
    while (true) ::pause();
  }
  char answer = 0;
  EXPECT_EQ(::read(ends[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  open();
  EXPECT_EQ(texts(query()).size(), 1000U);
}

}  // namespace
}  // namespace capstan::telemetry
