#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "explain/consult.h"

namespace capstan::explain {
namespace {

class FakeManual final : public Manual {
 public:
  std::vector<ManualEntry> look_up(std::string_view text, std::string_view, size_t) const override {
    if (text.find("OOMKilled") == std::string_view::npos) return {};
    return {{.product = "kubernetes",
             .title = "Kubernetes",
             .code = "OOMKilled",
             .means = "too little memory",
             .causes = {"a leak"},
             .remedies = {"raise the limit"}}};
  }
};

Finding finding_that_says(std::string says) {
  Finding finding;
  finding.says = std::move(says);
  return finding;
}

TEST(Consult, AddsWhatTheManualSaysAndItsRemedyWhereThereIsNone) {
  const Finding found = consult(finding_that_says("it ended: OOMKilled"), FakeManual());
  ASSERT_EQ(found.evidence.size(), 1U);
  EXPECT_EQ(found.evidence[0].text, "the manual of Kubernetes OOMKilled says: too little memory");
  EXPECT_THAT(found.evidence[0].lines, testing::ElementsAre("cause: a leak", "remedy: raise the limit"));
  EXPECT_EQ(found.remedy, "raise the limit");
}

TEST(Consult, ReadsTheLinesOfTheEvidenceAndKeepsARemedy) {
  Finding finding = finding_that_says("a burst");
  finding.remedy = "call Eve";
  finding.evidence.push_back({.kind = Evidence::Kind::kLines, .text = "lines", .lines = {"3x OOMKilled"}});
  const Finding found = consult(finding, FakeManual());
  EXPECT_EQ(found.evidence.size(), 2U);
  EXPECT_EQ(found.remedy, "call Eve");
}

TEST(Consult, LooksUpAFindingOnlyOnce) {
  const Finding once = consult(finding_that_says("OOMKilled"), FakeManual());
  EXPECT_EQ(consult(once, FakeManual()).evidence.size(), once.evidence.size());
  EXPECT_TRUE(consult(finding_that_says("all is well"), FakeManual()).evidence.empty());
}

}  // namespace
}  // namespace capstan::explain
