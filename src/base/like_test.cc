#include "base/like.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

TEST(Like, PercentIsAnythingAndLettersOfAnyCaseAreAlike) {
  EXPECT_TRUE(matches_like("%too MANY%", "FATAL: sorry, too many clients"));
  EXPECT_TRUE(matches_like("a%b%c", "aXbYbZc"));
  EXPECT_TRUE(matches_like("%", ""));
  EXPECT_FALSE(matches_like("a%b", "abc"));
  EXPECT_FALSE(matches_like("", "a"));
}

}  // namespace
}  // namespace capstan
