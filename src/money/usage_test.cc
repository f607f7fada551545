#include "money/usage.h"

#include <gtest/gtest.h>

namespace capstan::money {
namespace {

using decide::Window;
using decide::Zone;

constexpr Duration kHour{3'600'000};
constexpr Duration kDay = 24 * kHour;
constexpr Rate kDollar = 1'000'000'000;

Zone zone(std::string_view name) { return *Zone::find(name); }
Time at(std::string_view text) { return *parse_time(text); }
double hours(Duration time) { return to_seconds(time) / 3600; }

Spans windows(std::string_view text, Time from, Time to) {
  return Spans(Window::parse(text, std::nullopt)->intervals(from - 15 * kDay, to + 15 * kDay));
}

// A resource that costs 1 an hour while it runs and a tenth of it all the same.
class Machine {
 public:
  explicit Machine(Rate stopped = kDollar / 10) : stopped_(stopped) {
    resource_.id = "vm/a";
    price_.running = "status = 'RUNNING'";
  }
  // Of a kind that cannot be stopped.
  static Machine disk() {
    Machine disk;
    disk.price_.running = "";
    return disk;
  }

  Machine& runs(Time from, Time to) { return add(from, to, true, kDollar); }
  Machine& rests(Time from, Time to) { return add(from, to, false, stopped_); }
  // Runs within the spans and rests between them.
  Machine& follows(const Spans& spans, Time from, Time to) {
    Time now = from;
    for (const Interval& each : spans.intervals()) {
      if (each.end <= from || each.begin >= to) continue;
      if (now < each.begin) rests(now, each.begin);
      runs(std::max(now, each.begin), std::min(each.end, to));
      now = std::min(each.end, to);
    }
    if (now < to) rests(now, to);
    return *this;
  }
  // A copy of a machine has a price of its own.
  PricedResource resource() const {
    PricedResource resource = resource_;
    for (Stretch& each : resource.stretches) each.price = &price_;
    return resource;
  }

 private:
  Machine& add(Time from, Time to, bool running, Rate cost) {
    resource_.stretches.push_back(
        {.from = from, .to = to, .price = nullptr, .running = running, .cost = cost, .base = kDollar});
    return *this;
  }
  Price price_;
  Rate stopped_;
  PricedResource resource_;
};

Period period(std::string_view zone_name, Time from, Time to) {
  return {.bounds = day_bounds(zone(zone_name), from, to), .observed = Spans({{from - kDay, to + kDay}})};
}

Savings total(const PricedResource& resource, const Scheduled& schedule, const Period& period) {
  std::vector<Savings> days(period.days());
  measure(resource, schedule, period, days);
  Savings all;
  for (const Savings& day : days) all += day;
  return all;
}

void expect_adds_up(const Savings& all) {
  const Duration time = all.start_up.time + all.late.time + all.kept.time + all.restarted.time + all.unobserved.time +
                        all.unstoppable.time - all.unused.time;
  EXPECT_EQ(all.planned.time - all.real.time, time);
  const Amount money = all.start_up.money + all.late.money + all.kept.money + all.restarted.money +
                       all.unobserved.money + all.unstoppable.money - all.unused.money;
  EXPECT_TRUE(all.planned.money - all.real.money == money);
  const Usage& usage = all.usage;
  EXPECT_EQ(usage.existing.time, usage.running.time + usage.stopped.time + usage.unobserved.time);
  EXPECT_TRUE(all.real.money == usage.existing.money - usage.cost() - usage.unobserved.money);
}

TEST(Savings, WeekdaysFromNineToSixLeaveFortyFiveOf168Hours) {
  const Time from = at("2026-11-02T00:00:00+09:00"), to = from + 28 * kDay;
  const Spans hours_of = windows("Mon-Fri 09:00-18:00 Asia/Seoul", from, to);
  const Machine machine = Machine(0).follows(hours_of, from, to);
  const Savings all = total(machine.resource(), {Spans({{from, to}}), hours_of, {}}, period("Asia/Seoul", from, to));
  EXPECT_EQ(all.usage.existing.time, 4 * 168 * kHour);
  EXPECT_EQ(all.planned.time, 4 * 123 * kHour);
  EXPECT_EQ(all.real.time, 4 * 123 * kHour);
  EXPECT_DOUBLE_EQ(all.planned.money.units() / all.usage.existing.money.units(), 123.0 / 168);
  expect_adds_up(all);
}

TEST(Savings, EachHourOutsideOfTheScheduleHasOneReason) {
  const Time monday = at("2026-11-02T00:00:00+09:00"), to = monday + 3 * kDay;
  const Spans hours_of = windows("Mon-Fri 09:00-18:00 Asia/Seoul", monday, to);
  const auto on = [&](int day, double hour) {
    return monday + day * kDay + Duration(static_cast<int64_t>(hour * 3'600'000));
  };
  Machine machine;
  machine.rests(on(0, 0), on(0, 8.75)).runs(on(0, 8.75), on(0, 18.5));  // Started early, stopped late.
  machine.rests(on(0, 18.5), on(1, 2)).runs(on(1, 2), on(1, 3));        // Somebody at night.
  machine.rests(on(1, 3), on(1, 10)).runs(on(1, 10), on(1, 22.25));     // An hour unused, then kept until ten.
  machine.rests(on(1, 22.25), on(2, 9)).runs(on(2, 9), on(2, 18)).rests(on(2, 18), to);
  Period period_of = period("Asia/Seoul", monday, to);
  period_of.observed = Spans({{monday, on(2, 20)}, {on(2, 23), to}});
  const Scheduled schedule{Spans({{monday, to}}), hours_of, Spans({{on(1, 18), on(1, 22)}})};
  const Savings all = total(machine.resource(), schedule, period_of);
  EXPECT_DOUBLE_EQ(hours(all.start_up.time), 0.25);
  EXPECT_DOUBLE_EQ(hours(all.late.time), 0.75);  // Half an hour on Monday, and a quarter after it was kept.
  EXPECT_DOUBLE_EQ(hours(all.kept.time), 4);
  EXPECT_DOUBLE_EQ(hours(all.restarted.time), 1);
  EXPECT_DOUBLE_EQ(hours(all.unobserved.time), 3);
  EXPECT_DOUBLE_EQ(hours(all.unused.time), 1);
  EXPECT_DOUBLE_EQ(hours(all.planned.time), 45);
  EXPECT_DOUBLE_EQ(hours(all.real.time), 45 - 0.25 - 0.75 - 4 - 1 - 3 + 1);
  EXPECT_DOUBLE_EQ(all.unstoppable.money.units(), hours(all.usage.stopped.time) / 10);
  expect_adds_up(all);
}

TEST(Savings, WhatHasNoStateOfRunningCannotBeStopped) {
  const Time from = at("2026-11-02T00:00:00Z"), to = from + kDay;
  const Spans hours_of = windows("daily 09:00-18:00 UTC", from, to);
  Machine disk = Machine::disk();
  disk.runs(from, to);
  const Savings all = total(disk.resource(), {Spans({{from, to}}), hours_of, {}}, period("UTC", from, to));
  EXPECT_EQ(all.planned.time, 15 * kHour);
  EXPECT_EQ(all.unstoppable.time, 15 * kHour);
  EXPECT_EQ(all.real.time, Duration(0));
  expect_adds_up(all);
}

TEST(Savings, WhatThePolicyIsNotAboutIsNotMeasured) {
  const Time from = at("2026-11-02T00:00:00Z"), to = from + 2 * kDay;
  const Spans hours_of = windows("daily 09:00-18:00 UTC", from, to);
  const Machine machine = Machine().runs(from, to);
  const Savings all = total(machine.resource(), {Spans({{from + kDay, to}}), hours_of, {}}, period("UTC", from, to));
  EXPECT_EQ(all.usage.existing.time, kDay);
  EXPECT_EQ(all.planned.time, 15 * kHour);
  EXPECT_EQ(all.late.time, 15 * kHour);
  expect_adds_up(all);
}

TEST(Savings, ADayOfDaylightSavingHas23HoursAndItsWindowIsAsLongAsTheClockOnTheWallSays) {
  const Zone berlin = zone("Europe/Berlin");
  const Time from = at("2026-03-28T00:00:00+01:00"), to = at("2026-03-30T00:00:00+02:00");
  const Period days = period("Europe/Berlin", from, to);
  ASSERT_EQ(days.days(), 2u);
  EXPECT_EQ(days.bounds[2] - days.bounds[1], 23 * kHour);
  const Spans hours_of = windows("daily 01:00-05:00 Europe/Berlin", from, to);
  const Machine machine = Machine(0).follows(hours_of, from, to);
  std::vector<Savings> each(2);
  measure(machine.resource(), {Spans({{from, to}}), hours_of, {}}, days, each);
  EXPECT_EQ(each[0].usage.running.time, 4 * kHour);
  EXPECT_EQ(each[1].usage.running.time, 3 * kHour);  // From one to five, without the hour from two.
  EXPECT_EQ(each[1].planned.time, 20 * kHour);
}

TEST(Usage, WhatLivedTenMinutesCostTenMinutes) {
  const Time from = at("2026-11-02T00:00:00Z"), to = from + kDay;
  const Time born = from + 5 * kHour;
  const Machine machine = Machine().runs(born, born + Duration(600'000));
  std::vector<Usage> days(1);
  meter(machine.resource(), period("UTC", from, to), days);
  EXPECT_EQ(days[0].existing.time, Duration(600'000));
  EXPECT_DOUBLE_EQ(days[0].cost().units(), 1.0 / 6);
}

TEST(Usage, ADayIsThatOfTheZone) {
  const Time from = at("2026-11-02T00:00:00+09:00"), to = from + 2 * kDay;
  const Time midnight = from + kDay;
  const Machine machine = Machine().runs(midnight - kHour, midnight + 2 * kHour);
  std::vector<Usage> seoul(2);
  meter(machine.resource(), period("Asia/Seoul", from, to), seoul);
  EXPECT_EQ(seoul[0].running.time, kHour);
  EXPECT_EQ(seoul[1].running.time, 2 * kHour);
  const Period utc = period("UTC", from, to);  // Three pieces: its midnights are at nine in Seoul.
  ASSERT_EQ(utc.days(), 3u);
  std::vector<Usage> days(3);
  meter(machine.resource(), utc, days);
  EXPECT_EQ(days[1].running.time, 3 * kHour);
}

TEST(Usage, WhatNobodyWatchedIsNeitherRunningNorStopped) {
  const Time from = at("2026-11-02T00:00:00Z"), to = from + kDay;
  const Machine machine = Machine().runs(from, to);
  Period watched = period("UTC", from, to);
  watched.observed = Spans({{from, from + 6 * kHour}, {from + 7 * kHour, to}});
  std::vector<Usage> days(1);
  meter(machine.resource(), watched, days);
  EXPECT_EQ(days[0].unobserved.time, kHour);
  EXPECT_EQ(days[0].running.time, 23 * kHour);
  EXPECT_DOUBLE_EQ(days[0].cost().units(), 23);
}

TEST(Amount, AThousandSmallPartsAreTheirWhole) {
  Amount parts;
  for (int i = 0; i < 1000; ++i) parts += Amount::of(1, Duration(7));  // A billionth an hour, seven milliseconds.
  EXPECT_TRUE(parts == Amount::of(1000, Duration(7)));
  EXPECT_EQ(rate_of(0.0116), Rate{11'600'000});
  EXPECT_EQ(rate_of(-1), std::nullopt);
}

}  // namespace
}  // namespace capstan::money
