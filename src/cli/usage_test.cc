#include "cli/usage.h"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>

namespace capstan::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class UsageTest : public testing::Test {
 protected:
  UsageTest() {
    app_.require_subcommand(1);
    CLI::App* approve = app_.add_subcommand("approve", "Let a plan run");
    approve->add_option("plan", plan_)->required();
    approve->add_option("--hash", hash_);
    CLI::App* token = app_.add_subcommand("token", "Tokens");
    token->require_subcommand(1);
    token->add_subcommand("create", "Make one");
    token->add_subcommand("list", "List them");
  }

  std::string said(std::vector<const char*> words) {
    words.insert(words.begin(), "capstan");
    std::string complaint;
    const auto code = parse(app_, static_cast<int>(words.size()), words.data(), complaint);
    EXPECT_EQ(code.value_or(0), complaint.empty() ? 0 : kMisused);
    return complaint;
  }

  CLI::App app_{"Test", "capstan"};
  std::string plan_, hash_;
};

TEST_F(UsageTest, SaysNothingAboutWhatIsRight) {
  EXPECT_EQ(said({"approve", "plan-1", "--hash", "x"}), "");
  EXPECT_EQ(plan_, "plan-1");
}

TEST_F(UsageTest, NamesTheNearestCommand) {
  EXPECT_EQ(said({"aprove", "plan-1"}),
            "capstan: there is no command 'aprove' (did you mean 'approve'?); `capstan --help` lists them\n");
  EXPECT_EQ(said({"token", "lst"}),
            "capstan token: there is no command 'lst' (did you mean 'list'?); it has create, list\n");
}

TEST_F(UsageTest, SaysThatACommandIsMissing) {
  EXPECT_EQ(said({}), "capstan: a command is missing; `capstan --help` lists them\n");
  EXPECT_EQ(said({"token"}), "capstan token: a command is missing; it has create, list\n");
}

TEST_F(UsageTest, SaysWhatIsMissingAndHowTheCommandIsWritten) {
  EXPECT_THAT(said({"approve"}),
              StartsWith("capstan approve: plan is required\nUsage: capstan approve [OPTIONS] plan\n"));
}

TEST_F(UsageTest, NamesTheNearestOption) {
  EXPECT_THAT(said({"approve", "plan-1", "--hahs=1"}),
              StartsWith("capstan approve: there is no option --hahs (did you mean '--hash'?)\n"));
  EXPECT_THAT(said({"approve", "plan-1", "plan-2"}), HasSubstr("plan-2"));
}

}  // namespace
}  // namespace capstan::cli
