#include "loop/program_desk.h"

#include <gtest/gtest.h>

#include <fstream>

namespace capstan::loop {
namespace {

class NoSecrets final : public SecretStore {
 public:
  Result<Secret> get(std::string_view) const override { return fail(ErrorCode::kNotFound, "there is no secret"); }
};

class ProgramDeskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "capstan-programs-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    desk_ = std::make_unique<ProgramDesk>(ProgramDesk::Parts{
        .clock = clock_, .random = random_, .secrets = secrets_, .verbs = verbs_, .records = directory_ / "runs"});
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::vector<Error> apply(const std::string& text) {
    std::ofstream(directory_ / "verbs.yaml") << text;
    ConfigTree config({}, directory_);
    config.refresh();
    EXPECT_TRUE(config.problems().empty());
    return desk_->apply(config, {.programs = {"/bin/sh"}}, {{.name = "host"}});
  }

  std::filesystem::path directory_;
  VirtualClock clock_{from_unix_ms(1'767'000'000'000)};
  SeededRandom random_{1};
  NoSecrets secrets_;
  VerbRegistry verbs_;
  std::unique_ptr<ProgramDesk> desk_;
};

TEST_F(ProgramDeskTest, MakesVerbsOfDocumentsAndTakesThemAway) {
  EXPECT_TRUE(apply("verb: a.run\non: host\nrun: [sh]\n---\nverb: b.run\non: host\nrun: [sh]\n").empty());
  const Verb* first = verbs_.find("a.run");
  ASSERT_NE(first, nullptr);
  ASSERT_NE(verbs_.find("b.run"), nullptr);
  // What is the same stays the same.
  EXPECT_TRUE(apply("verb: a.run\non: host\nrun: [sh]\n---\nverb: b.run\non: host\nrun: [sh]\n").empty());
  EXPECT_EQ(verbs_.find("a.run"), first);
  EXPECT_TRUE(apply("verb: b.run\non: host\nrun: [sh]\n").empty());
  EXPECT_EQ(verbs_.find("a.run"), nullptr);
}

TEST_F(ProgramDeskTest, LeavesVerbsOfServicesToOthers) {
  EXPECT_TRUE(apply("verb: mcm.delete\nservice: mcm\non: host\ndo: [ { delete: /x } ]\n").empty());
  EXPECT_EQ(verbs_.find("mcm.delete"), nullptr);
}

TEST_F(ProgramDeskTest, GoesOnTellingAMistakeUntilItIsMended) {
  for (int i = 0; i < 2; ++i) {
    const std::vector<Error> problems = apply("verb: a.run\non: host\nrun: [sh]\nshell: ls\n");
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_NE(problems.front().to_string().find("verbs.yaml:4"), std::string::npos) << problems.front().to_string();
    EXPECT_EQ(verbs_.find("a.run"), nullptr);
  }
  EXPECT_TRUE(apply("verb: a.run\non: host\nrun: [sh]\n").empty());
}

}  // namespace
}  // namespace capstan::loop
