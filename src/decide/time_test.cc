#include <date/tz.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "decide/calendar.h"
#include "decide/cron.h"
#include "decide/period.h"
#include "decide/schedule.h"
#include "decide/until.h"
#include "decide/window.h"
#include "decide/zone.h"

namespace capstan::decide {
namespace {

Time at(const char* text) { return parse_time(text).value(); }
Zone zone(const char* name) { return Zone::find(name).value(); }

Cron cron(const char* text, const char* name = "UTC") {
  auto parsed = Cron::parse(text, zone(name));
  EXPECT_TRUE(parsed.has_value()) << text << ": " << (parsed ? "" : parsed.error().message);
  return *parsed;
}

std::string next(const char* text, const char* from, const char* name = "UTC") {
  const auto time = cron(text, name).next_after(at(from));
  return time ? format_time(*time).substr(0, 16) : "never";
}

std::string refusal(const auto& result) { return result ? "accepted" : result.error().message; }

TEST(Period, TakesPrometheusAndIsoForms) {
  EXPECT_EQ(parse_period("1h30m"), Duration(5'400'000));
  EXPECT_EQ(parse_period("PT4H"), Duration(14'400'000));
  EXPECT_EQ(parse_period("P7D"), Duration(7LL * 86'400'000));
  EXPECT_EQ(parse_period("P1DT12H"), Duration(36LL * 3'600'000));
  for (const char* wrong : {"", "P", "PT", "P4H", "PT4D", "4", "soon", "P1DT", "PT1M1H", "P99999999D"}) {
    EXPECT_FALSE(parse_period(wrong).has_value()) << wrong;
  }
}

TEST(Until, NamesTheNextTimeThatTheClockShowsIt) {
  const Zone seoul = zone("Asia/Seoul");
  const Time now = at("2026-11-25T12:00:00Z");  // Wednesday, 21:00 in Seoul.
  const auto until = [&](const char* text) {
    const auto time = parse_until(text, seoul, now);
    return time ? format_time(*time).substr(0, 16) : time.error().message;
  };
  EXPECT_EQ(until("22:00"), "2026-11-25T13:00");
  EXPECT_EQ(until("21:00"), "2026-11-26T12:00") << "this very instant has come";
  EXPECT_EQ(until("9:30"), "2026-11-26T00:30");
  EXPECT_EQ(until("tomorrow 09:00"), "2026-11-26T00:00");
  EXPECT_EQ(until("Fri 18:00"), "2026-11-27T09:00");
  EXPECT_EQ(until("wednesday 20:00"), "2026-12-02T11:00") << "today's has passed";
  EXPECT_EQ(until("today 24:00"), "2026-11-25T15:00");
  EXPECT_EQ(until("2026-11-26 22:00"), "2026-11-26T13:00");
  EXPECT_EQ(until("2026-11-26T22:00"), "2026-11-26T13:00");
  EXPECT_EQ(until("2026-11-26T22:00:00+01:00"), "2026-11-26T21:00");
  EXPECT_EQ(until("2h"), "2026-11-25T14:00");
  EXPECT_EQ(until("P1D"), "2026-11-26T12:00");
  EXPECT_EQ(until("today 20:00"), "'today 20:00' is not in the future");
  for (const char* wrong : {"", "soon", "25:00", "22:60", "2026-02-30 10:00", "Fri", "tomorrow", "Foo 10:00", "-2h"}) {
    EXPECT_NE(until(wrong).find("is no time to end at; expected something like 22:00"), std::string::npos) << wrong;
  }
}

TEST(Until, OfASentenceKeepsItsParts) {
  const auto parts = [](const char* text) {
    const auto phrase = parse_keep_phrase(text);
    return phrase ? phrase->resource + "|" + phrase->state + "|" + phrase->until : "refused";
  };
  EXPECT_EQ(parts("trial_user07 up until 22:00"), "trial_user07|up|22:00");
  EXPECT_EQ(parts(" shop/web  alone for  2h "), "shop/web|alone|2h");
  EXPECT_EQ(parts("shop/web until tomorrow 09:00"), "shop/web||tomorrow 09:00");
  for (const char* wrong : {"", "until 22:00", "x up", "x up until", "x y z until 22:00"})
    EXPECT_EQ(parts(wrong), "refused") << wrong;
}

TEST(Zone, MapsGapsToTheirEndAndOverlapsToTheFirst) {
  const Zone berlin = zone("Europe/Berlin");
  const auto local = [](const char* text) { return LocalTime(at(text).time_since_epoch()); };
  EXPECT_EQ(berlin.instant(local("2026-03-29T02:30:00")), at("2026-03-29T01:00:00Z"));
  EXPECT_EQ(berlin.instant(local("2026-10-25T02:30:00")), at("2026-10-25T00:30:00Z"));
  EXPECT_EQ(berlin.local(at("2026-07-01T10:00:00Z")), local("2026-07-01T12:00:00"));
}

TEST(Zone, RefusesWhatIsNoZoneWithASuggestion) {
  EXPECT_EQ(refusal(Zone::find("KST")),
            "'KST' is no time zone, but an abbreviation: write Asia/Pyongyang or Asia/Seoul");
  EXPECT_THAT(refusal(Zone::find("PDT")), testing::HasSubstr("or another"));
  EXPECT_EQ(refusal(Zone::find("Asia/Soul")), "'Asia/Soul' is no time zone (did you mean 'Asia/Seoul'?)");
  for (const char* wrong : {"", "../../etc/passwd", "/etc/localtime", "Asia/", "No/Such"})
    EXPECT_FALSE(Zone::find(wrong)) << wrong;
}

TEST(Cron, FindsTheNextTime) {
  EXPECT_EQ(next("30 6 * * *", "2026-01-08T06:30:00Z"), "2026-01-09T06:30");
  EXPECT_EQ(next("*/15 * * * *", "2026-01-08T06:31:00Z"), "2026-01-08T06:45");
  EXPECT_EQ(next("0 9-17/4 * * mon-fri", "2026-01-09T17:00:00Z"), "2026-01-12T09:00");
  EXPECT_EQ(next("0 0 1 jan,jul *", "2026-01-08T00:00:00Z"), "2026-07-01T00:00");
  EXPECT_EQ(next("0 0 * * 7", "2026-01-08T00:00:00Z"), "2026-01-11T00:00");
  EXPECT_EQ(next("0 0 * * fri-mon", "2026-01-06T00:00:00Z"), "2026-01-09T00:00");
  EXPECT_EQ(next("@monthly", "2026-01-08T00:00:00Z"), "2026-02-01T00:00");
  EXPECT_EQ(next("0 0 29 2 *", "2026-01-08T00:00:00Z"), "2028-02-29T00:00");
  EXPECT_EQ(next("5/20 3 * * *", "2026-01-08T03:05:00Z"), "2026-01-08T03:25");
}

TEST(Cron, KnowsLastWeekdayAndOrdinalDays) {
  EXPECT_EQ(next("0 0 L * *", "2026-02-01T00:00:00Z"), "2026-02-28T00:00");
  EXPECT_EQ(next("0 0 L-3 * *", "2026-02-01T00:00:00Z"), "2026-02-25T00:00");
  EXPECT_EQ(next("0 0 15W * *", "2026-02-01T00:00:00Z"), "2026-02-16T00:00");  // The 15th is a Sunday.
  EXPECT_EQ(next("0 0 1W * *", "2026-08-01T00:00:00Z"), "2026-08-03T00:00");   // Saturday the 1st: not in July.
  EXPECT_EQ(next("0 0 LW * *", "2026-02-01T00:00:00Z"), "2026-02-27T00:00");
  EXPECT_EQ(next("0 0 * * 5L", "2026-01-08T00:00:00Z"), "2026-01-30T00:00");
  EXPECT_EQ(next("0 0 * * mon#2", "2026-01-08T00:00:00Z"), "2026-01-12T00:00");
  EXPECT_EQ(next("0 0 * * tue#5", "2026-01-08T00:00:00Z"), "2026-03-31T00:00");
}

TEST(Cron, TakesEitherDayWhenBothAreRestricted) {
  EXPECT_EQ(next("0 0 13 * fri", "2026-01-08T00:00:00Z"), "2026-01-09T00:00");
  EXPECT_EQ(next("0 0 13 * fri", "2026-01-09T00:00:00Z"), "2026-01-13T00:00");
  // A star with a step is still a star: both must match.
  EXPECT_EQ(next("0 0 */2 * fri", "2026-01-09T00:00:00Z"), "2026-01-23T00:00");
}

TEST(Cron, RunsAFixedTimeOnceThroughDaylightSaving) {
  EXPECT_EQ(next("30 2 * * *", "2026-03-28T12:00:00Z", "Europe/Berlin"), "2026-03-29T01:00");  // 03:00 there.
  EXPECT_EQ(next("30 2 * * *", "2026-03-29T01:00:00Z", "Europe/Berlin"), "2026-03-30T00:30");
  EXPECT_EQ(next("30 2 * * *", "2026-10-24T12:00:00Z", "Europe/Berlin"), "2026-10-25T00:30");
  EXPECT_EQ(next("30 2 * * *", "2026-10-25T00:30:00Z", "Europe/Berlin"), "2026-10-26T01:30");
}

TEST(Cron, FollowsTheWallWithAStar) {
  EXPECT_EQ(next("30 * * * *", "2026-10-25T00:30:00Z", "Europe/Berlin"), "2026-10-25T01:30");  // 02:30 again.
  EXPECT_EQ(next("30 * * * *", "2026-03-29T00:30:00Z", "Europe/Berlin"), "2026-03-29T01:30");  // 03:30: no 02:30.
}

TEST(Cron, FindsTheLatestTime) {
  EXPECT_EQ(cron("30 6 * * *").latest_until(at("2026-01-08T06:30:00Z")), at("2026-01-08T06:30:00Z"));
  EXPECT_EQ(cron("30 6 * * *").latest_until(at("2026-01-08T06:29:59Z")), at("2026-01-07T06:30:00Z"));
  EXPECT_EQ(cron("0 0 29 2 *").latest_until(at("2027-01-01T00:00:00Z")), at("2024-02-29T00:00:00Z"));
}

TEST(Cron, RefusesWithTheFieldThatIsWrong) {
  EXPECT_EQ(refusal(Cron::parse("60 * * * *", Zone())), "'60' is no minute (0 to 59)");
  EXPECT_EQ(refusal(Cron::parse("* * * 13 *", Zone())), "'13' is no month (1 to 12, or a name)");
  EXPECT_EQ(refusal(Cron::parse("* * *", Zone())),
            "'* * *' has 3 fields; expected five: minute, hour, day of month, month, day of week");
  EXPECT_EQ(refusal(Cron::parse("0 0 30 2 *", Zone())), "'0 0 30 2 *' never comes");
  EXPECT_EQ(refusal(Cron::parse("0 17-9 * * *", Zone())), "the range '17-9' of the hour runs backwards");
  for (const char* wrong : {"*/0 * * * *", "1,,2 * * * *", "- * * * *", "* * L-0 * *", "* * * * 1#6", "* * 32W * *"}) {
    EXPECT_FALSE(Cron::parse(wrong, Zone()).has_value()) << wrong;
  }
}

bool inside(const char* window, const char* time) {
  return Window::parse(window, std::nullopt).value().contains(at(time));
}

TEST(Window, ReadsWhatPeopleWrite) {
  EXPECT_TRUE(inside("Mon-Fri 09:00-18:00 Asia/Seoul", "2026-01-08T09:00:00+09:00"));
  EXPECT_FALSE(inside("Mon-Fri 09:00-18:00 Asia/Seoul", "2026-01-08T18:00:00+09:00"));
  EXPECT_TRUE(inside("monday,wed 08:00-24:00 UTC", "2026-01-07T23:59:59Z"));
  EXPECT_TRUE(inside("Fri - Mon 10:00 - 11:00 UTC", "2026-01-11T10:30:00Z"));
  EXPECT_TRUE(inside("22:00-06:00 UTC", "2026-01-08T03:00:00Z"));
  EXPECT_FALSE(inside("Sat,Sun 22:00-06:00 UTC", "2026-01-10T03:00:00Z"));
  EXPECT_TRUE(inside("weekends UTC", "2026-01-11T23:00:00Z"));
  EXPECT_TRUE(inside("Mon 08:00-Mon 07:00 UTC", "2026-01-11T00:00:00Z"));  // All the week but an hour.
  EXPECT_FALSE(inside("Mon 08:00-Mon 07:00 UTC", "2026-01-12T07:30:00Z"));
}

TEST(Window, RefusesWithAReason) {
  const auto parse = [](const char* text) { return refusal(Window::parse(text, std::nullopt)); };
  EXPECT_EQ(parse("Mon-Fri 09:00-18:00"),
            "'Mon-Fri 09:00-18:00' names no time zone; add one at its end, or 'zone:' to the policy");
  for (const char* text : {"Mon-Fri 0900-1800", "0900-1800", "Mon-Fri 0900-1800 Asia/Seoul"}) {
    EXPECT_EQ(refusal(Window::parse(text, std::nullopt)), "'0900-1800' is no time of day; expected like '09:00-18:00'")
        << text;
  }
  EXPECT_EQ(parse("Mon-Fry 09:00-18:00 UTC"), "'Mon-Fry' is no day");
  EXPECT_EQ(parse("09:00-09:00 UTC"), "'09:00-09:00' is no time of day: it is empty; the whole day is 00:00-24:00");
  for (const char* wrong : {"", " ", "UTC", "9-18 UTC", "24:00-25:00 UTC", "a b c d UTC", "Fri 18:00-Mon UTC"}) {
    EXPECT_NE(parse(wrong), "accepted") << wrong;
  }
}

Calendar calendar(const std::string& lines) {
  auto parsed =
      Calendar::parse("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + lines + "END:VEVENT\r\nEND:VCALENDAR\r\n", "kr.ics");
  EXPECT_TRUE(parsed.has_value()) << (parsed ? "" : parsed.error().to_string());
  return parsed.value_or(Calendar());
}

std::string days_of(const Calendar& calendar, const char* from, const char* to) {
  std::string text;
  for (const auto& day : calendar.between(at(from), at(to), Zone()))
    text += format_time(day.interval.begin).substr(0, 10) + " ";
  return text;
}

TEST(Calendar, LaysOutRecurrences) {
  EXPECT_EQ(days_of(calendar("DTSTART;VALUE=DATE:20240301\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:x\r\n"), "2026-01-01",
                    "2027-12-31"),
            "2026-03-01 2027-03-01 ");
  EXPECT_EQ(days_of(calendar("DTSTART;VALUE=DATE:20231123\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\n"), "2026-01-01",
                    "2026-12-31"),
            "2026-11-26 ");
  EXPECT_EQ(
      days_of(
          calendar(
              "DTSTART;VALUE=DATE:20260105\r\nRRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3\r\nEXDATE;VALUE=DATE:20260119\r\n"),
          "2026-01-01", "2026-12-31"),
      "2026-01-05 2026-02-02 ");
  EXPECT_EQ(days_of(calendar("DTSTART;VALUE=DATE:20260130\r\nRRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20260401\r\n"),
                    "2026-01-01", "2026-12-31"),
            "2026-01-30 2026-02-27 2026-03-27 ");
  EXPECT_EQ(days_of(calendar("DTSTART;VALUE=DATE:20260102\r\nRDATE;VALUE=DATE:20260205,20260207\r\n"), "2026-01-01",
                    "2026-12-31"),
            "2026-01-02 2026-02-05 2026-02-07 ");
}

TEST(Calendar, ReadsFoldedLinesTimesAndZones) {
  const Calendar events =
      calendar("DTSTART;TZID=Asia/Seoul:20260108T090000\r\nDURATION:PT2H\r\nSUMMARY:A \\, lo\r\n ng name\r\n");
  const auto days = events.between(at("2026-01-08T00:30:00Z"), at("2026-01-08T00:30:00Z"), Zone());
  ASSERT_EQ(days.size(), 1u);
  EXPECT_EQ(days[0].summary, "A , long name");
  EXPECT_EQ(days[0].interval.begin, at("2026-01-08T00:00:00Z"));
  EXPECT_EQ(days[0].interval.end, at("2026-01-08T02:00:00Z"));
}

TEST(Calendar, SkipsWhatWasCancelledAndIgnoresAlarms) {
  EXPECT_EQ(calendar("DTSTART;VALUE=DATE:20260102\r\nSTATUS:CANCELLED\r\n").size(), 0u);
  EXPECT_EQ(calendar("DTSTART;VALUE=DATE:20260102\r\nBEGIN:VALARM\r\nDURATION:nonsense\r\nEND:VALARM\r\n").size(), 1u);
}

TEST(Calendar, RefusesWhatItCannotDoWithItsLine) {
  const auto parse = [](const std::string& text) {
    auto parsed = Calendar::parse("BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + text + "END:VEVENT\nEND:VCALENDAR\n", "kr.ics");
    return parsed ? std::string("accepted") : parsed.error().to_string();
  };
  EXPECT_EQ(parse("DTSTART;VALUE=DATE:20260102\nRRULE:FREQ=YEARLY;BYSETPOS=1\n"),
            "kr.ics:4:1: BYSETPOS in a recurrence rule is not supported yet");
  EXPECT_EQ(parse("DTSTART;VALUE=DATE:20260230\n"), "kr.ics:3:1: '20260230' does not exist");
  EXPECT_EQ(parse("SUMMARY:x\n"), "kr.ics:4:1: an event needs DTSTART");
  EXPECT_FALSE(Calendar::parse("hello", "x.ics").has_value());
}

// In every zone there is, around each of its jumps of some years: what a look at the clock says is what the intervals
// say.
TEST(Window, AgreesWithItsIntervalsInEveryZone) {
  const char* const texts[] = {"Mon-Fri 09:00-18:00",
                               "daily 22:00-06:00",
                               "daily 01:15-02:30",
                               "Sun 02:30-03:30",
                               "Fri 18:00-Mon 08:00",
                               "daily 00:00-01:00,23:30-24:00",
                               "Sat,Sun"};
  const Time begin = at("2023-01-01T00:00:00Z");
  std::mt19937_64 random(7);
  size_t jumps = 0;
  for (const date::time_zone& each : date::get_tzdb().zones) {
    const Zone here = zone(each.name().c_str());
    std::vector<Time> times;
    for (int i = 0; i < 20; ++i) times.push_back(begin + Duration(static_cast<int64_t>(random() % 94'000'000'000)));
    for (Time hour = begin; hour < begin + std::chrono::days(1'000); hour += std::chrono::hours(12)) {
      if (here.local(hour + std::chrono::hours(12)) - here.local(hour) == std::chrono::hours(12)) continue;
      ++jumps;
      for (int minute = -240; minute < 960; minute += 5)
        times.push_back(hour + std::chrono::minutes(minute) + Duration(minute % 2));
    }
    for (const char* text : texts) {
      const Window window = Window::parse(text, here).value();
      for (const Time time : times) {
        const auto intervals = window.intervals(time, time);
        const bool expected =
            std::ranges::any_of(intervals, [&](const Interval& interval) { return interval.contains(time); });
        ASSERT_EQ(window.contains(time), expected) << each.name() << ' ' << text << ' ' << format_time(time);
      }
    }
  }
  EXPECT_GT(jumps, 500u) << "otherwise it proves nothing";
}

TEST(Zone, AnswersAsTheSystemsZoneDoes) {
  std::mt19937_64 random(11);
  for (const date::time_zone& each : date::get_tzdb().zones) {
    const Zone here = zone(each.name().c_str());
    for (int i = 0; i < 500; ++i) {
      const Time time(Duration(static_cast<int64_t>(random() % 5'000'000'000'000) - 400'000'000'000));
      const auto info = each.get_info(std::chrono::floor<std::chrono::seconds>(time));
      ASSERT_EQ(here.local(time).time_since_epoch(), time.time_since_epoch() + info.offset)
          << each.name() << ' ' << format_time(time);
      const date::local_time<Duration> wall(time.time_since_epoch());
      const date::local_info there = each.get_info(wall);
      const Time expected = there.result == date::local_info::nonexistent
                                ? Time(there.first.end.time_since_epoch())
                                : Time(wall.time_since_epoch() - there.first.offset);
      ASSERT_EQ(here.instant(LocalTime(wall.time_since_epoch())), expected) << each.name() << ' ' << format_time(time);
    }
  }
}

TEST(Schedule, GivesTheIntervalsOfAWeekWithoutItsExceptions) {
  Schedule schedule;
  schedule.add(Window::parse("Mon-Fri 09:00-18:00", zone("Asia/Seoul")).value());
  schedule.add(Window::parse("Fri 18:00-20:00", zone("Asia/Seoul")).value());
  schedule.add_exception(Window::parse("Wed 12:00-13:00", zone("Asia/Seoul")).value());
  const auto found =
      schedule.intervals(at("2026-11-23T03:00:00Z"), at("2026-11-30T00:00:00Z"));  // From Monday noon on.
  std::string text;
  for (const Interval& each : found)
    text += format_time(each.begin).substr(8, 8) + "-" + format_time(each.end).substr(11, 5) + " ";
  EXPECT_EQ(text, "23T03:00-09:00 24T00:00-09:00 25T00:00-03:00 25T04:00-09:00 26T00:00-09:00 27T00:00-11:00 ");
  EXPECT_EQ(Schedule().intervals(at("2026-11-23T03:00:00Z"), at("2026-11-24T00:00:00Z")).size(), 1u) << "always";
}

TEST(Schedule, SaysSinceAndUntilWhen) {
  Schedule schedule;
  schedule.add(Window::parse("Mon-Fri 09:00-18:00 Asia/Seoul", std::nullopt).value());
  const Schedule::Standing standing = schedule.at(at("2026-01-10T12:00:00+09:00"));
  EXPECT_FALSE(standing.inside);
  EXPECT_EQ(standing.says, "outside Mon-Fri 09:00-18:00");
  EXPECT_EQ(standing.since, at("2026-01-09T18:00:00+09:00"));
  EXPECT_EQ(standing.until, at("2026-01-12T09:00:00+09:00"));
}

TEST(Schedule, JoinsWindowsThatTouch) {
  Schedule schedule;
  schedule.add(Window::parse("daily 20:00-24:00 UTC", std::nullopt).value());
  schedule.add(Window::parse("daily 00:00-04:00 UTC", std::nullopt).value());
  const Schedule::Standing standing = schedule.at(at("2026-01-10T01:00:00Z"));
  EXPECT_TRUE(standing.inside);
  EXPECT_EQ(standing.since, at("2026-01-09T20:00:00Z"));
  EXPECT_EQ(standing.until, at("2026-01-10T04:00:00Z"));
}

}  // namespace
}  // namespace capstan::decide
