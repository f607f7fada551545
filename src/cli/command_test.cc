#include "cli/command.h"

#include <gtest/gtest.h>

namespace capstan::cli {
namespace {

TEST(Cell, CannotDriveTheTerminal) {
  EXPECT_EQ(cell("\x1b[1A\x1b[2Kharmless\x07\x7f"), "\\x1b[1A\\x1b[2Kharmless\\x07\\x7f");
  EXPECT_EQ(cell("\xc2\x9b"
                 "2J \xc2\x80\xc2\x9f"),
            "\\x9b2J \\x80\\x9f")
      << "the same in one character";
  EXPECT_EQ(cell(Json::object({{"a\xc2\x9b", "\x1b\x7f"}})), R"({"a\x9b":"\u001b\x7f"})");
}

TEST(Cell, IsOneLineAndLeavesTheRestAsItIs) {
  EXPECT_EQ(cell("first\r\n\tsecond"), "first   second");
  EXPECT_EQ(cell("\xc2\xa0 \xc3\xa9 \xed\x95\x9c \xc2"), "\xc2\xa0 \xc3\xa9 \xed\x95\x9c \xc2");
  EXPECT_EQ(cell(Json()), "");
  EXPECT_EQ(cell(12), "12");
}

}  // namespace
}  // namespace capstan::cli
