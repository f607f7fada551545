// The recurrence rule of an iCalendar event (RFC 5545, section 3.3.10), in the parts that yearly, monthly, weekly and
// daily events need.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace capstan::decide {

class CalendarRule {
 public:
  static Result<CalendarRule> parse(std::string_view text);

  // Calls `visit` with each day from `first` on, rising, until the rule, `last` or `limit` ends it. False when `limit`
  // cut it short.
  bool each(std::chrono::local_days first, std::chrono::local_days last, size_t limit,
            const std::function<void(std::chrono::local_days)>& visit) const;

 private:
  enum class Frequency { kDaily, kWeekly, kMonthly, kYearly };
  struct Weekday {
    int ordinal = 0;   // 0: every one; 2: the second; -1: the last.
    unsigned day = 0;  // 0 is Sunday.
  };
  bool matches(std::chrono::local_days first, std::chrono::local_days day) const;
  bool matches_weekday(std::chrono::local_days day) const;
  Status read_part(std::string_view name, std::string_view value);
  Status read_weekday(std::string_view item);

  Frequency frequency_ = Frequency::kYearly;
  bool has_frequency_ = false;
  int interval_ = 1;
  std::optional<int> count_;
  std::optional<std::chrono::local_days> until_;
  std::vector<int> months_;
  std::vector<int> days_of_month_;
  std::vector<Weekday> weekdays_;
};

// "20260117" or the date of "20260117T090000Z".
Result<std::chrono::local_days> parse_calendar_date(std::string_view text);

}  // namespace capstan::decide
