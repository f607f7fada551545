// Runs every scenario script beside this file. CAPSTAN_REGENERATE=1 rewrites what they expect, for review as a diff.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "cases/script.h"

namespace capstan::cases {
namespace {

TEST(Cases, HappenAsTheScriptsSay) {
  const auto files = list_files(CAPSTAN_CASES_DIR, ".case");
  ASSERT_TRUE(files.has_value()) << files.error().to_string();
  int cases = 0;
  for (const auto& path : *files) {
    const auto text = read_file(path);
    ASSERT_TRUE(text.has_value()) << text.error().to_string();
    const Outcome outcome = run_script(*text, path.filename());
    cases += outcome.cases;
    for (const Failure& failure : outcome.failures) ADD_FAILURE() << failure.to_string();
    if (std::getenv("CAPSTAN_REGENERATE") && outcome.rewritten != *text) {
      ASSERT_TRUE(write_file_atomically(path, outcome.rewritten).has_value());
    }
  }
  EXPECT_GE(cases, 60);
}

TEST(Cases, FailWithLineExpectedAndGot) {
  const Outcome outcome = run_script(
      "case: x\nresource ec2/a state=running\nat 2026-01-08T10:00 state ec2/a expect \"stopped\"\n", "x.case");
  ASSERT_EQ(outcome.failures.size(), 1u);
  EXPECT_EQ(
      outcome.failures[0].to_string(),
      "x.case:3: at 2026-01-08T10:00 state ec2/a expect \"stopped\"\n  expected: \"stopped\"\n  got:      \"running\"");
}

}  // namespace
}  // namespace capstan::cases
