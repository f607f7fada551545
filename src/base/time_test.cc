#include "base/time.h"

#include <gtest/gtest.h>

namespace capstan {
namespace {

TEST(Time, FormatsAndParsesTheSameMoment) {
  const Time time = from_unix_ms(1'767'895'200'123);
  EXPECT_EQ(format_time(time), "2026-01-08T18:00:00.123Z");
  EXPECT_EQ(parse_time("2026-01-08T18:00:00.123Z").value(), time);
  EXPECT_EQ(parse_time("2026-01-09T03:00:00.123456+09:00").value(), time);
  EXPECT_EQ(parse_time("2026-01-08 18:00:00.123").value(), time);
  EXPECT_EQ(parse_time("1767895200.123").value(), time);
  EXPECT_EQ(parse_time("2026-01-08").value(), from_unix_ms(1'767'830'400'000));
}

TEST(Time, RefusesWhatIsNoTime) {
  for (const char* text : {"", "soon", "2026-13-01", "2026-02-30", "2026-01-08T25:00", "2026-01-08T18:00:00.", "1e300",
                           "nan", "2026-01-08T18:00:00+0900", "2026-01-08T18:00:00Zx"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Duration, ReadsPrometheusForms) {
  EXPECT_EQ(parse_duration("1h30m").value(), std::chrono::minutes(90));
  EXPECT_EQ(parse_duration("15s").value(), std::chrono::seconds(15));
  EXPECT_EQ(parse_duration("1y2w3d4h5m6s7ms").value().count(), 33'019'506'007LL);
  EXPECT_EQ(parse_duration("0").value().count(), 0);
  for (const char* text : {"", "5", "1m1h", "1m1m", "-5m", "5 m", "1.5h", "m", "99999999999999999y"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Duration, PrintsTheShortestForm) {
  for (const char* text : {"0s", "1m30s", "1h", "8d", "2w", "1y", "250ms", "1d1ms"}) {
    EXPECT_EQ(format_duration(parse_duration(text).value()), text);
  }
}

}  // namespace
}  // namespace capstan
