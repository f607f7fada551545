#include "connect/aws/timestamps.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>

namespace capstan::aws {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Parts {
  int year;
  unsigned month, day, weekday;
  int64_t ms;  // Of the day.
};

Parts parts_of(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  return {static_cast<int>(date.year()), static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
          std::chrono::weekday(day).c_encoding(), (time - day).count()};
}

bool read_number(std::string_view text, size_t at, size_t digits, int& number) {
  if (at + digits > text.size()) return false;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + digits, number);
  return error == std::errc() && end == text.data() + at + digits && number >= 0;
}

// "Sun, 30 Aug 2015 12:36:00 GMT"
bool read_rfc822(std::string_view text, Time& time) {
  int day = 0, year = 0, hour = 0, minute = 0, second = 0;
  if (text.size() != 29 || !text.ends_with(" GMT") || text.substr(3, 2) != ", ") return false;
  size_t month = 0;
  while (month < kMonths.size() && kMonths[month] != text.substr(8, 3)) ++month;
  if (month == kMonths.size() || !read_number(text, 5, 2, day) || !read_number(text, 12, 4, year) ||
      !read_number(text, 17, 2, hour) || !read_number(text, 20, 2, minute) || !read_number(text, 23, 2, second)) {
    return false;
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month) + 1),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return false;
  time = Time(std::chrono::sys_days(date).time_since_epoch()) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
  return true;
}

}  // namespace

std::string iso8601(Time time) {
  const Parts at = parts_of(time);
  const std::string fraction = at.ms % 1000 == 0 ? "" : fmt::format(".{:03}", at.ms % 1000);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", at.year, at.month, at.day, at.ms / 3'600'000,
                     at.ms / 60'000 % 60, at.ms / 1000 % 60, fraction);
}

std::string iso8601_basic(Time time) {
  const Parts at = parts_of(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", at.year, at.month, at.day, at.ms / 3'600'000,
                     at.ms / 60'000 % 60, at.ms / 1000 % 60);
}

std::string rfc822(Time time) {
  const Parts at = parts_of(time);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[at.weekday], at.day, kMonths[at.month - 1],
                     at.year, at.ms / 3'600'000, at.ms / 60'000 % 60, at.ms / 1000 % 60);
}

Result<Time> read_timestamp(const Json& value) {
  if (value.is_number()) return parse_time(fmt::format("{:.3f}", value.number_or(0)));
  Time time;
  if (read_rfc822(value.string_or_empty(), time)) return time;
  return parse_time(value.string_or_empty());
}

Json write_timestamp(Time time, TimestampFormat format) {
  if (format == TimestampFormat::kRfc822) return rfc822(time);
  if (format != TimestampFormat::kUnix) return iso8601(time);
  const int64_t ms = to_unix_ms(time);
  return ms % 1000 == 0 ? Json(ms / 1000) : Json(to_unix_seconds(time));
}

}  // namespace capstan::aws
