#include "telemetry/storage/write_ahead_log.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "telemetry/storage/crc32c.h"
#include "telemetry/storage/temporary_directory.h"

namespace capstan::telemetry {
namespace {

std::vector<std::string> records_of(WriteAheadLog& log, ReplayReport* report = nullptr, uint64_t first = 0) {
  std::vector<std::string> records;
  const Result<ReplayReport> result = log.replay(first, [&](uint64_t, std::string_view payload) {
    records.emplace_back(payload);
    return true;
  });
  EXPECT_TRUE(result) << result.error().to_string();
  if (report != nullptr && result) *report = *result;
  return records;
}

std::unique_ptr<WriteAheadLog> open(const TemporaryDirectory& directory) {
  Result<std::unique_ptr<WriteAheadLog>> log = WriteAheadLog::open(directory.path());
  EXPECT_TRUE(log) << log.error().to_string();
  return *std::move(log);
}

TEST(Crc32c, AgreesWithThePublishedExamples) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(crc32c(""), 0u);
}

TEST(WriteAheadLog, GivesBackWhatWasFlushed) {
  const TemporaryDirectory directory;
  {
    auto log = open(directory);
    log->append("one");
    log->append(std::string(100'000, 'x'));
    ASSERT_TRUE(log->flush());
  }
  auto log = open(directory);
  EXPECT_EQ(records_of(*log), (std::vector<std::string>{"one", std::string(100'000, 'x')}));
}

TEST(WriteAheadLog, LosesNoMoreThanTheTornRecordWhereverItIsCut) {
  const TemporaryDirectory directory;
  {
    auto log = open(directory);
    for (const char* record : {"first", "second", "third"}) log->append(record);
    ASSERT_TRUE(log->flush());
  }
  const std::filesystem::path path = directory.path() / "00000001.wal";
  const std::string whole = *read_file(path);
  const size_t third_begins = whole.size() - 8 - 5;
  for (size_t size = third_begins; size < whole.size(); ++size) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    auto log = open(directory);
    ReplayReport report;
    EXPECT_EQ(records_of(*log, &report), (std::vector<std::string>{"first", "second"}));
    EXPECT_EQ(report.lost_bytes, size - third_begins);
    EXPECT_EQ(report.problems.size(), size > third_begins ? 1U : 0U);
    EXPECT_EQ(std::filesystem::file_size(path), third_begins) << "the torn tail must be cut off";
  }
}

TEST(WriteAheadLog, ADamagedSegmentDoesNotTakeTheNextOnesWithIt) {
  const TemporaryDirectory directory;
  {
    auto log = open(directory);
    log->append("a");
    log->append("b");
    ASSERT_TRUE(log->rotate());
    log->append("c");
    ASSERT_TRUE(log->flush());
  }
  std::fstream file(directory.path() / "00000001.wal", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-1, std::ios::end);
  file.put('!');
  file.close();
  auto log = open(directory);
  ReplayReport report;
  EXPECT_EQ(records_of(*log, &report), (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(report.lost_bytes, 9U);
}

TEST(WriteAheadLog, ForgetsTheSegmentsBeforeANumber) {
  const TemporaryDirectory directory;
  auto log = open(directory);
  log->append("old");
  const uint64_t segment = *log->rotate();
  log->append("new");
  ASSERT_TRUE(log->flush());
  ASSERT_TRUE(log->drop_before(segment));
  EXPECT_EQ(log->segment_count(), 1U);
  auto again = open(directory);
  EXPECT_EQ(records_of(*again), std::vector<std::string>{"new"});
}

TEST(WriteAheadLog, NeverWritesIntoASegmentOfAnEarlierRun) {
  const TemporaryDirectory directory;
  for (const char* record : {"1", "2", "3"}) {
    auto log = open(directory);
    log->append(record);
    ASSERT_TRUE(log->flush());
  }
  auto log = open(directory);
  EXPECT_EQ(log->segment_count(), 3U);
  EXPECT_EQ(records_of(*log), (std::vector<std::string>{"1", "2", "3"}));
}

}  // namespace
}  // namespace capstan::telemetry
