#include "loop/finding_book.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace capstan::loop {
namespace {

class FactList final : public FactSink {
 public:
  Result<std::vector<Seq>> append(std::span<const NewFact> news) override {
    if (broken) return fail(ErrorCode::kResourceExhausted, "the disk is full");
    std::vector<Seq> seqs;
    for (const NewFact& fact : news) {
      all.push_back(fact);
      seqs.push_back(all.size());
    }
    return seqs;
  }

  std::vector<NewFact> all;
  bool broken = false;
};

class FindingBookTest : public ::testing::Test {
 protected:
  static Finding finding(const std::string& id, Severity severity = Severity::kHigh) {
    return {.id = id, .rule = "Rule", .severity = severity, .resource = "host/a", .says = "it holds"};
  }
  Status report(const std::string& source, std::vector<Finding> holding) {
    return book_.update(
        {.source = source, .at = now_, .holding = std::move(holding)}, [this](const std::string&) { return ended_by_; },
        facts_);
  }
  std::vector<std::string> kinds() const {
    std::vector<std::string> kinds;
    for (const NewFact& fact : facts_.all) kinds.push_back(fact.kind + " " + fact.subject);
    return kinds;
  }

  FactList facts_;
  FindingBook book_;
  Time now_ = from_unix_ms(1'800'000'000'000);
  Seq ended_by_ = 0;
};

using Lines = std::vector<std::string>;

TEST_F(FindingBookTest, WritesTheComingAndTheGoingOnce) {
  ASSERT_TRUE(report("s", {finding("a")}));
  ASSERT_TRUE(report("s", {finding("a")}));
  ASSERT_TRUE(report("s", {}));
  ASSERT_TRUE(report("s", {}));
  EXPECT_EQ(kinds(), (Lines{"finding.opened a", "finding.resolved a"}));
  EXPECT_EQ(facts_.all[1].cause, 1u) << "it ended by itself";
  EXPECT_EQ(book_.resolved_by("a"), 2u);
}

TEST_F(FindingBookTest, NamesTheActionThatHelpedAsTheCauseOfTheEnd) {
  ASSERT_TRUE(report("s", {finding("a")}));
  ended_by_ = 77;
  ASSERT_TRUE(report("s", {}));
  EXPECT_EQ(facts_.all[1].cause, 77u);
}

TEST_F(FindingBookTest, ResolvesOnlyWhatTheSameSourceReported) {
  ASSERT_TRUE(report("s", {finding("a")}));
  ASSERT_TRUE(report("t", {finding("b")}));
  ASSERT_TRUE(report("s", {}));
  EXPECT_EQ(kinds().back(), "finding.resolved a");
  EXPECT_EQ(book_.holding().size(), 1u);
}

TEST_F(FindingBookTest, TakesARoundThatSaysOnlyWhatDiffers) {
  ASSERT_TRUE(report("s", {finding("a"), finding("b")}));
  ASSERT_TRUE(report("t", {finding("other")}));
  const Findings round{
      .source = "s", .at = now_, .holding = {finding("c")}, .is_whole = false, .ended = {"a", "never told", "other"}};
  ASSERT_TRUE(book_.update(round, [](const std::string&) { return Seq(0); }, facts_));
  EXPECT_EQ(kinds(), (Lines{"finding.opened a", "finding.opened b", "finding.opened other", "finding.opened c",
                            "finding.resolved a"}));
  EXPECT_EQ(book_.holding().size(), 3u);
}

TEST_F(FindingBookTest, CausesAreSoughtByTheNewestEvidenceWhichIsNoFact) {
  Finding burst = finding("a");
  burst.evidence = {{.kind = Evidence::Kind::kLines, .lines = {"connection refused"}}};
  ASSERT_TRUE(report("s", {burst}));
  burst.evidence[0].lines = {"no space left"};
  ASSERT_TRUE(report("s", {burst}));
  EXPECT_EQ(kinds(), Lines{"finding.opened a"});
  EXPECT_EQ(book_.holding().at(0).evidence.at(0).lines, Lines{"no space left"});
}

TEST_F(FindingBookTest, WritesANewSeverityButNotANewValue) {
  ASSERT_TRUE(report("s", {finding("a")}));
  Finding moved = finding("a");
  moved.value = 5;
  moved.says = "it holds more";
  ASSERT_TRUE(report("s", {moved}));
  EXPECT_EQ(facts_.all.size(), 1u);
  EXPECT_EQ(book_.find("a")->finding.says, "it holds more") << "pages show the newest words all the same";
  ASSERT_TRUE(report("s", {finding("a", Severity::kCritical)}));
  EXPECT_EQ(kinds().back(), "finding.changed a");
}

TEST_F(FindingBookTest, ChangesNothingWhenNothingCanBeWritten) {
  facts_.broken = true;
  EXPECT_FALSE(report("s", {finding("a")}));
  EXPECT_TRUE(book_.holding().empty());
  facts_.broken = false;
  ASSERT_TRUE(report("s", {finding("a")}));
  EXPECT_EQ(kinds(), (Lines{"finding.opened a"}));
}

TEST_F(FindingBookTest, KeepsWhatHeldBeforeARestartUntilItIsNotClaimed) {
  book_.restore(finding("a"), 5);
  book_.restore(finding("b"), 6);
  ASSERT_TRUE(report("s", {finding("a")}));
  EXPECT_TRUE(facts_.all.empty()) << "the same finding is not opened again";
  ASSERT_TRUE(book_.resolve_unclaimed(now_, facts_));
  EXPECT_EQ(kinds(), (Lines{"finding.resolved b"}));
  EXPECT_EQ(facts_.all[0].cause, 6u);
}

TEST_F(FindingBookTest, CutsWhatIsTooLargeForAFact) {
  Finding large = finding("a");
  large.remedy = std::string(100'000, 'r');
  Evidence lines;
  lines.kind = Evidence::Kind::kLines;
  for (int i = 0; i < 1'000; ++i) lines.lines.push_back(std::string(500, 'x'));
  large.evidence = {lines, lines};
  ASSERT_TRUE(report("s", {large}));
  EXPECT_LE(facts_.all[0].body.dump().size(), 64u << 10);
  EXPECT_EQ(facts_.all[0].body["rule"], finding("a").to_json()["rule"]);
}

TEST_F(FindingBookTest, GivesEachEndedFindingOnce) {
  ASSERT_TRUE(report("s", {finding("a")}));
  ASSERT_TRUE(report("s", {}));
  EXPECT_EQ(book_.take_ended().size(), 1u);
  EXPECT_TRUE(book_.take_ended().empty());
}

}  // namespace
}  // namespace capstan::loop
