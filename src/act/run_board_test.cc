#include "act/run_board.h"

#include <gtest/gtest.h>

namespace capstan::act {
namespace {

class RunBoardTest : public ::testing::Test {
 protected:
  VirtualClock clock_{from_unix_ms(1'767'000'000'000)};
  RunBoard board_{clock_};
};

TEST_F(RunBoardTest, GivesWhatWasPrintedSinceTheLastQuestion) {
  EXPECT_TRUE(board_.output("act-1", 0).is_null());
  board_.began("act-1", Duration(60'000));
  board_.printed("act-1", "one\n");
  const Json first = board_.output("act-1", 0);
  EXPECT_EQ(first["text"].string_or_empty(), "one\n");
  EXPECT_TRUE(first["running"].bool_or(false));
  board_.printed("act-1", "two\n");
  board_.ended("act-1");
  const Json second = board_.output("act-1", static_cast<uint64_t>(first["next"].int_or(0)));
  EXPECT_EQ(second["text"].string_or_empty(), "two\n");
  EXPECT_FALSE(second["running"].bool_or(true));
  EXPECT_EQ(second["ends_by"].string_or_empty(), format_time(clock_.now() + Duration(60'000)));
}

TEST_F(RunBoardTest, SaysFromWhereItGoesOnWhenSomethingIsLeftOut) {
  board_.began("act-1", Duration(60'000));
  for (int i = 0; i < 1'000; ++i) board_.printed("act-1", std::string(1'024, 'x'));
  const Json late = board_.output("act-1", 100'000);
  EXPECT_GT(late["from"].int_or(0), 100'000);
  const auto next = static_cast<uint64_t>(late["next"].int_or(0));
  EXPECT_EQ(late["from"].int_or(0) + static_cast<int64_t>(late["text"].string_or_empty().size()),
            late["next"].int_or(0));
  // The rest comes with the next question.
  EXPECT_EQ(board_.output("act-1", next)["next"].int_or(0), 1'024'000);
}

TEST_F(RunBoardTest, KnowsProgressWhileItRuns) {
  board_.began("act-1", Duration(60'000));
  EXPECT_TRUE(board_.progress("act-1")["done"].is_null());
  board_.progressed("act-1", {.done = 3, .of = 7, .says = "3 of 7"});
  EXPECT_EQ(board_.progress("act-1")["done"].int_or(0), 3);
  board_.ended("act-1");
  EXPECT_TRUE(board_.progress("act-1").is_null());
}

TEST_F(RunBoardTest, KeepsTheNewestOfThoseThatHaveEnded) {
  board_.began("runs", Duration(60'000));
  for (int i = 0; i < 300; ++i) {
    const std::string action = "act-" + std::to_string(i);
    board_.began(action, Duration(60'000));
    board_.ended(action);
  }
  EXPECT_FALSE(board_.output("runs", 0).is_null());
  EXPECT_TRUE(board_.output("act-0", 0).is_null());
  EXPECT_FALSE(board_.output("act-299", 0).is_null());
}

}  // namespace
}  // namespace capstan::act
