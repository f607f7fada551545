#include "connect/aws/timestamps.h"

#include <fmt/format.h>

#include <array>
#include <chrono>

#include "base/http_date.h"

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
  if (const std::optional<Time> time = read_http_date(value.string_or_empty())) return *time;
  return parse_time(value.string_or_empty());
}

Json write_timestamp(Time time, TimestampFormat format) {
  if (format == TimestampFormat::kRfc822) return rfc822(time);
  if (format != TimestampFormat::kUnix) return iso8601(time);
  const int64_t ms = to_unix_ms(time);
  return ms % 1000 == 0 ? Json(ms / 1000) : Json(to_unix_seconds(time));
}

}  // namespace capstan::aws
