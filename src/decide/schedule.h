// Windows less their exceptions: when a policy's wanted state is one, when the other, and since when.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decide/calendar.h"
#include "decide/window.h"
#include "model/words.h"

namespace capstan::decide {

class Schedule {
 public:
  void add(Window window) { windows_.push_back(std::move(window)); }
  void add_exception(Window window) { except_windows_.push_back(std::move(window)); }
  // `name` is for people: "calendar/kr".
  void add_exception(std::string name, std::shared_ptr<const Calendar> calendar) {
    except_calendars_.push_back({std::move(name), std::move(calendar)});
  }
  // No window at all means: always.
  bool always() const { return windows_.empty() && except_windows_.empty() && except_calendars_.empty(); }

  struct Standing {
    bool inside = false;
    Words says;                 // "within Mon-Fri 09:00-18:00", "outside …", "Seollal (calendar/kr)"
    Time since;                 // The change that led to this; the epoch when it lies more than 35 days back.
    std::optional<Time> until;  // The next change; none within 35 days.
  };
  Standing at(Time now) const;
  // The same without words, in a few microseconds.
  bool is_inside(Time now) const { return inside(now); }
  // The first change after `after`; nothing where there is none within a year.
  std::optional<Time> next_change(Time after) const;

  // What of [from, to] lies within, rising and without touching one another.
  std::vector<Interval> intervals(Time from, Time to) const;
  // The windows as they were written, without their exceptions: "Mon-Fri 09:00-18:00"; "" for always.
  std::string describe() const;
  bool has_windows() const { return !windows_.empty(); }
  // That of the first window, else UTC; all-day events of calendars are days of it.
  const Zone& zone() const { return windows_.empty() ? utc_ : windows_.front().zone(); }

 private:
  struct NamedCalendar {
    std::string name;
    std::shared_ptr<const Calendar> calendar;
  };
  bool inside(Time time) const;
  // The exception that holds at `time`, for people; "" for none.
  Words exception(Time time) const;
  // Every instant within [from, to] at which `inside` may change, rising.
  std::vector<Time> edges(Time from, Time to) const;

  std::vector<Window> windows_;
  std::vector<Window> except_windows_;
  std::vector<NamedCalendar> except_calendars_;
  Zone utc_;
};

}  // namespace capstan::decide
