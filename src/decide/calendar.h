// Holidays and other exceptional days, read from iCalendar files (RFC 5545) as calendar programs export them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "decide/window.h"
#include "decide/zone.h"

namespace capstan::decide {

class Calendar {
 public:
  // Reads the events of a file; recurring ones are laid out until 2100. Understood: DTSTART, DTEND, DURATION, EXDATE,
  // RDATE, STATUS, SUMMARY and RRULE with FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY and BYDAY. What else would
  // change the days (BYSETPOS, RECURRENCE-ID) is refused with its line, never ignored.
  static Result<Calendar> parse(std::string_view text, std::string_view file);

  struct Day {
    Interval interval;
    std::string summary;
  };
  // Events that touch [from, to]. All-day events and floating times are days of `zone`.
  std::vector<Day> between(Time from, Time to, const Zone& zone) const;
  size_t size() const { return events_.size(); }

 private:
  friend class CalendarReader;
  struct Event {
    LocalTime begin;
    LocalTime end;
    std::optional<Zone> zone;  // None: whatever zone the reader of the clock lives in.
    std::string summary;
  };
  std::vector<Event> events_;  // Rising by begin.
  Duration longest_{0};
};

// By name, without the ending: "kr" for calendar/kr.ics; or why there is none, though there is a file of that name.
using Calendars = std::map<std::string, Result<std::shared_ptr<const Calendar>>, std::less<>>;

// kNotFound, with the nearest name, where there is no such file; what is wrong with it where it could not be read.
Result<std::shared_ptr<const Calendar>> find_calendar(const Calendars& calendars, std::string_view name);

}  // namespace capstan::decide
