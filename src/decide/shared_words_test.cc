#include "decide/shared_words.h"

#include <gtest/gtest.h>

namespace capstan::decide {
namespace {

TEST(SharedWords, AreThoseThatWouldHaveBeenMade) {
  SharedWords shared;
  const Words why = Words::phrase("hours.within", {{"hours", "Mon-Fri 09:00-18:00"}});
  const Words made = Words::phrase("why.is_as_wanted", {{"state", "running"}, {"why", why}});
  EXPECT_EQ(shared.phrase("why.is_as_wanted", "state", "running", why), made);
  EXPECT_EQ(shared.phrase("why.is_as_wanted", "state", "running", why), made);
  EXPECT_EQ(shared.phrase("why.is_as_wanted", "state", "running", "as ann says").text,
            "is running as wanted: as ann says");
}

TEST(SharedWords, AreSharedOnlyForTheSameReasonAndText) {
  SharedWords shared;
  const Words why = Words::phrase("hours.always");
  const Words one = shared.phrase("why.is_as_wanted", "state", "running", why);
  EXPECT_EQ(shared.phrase("why.is_as_wanted", "state", "running", why).made, one.made);
  EXPECT_NE(shared.phrase("why.is_as_wanted", "state", "stopped", why), one);
  EXPECT_NE(shared.phrase("why.as_wanted", "state", "running", why), one);
  EXPECT_NE(shared.phrase("why.is_as_wanted", "state", "running", Words::phrase("hours.always")).made, one.made);
}

}  // namespace
}  // namespace capstan::decide
