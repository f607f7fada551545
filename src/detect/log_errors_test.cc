#include "detect/log_errors.h"

#include <gtest/gtest.h>

#include "detect/fake_sources.h"

namespace capstan::detect {
namespace {

class LogErrors : public testing::Test {
 protected:
  // `per_minute` errors of one template, evenly, within [from, to) seconds of the story.
  void says(double per_minute, int from, int to, uint64_t id = 1) {
    double due = 0;
    for (int second = from; second < to; ++second) {
      due += per_minute / 60;
      const auto count = static_cast<uint64_t>(due);
      due -= static_cast<double>(count);
      if (count > 0)
        logs.said.push_back({start + Duration(second * 1000), id, "cannot reach <*>",
                             Labels{{"filename", "/var/log/app"}, {"level", "error"}}, count});
    }
  }
  std::vector<Finding> run(int from, int to) {
    std::vector<Finding> last;
    for (int second = from; second <= to; second += 10) {
      ResourceFinder finder(sql, start);
      const auto holding = detector.evaluate(start + Duration(second * 1000), logs, finder);
      EXPECT_TRUE(holding.has_value());
      last = *holding;
      rounds_with_findings += last.empty() ? 0 : 1;
    }
    return last;
  }
  const Time start = from_unix_ms(1'700'000'000'000);
  FakeLogs logs;
  FakeSql sql;
  LogErrorDetector detector;
  int rounds_with_findings = 0;
};

TEST_F(LogErrors, ALogThatAlwaysSaysAFewIsNoFinding) {
  says(12, -7200, 3600);
  run(0, 3600);
  EXPECT_EQ(rounds_with_findings, 0);
}

TEST_F(LogErrors, AFewOfAQuietLogAreNoFinding) {
  says(8, 600, 660);
  run(0, 1200);
  EXPECT_EQ(rounds_with_findings, 0);
}

TEST_F(LogErrors, ABurstOfAQuietLogIsAFindingWithItsLines) {
  says(300, 600, 660);
  const std::vector<Finding> found = run(0, 640);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, Severity::kHigh);  // Never seen before.
  EXPECT_EQ(found[0].labels.get("filename"), "/var/log/app");
  EXPECT_NE(found[0].says.text.find("cannot reach <*>"), std::string::npos);
  ASSERT_EQ(found[0].evidence.front().lines.size(), 1u);
  EXPECT_TRUE(run(650, 1000).empty());  // And over when it was quiet for a while.
}

class ManualOfOne final : public Manual {
 public:
  std::vector<ManualEntry> look_up(std::string_view text, std::string_view, size_t) const override {
    if (!text.starts_with("cannot reach")) return {};
    return {{.product = "net", .title = "Net", .means = "the cable is out", .remedies = {"plug it in", "try again"}}};
  }
};

TEST_F(LogErrors, ABurstComesWithWhatTheManualSaysOfItsLines) {
  const ManualOfOne manual;
  detector = LogErrorDetector({}, &manual);
  says(300, 600, 660);
  const std::vector<Finding> found = run(0, 640);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].evidence.back().text, "the manual of Net says: the cable is out");
  EXPECT_EQ(found[0].remedy, "plug it in; try again");
}

TEST_F(LogErrors, ABurstOverAnUsualLevelIsAFinding) {
  says(12, -7200, 3600);
  says(200, 1800, 1900);
  run(0, 1700);
  EXPECT_EQ(rounds_with_findings, 0);
  const std::vector<Finding> found = run(1710, 1850);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].severity, Severity::kMedium);  // More of what it always says.
}

TEST_F(LogErrors, WhatGoesOnForAnHourIsHowThisLogIsNow) {
  says(200, 600, 9000);
  EXPECT_EQ(run(0, 1200).size(), 1u);
  EXPECT_TRUE(run(1210, 9000).empty());
}

TEST_F(LogErrors, ABurstThatARestartInterruptsGoesOn) {
  says(12, -7200, 3600, 2);
  says(200, 1800, 2400);
  const std::vector<Finding> before = run(0, 2000);
  ASSERT_EQ(before.size(), 1u);
  detector = LogErrorDetector();
  detector.restore(before[0]);
  const std::vector<Finding> after = run(2010, 2020);
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].id, before[0].id);
  EXPECT_EQ(after[0].since, before[0].since);
}

TEST(EventBaseline, ImprobableIsWhatPastDoesNotExplain) {
  EventBaseline quiet;
  quiet.add(0, Duration(3'600'000));
  EXPECT_LT(quiet.tail(10, Duration(60'000)), 1e-6);
  EventBaseline busy;
  busy.add(60 * 20, Duration(3'600'000));
  EXPECT_NEAR(busy.expected(Duration(60'000)), 19.7, 0.1);
  EXPECT_GT(busy.tail(35, Duration(60'000)), 1e-3);
  EXPECT_LT(busy.tail(100, Duration(60'000)), 1e-6);
  EXPECT_EQ(busy.tail(5, Duration(60'000)), 1);
}

}  // namespace
}  // namespace capstan::detect
