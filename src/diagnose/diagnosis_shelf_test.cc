#include "diagnose/diagnosis_shelf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan::diagnose {
namespace {

const std::vector<KindSpec> kKinds = {{.name = "k8s_pod", .columns = {{.name = "phase"}}}};

std::string step(const std::string& sql) {
  return "step: a\nchecks:\n  - { on: k8s_pod, find: " + sql + ", says: bad }\n";
}

TEST(DiagnosisShelf, KeepsTheLastGoodVersionOfAFileWithAMistake) {
  DiagnosisShelf shelf;
  EXPECT_THAT(shelf.load({{"a.yaml", step("SELECT this.id FROM this")}}, kKinds), testing::IsEmpty());
  for (const std::string& wrong :
       {step("SELECT this.id FROM thus"), std::string("step: a\n"), std::string("step: [")}) {
    const std::vector<Error> problems = shelf.load({{"a.yaml", wrong}}, kKinds);
    ASSERT_FALSE(problems.empty());
    EXPECT_EQ(problems[0].where.file, "a.yaml");
    EXPECT_GT(problems[0].where.line, 0);
    ASSERT_EQ(shelf.book()->steps.size(), 1U);
    EXPECT_EQ(shelf.book()->steps[0].checks[0].question.find, "SELECT this.id FROM this");
  }
  EXPECT_THAT(shelf.load({}, kKinds), testing::IsEmpty());
  EXPECT_TRUE(shelf.book()->steps.empty());
}

}  // namespace
}  // namespace capstan::diagnose
