#include "diagnose/diagnosis_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan::diagnose {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<KindSpec> kKinds = {{.name = "k8s_pod", .columns = {{.name = "phase"}}},
                                      {.name = "k8s_service", .columns = {{.name = "type"}}}};

ReadDiagnosis read(std::vector<std::string> texts) {
  std::vector<DiagnosisText> files;
  for (std::string& text : texts) files.push_back({"file" + std::to_string(files.size()), std::move(text)});
  return read_diagnosis(files, kKinds);
}

std::string problem_of(const std::string& text) {
  const ReadDiagnosis found = read({text});
  return found.problems.empty() ? "" : found.problems[0].to_string();
}

std::vector<std::string> names(const DiagnosisBook& book) {
  std::vector<std::string> found;
  for (const Step& step : book.steps) found.push_back(step.name);
  return found;
}

std::string step(const std::string& name, const std::string& more = "") {
  return "step: " + name + "\nchecks:\n  - { on: k8s_pod, find: SELECT this.id FROM this, says: bad }\n" + more;
}

TEST(DiagnosisFile, StepsComeInTheOrderOfTheFilesButForThoseThatSayWhere) {
  const ReadDiagnosis found = read(
      {step("late", "after: b\n"), step("a") + "---\n" + step("b") + "---\n" + step("c"), step("later", "after: b\n")});
  EXPECT_THAT(found.problems, IsEmpty());
  EXPECT_THAT(names(found.book), ElementsAre("a", "b", "late", "later", "c"));
}

TEST(DiagnosisFile, AStepOfTheUserReplacesTheOneOfAPack) {
  const ReadDiagnosis found = read({step("a", "title: theirs\n"), step("a", "title: ours\n")});
  ASSERT_EQ(found.book.steps.size(), 1U);
  EXPECT_EQ(found.book.steps[0].title, "ours");
}

TEST(DiagnosisFile, SaysWhereAMistakeIs) {
  EXPECT_THAT(problem_of("step: a\nchecks: [{ on: k8s_pot, find: SELECT 1, says: x }]\n"),
              HasSubstr("did you mean 'k8s_pod'"));
  EXPECT_THAT(problem_of("step: a\nchecks: [{ says: x }]\n"), HasSubstr("file0:2:"));
  EXPECT_THAT(problem_of("step: a\nchecks: [{ rule: X, verdict: bad }]\n"), HasSubstr("'bad' is none of"));
  EXPECT_THAT(problem_of("step: a\n"), HasSubstr("checks"));
  EXPECT_THAT(problem_of(step("a", "after: nobody\n")), HasSubstr("'nobody', which is no step"));
  EXPECT_THAT(problem_of("walk: aside\non: k8s_pod\nfollow: owns\nto: k8s_pod\n"),
              HasSubstr("none of itself, needs, callers"));
  EXPECT_THAT(problem_of("walk: needs\non: k8s_pod\n"), HasSubstr("a walk needs either"));
  EXPECT_THAT(problem_of("walk: needs\non: k8s_pod\nfollow: owns\n"), HasSubstr("'to' is missing"));
}

TEST(DiagnosisFile, AFileWithAMistakeIsLeftOutAndTheOthersAreTaken) {
  const ReadDiagnosis found = read({step("a"), step("b") + "---\nstep: c\n"});
  EXPECT_EQ(found.problems.size(), 1U);
  EXPECT_THAT(names(found.book), ElementsAre("a"));
}

TEST(DiagnosisFile, SqlIsTriedBeforeItIsNeeded) {
  const ReadDiagnosis found =
      read({"step: a\nchecks:\n  - { on: k8s_pod, find: 'SELECT this.id, this.face FROM this', says: x }\n"
            "  - { on: k8s_pod, find: SELECT this.phase FROM this, says: x }\n"
            "  - { on: k8s_pod, find: DELETE FROM k8s_pod, says: x }\n"});
  ASSERT_THAT(found.problems, IsEmpty());
  std::vector<std::string> problems;
  for (const Error& problem : check_sql(found.book, kKinds)) problems.push_back(problem.to_string());
  EXPECT_THAT(problems, testing::SizeIs(3));
}

}  // namespace
}  // namespace capstan::diagnose
