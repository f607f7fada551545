// Times that come again, in the five fields of cron: minute, hour, day of month, month, day of week.
//
// Names (jan, mon), lists, ranges, steps, L (last day; "5L" the last Friday; "L-3"), W ("15W" the weekday nearest to
// the 15th), # ("mon#2" the second Monday) and @hourly, @daily, @midnight, @weekly, @monthly, @yearly. Sunday is 0
// or 7.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "decide/zone.h"

namespace capstan::decide {

// As Vixie cron: when both day of month and day of week are restricted (neither starts with "*"), either suffices. A
// job with a fixed hour and minute that falls into the gap of daylight saving runs at the first minute after it, and
// one that comes twice runs at the first; a job with "*" as hour or minute follows the clock on the wall.
class Cron {
 public:
  // An expression that never comes true ("0 0 30 2 *") is refused too.
  static Result<Cron> parse(std::string_view text, Zone zone);

  const std::string& text() const { return text_; }
  const Zone& zone() const { return zone_; }

  std::optional<Time> next_after(Time time) const;
  std::optional<Time> latest_until(Time time) const;  // At `time` counts.

 private:
  struct Ordinal {
    int weekday = 0;  // 0 is Sunday.
    int which = 0;    // 1..5, or -1 for the last.
  };

  bool matches_day(std::chrono::local_days day) const;
  bool matches_day_of_month(const std::chrono::year_month_day& date) const;
  bool matches_weekday(std::chrono::local_days day, const std::chrono::year_month_day& date) const;
  // The first instant of a local day that comes after `time`.
  std::optional<Time> first_on(std::chrono::local_days day, Time time) const;
  // All instants of one local day, rising, without doubles.
  std::vector<Time> instants(std::chrono::local_days day) const;
  Status read_days_of_month(std::string_view field);
  Status read_weekdays(std::string_view field);

  std::string text_;
  Zone zone_;
  uint64_t minutes_ = 0;  // Bit n is set: n matches.
  uint64_t hours_ = 0;
  uint64_t days_ = 0;
  uint64_t months_ = 0;
  uint64_t weekdays_ = 0;
  std::vector<int> days_before_end_;  // L is 0, L-3 is 3.
  std::vector<int> nearest_weekday_;  // 15W; 0 is LW, the last weekday of the month.
  std::vector<Ordinal> ordinals_;
  bool follows_the_wall_ = false;  // The hour or the minute starts with "*".
  bool any_day_ = false;           // The day of month starts with "*".
  bool any_weekday_ = false;
};

}  // namespace capstan::decide
