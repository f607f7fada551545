#include "base/http_date.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

TEST(HttpDate, ReadsEveryFormThatServersSend) {
  for (const char* text : {"Sun, 30 Aug 2015 12:36:00 GMT", "Sun, 30-Aug-2015 12:36:00 GMT",
                           "Sunday, 30-Aug-15 12:36:00 GMT", "Sun Aug 30 12:36:00 2015"}) {
    const auto time = read_http_date(text);
    ASSERT_TRUE(time.has_value()) << text;
    EXPECT_EQ(format_time(*time), "2015-08-30T12:36:00.000Z") << text;
  }
  EXPECT_EQ(to_unix_ms(read_http_date("Thu, 01 Jan 1970 00:00:00 GMT").value()), 0);
}

TEST(HttpDate, SaysNothingOfWhatIsNone) {
  for (const char* text : {"", "0", "-1", "soon", "Sun, 30 Aug 2015", "Sun, 31 Feb 2015 12:36:00 GMT",
                           "Sun, 30 Aug 2015 25:00:00 GMT", "2015-08-30T12:36:00Z"}) {
    EXPECT_FALSE(read_http_date(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace capstan
