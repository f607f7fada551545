#include "decide/window_cron.h"

#include <gtest/gtest.h>

#include "decide/cron.h"

namespace capstan::decide {
namespace {

Window window(std::string_view text) {
  const auto read = Window::parse(text, Zone());
  EXPECT_TRUE(read) << text;
  return read.value();
}

std::string crons(std::string_view text) {
  const CronPair pair = cron_of(window(text));
  return pair.start + " | " + pair.stop;
}

TEST(WindowCron, SaysWhenAWindowBeginsAndEnds) {
  EXPECT_EQ(crons("Mon-Fri 09:00-18:00"), "0 9 * * 1-5 | 0 18 * * 1-5");
  EXPECT_EQ(crons("Mon,Wed 08:30-12:30"), "30 8 * * 1,3 | 30 12 * * 1,3");
  EXPECT_EQ(crons("Mon-Sat 08:00-12:00,13:00-20:00"), "0 8,13 * * 1-6 | 0 12,20 * * 1-6");
  EXPECT_EQ(crons("Mon-Fri 22:00-06:00"), "0 22 * * 1-5 | 0 6 * * 2-6");
  EXPECT_EQ(crons("daily 22:00-06:00"), "0 22 * * * | 0 6 * * *");
  EXPECT_EQ(crons("Fri 18:00-Mon 08:00"), "0 18 * * 5 | 0 8 * * 1");
  EXPECT_EQ(crons("Sat,Sun"), "0 0 * * 6 | 0 0 * * 1");
}

TEST(WindowCron, RunsLongerWhereTwoExpressionsCannotSayMore) {
  EXPECT_EQ(crons("Mon-Fri 08:00-12:30,13:30-18:00"), "0 8 * * 1-5 | 0 18 * * 1-5");
  EXPECT_EQ(crons("Mon-Fri 08:15-12:00,13:30-24:00"), "0 * * * * | 0 0 1 1 *");
  EXPECT_EQ(crons("daily"), "0 * * * * | 0 0 1 1 *");
}

TEST(WindowCron, IsUpForTheWholeWindow) {
  for (const std::string_view text :
       {"Mon-Fri 09:00-18:00", "Mon-Fri 22:00-06:00", "Fri 18:00-Mon 08:00", "Mon-Fri 08:00-12:30,13:30-18:00",
        "Sat,Sun", "Sun,Tue-Thu 05:59-06:01,23:00-23:59", "daily 00:00-24:00", "Mon-Fri 23:30-00:30,12:15-13:00"}) {
    const Window hours = window(text);
    const CronPair pair = cron_of(hours);
    const Cron start = Cron::parse(pair.start, Zone()).value();
    const Cron stop = Cron::parse(pair.stop, Zone()).value();
    const Time from = Time(std::chrono::sys_days(std::chrono::year(2026) / 3 / 1));
    for (Time at = from; at < from + std::chrono::days(7); at += std::chrono::minutes(1)) {
      if (!hours.contains(at)) continue;
      ASSERT_GE(start.latest_until(at), stop.latest_until(at)) << text << " at " << format_time(at);
    }
  }
}

}  // namespace
}  // namespace capstan::decide
