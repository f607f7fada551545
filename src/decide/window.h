// A window of time that comes again every week, as people write it:
//
//   Mon-Fri 09:00-18:00 Asia/Seoul          several days, one time a day
//   Mon,Wed 08:00-12:00,13:00-17:00         several times; the zone is the caller's
//   daily 22:00-06:00 Europe/Berlin         over midnight: belongs to the day on which it begins
//   Fri 18:00-Mon 08:00 Asia/Seoul          over several days
//   Sat,Sun                                 whole days; also "weekdays", "weekends", "daily"
//
// A window begins at the first instant at which the clock on the wall shows its start and ends before the first instant
// at which it shows its end (decide/zone.h says what daylight saving makes of such times).
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "decide/zone.h"

namespace capstan::decide {

// From `begin` on, until before `end`.
struct Interval {
  Time begin;
  Time end;

  bool contains(Time time) const { return begin <= time && time < end; }
};

class Window {
 public:
  // `zone` is used where the text names none; without either it is refused, since "09:00" would mean nothing.
  static Result<Window> parse(std::string_view text, const std::optional<Zone>& zone);

  // Without the zone: "Mon-Fri 09:00-18:00".
  const std::string& says() const { return says_; }
  const Zone& zone() const { return zone_; }

  // Whether each minute of a week, from Sunday's first on, lies within. The clock on the wall decides: a window's edges
  // are the first instants at which it shows them, so that an hour that comes a second time changes nothing.
  using Week = std::bitset<7 * 1440>;
  const Week& week() const { return minutes_; }

  // Takes some nanoseconds.
  bool contains(Time time) const;
  // The intervals that touch [from, to], rising by begin; those of one window may overlap.
  std::vector<Interval> intervals(Time from, Time to) const;

 private:
  struct Span {
    unsigned weekdays = 0;  // Bit 0 is Sunday: the days on which it begins.
    int from = 0;           // Minutes after the midnight of that day.
    int to = 0;             // More than 1440 when it ends on a later day.
  };
  static Result<std::vector<Span>> parse_spans(std::string_view text);
  void lay_out();

  std::string says_;
  Zone zone_;
  std::vector<Span> spans_;
  Week minutes_;
};

}  // namespace capstan::decide
