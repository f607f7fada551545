#include "base/regex_replacement.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <array>

namespace capstan {
namespace {

std::string replaced(std::string_view text) {
  const re2::RE2 regex("(?P<host>[^:]+):(\\d+)(x)?");
  const std::string value = "web1:9100";
  std::array<re2::StringPiece, 4> groups;
  EXPECT_TRUE(regex.Match(value, 0, value.size(), re2::RE2::ANCHOR_BOTH, groups.data(), 4));
  return RegexReplacement(text, regex).expand(groups);
}

TEST(RegexReplacement, ReadsNumbersNamesAndBraces) {
  EXPECT_EQ(replaced("$2 ${2}0 $host ${host}s $0"), "9100 91000 web1 web1s web1:9100");
}

TEST(RegexReplacement, TakesTheLongestName) { EXPECT_EQ(replaced("<$2x> <$hosts>"), "<> <>"); }

TEST(RegexReplacement, LeavesUnknownAndUnmatchedGroupsEmpty) { EXPECT_EQ(replaced("<$3$9${none}$99999999999>"), "<>"); }

TEST(RegexReplacement, KeepsADollarThatRefersToNothing) { EXPECT_EQ(replaced("$$1 $ ${2 $-"), "$1 $ ${2 $-"); }

}  // namespace
}  // namespace capstan
