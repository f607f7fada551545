#include "telemetry/promql/math_functions.h"

#include <chrono>
#include <cmath>
#include <limits>
#include <optional>

#include "telemetry/promql/window.h"

namespace capstan::telemetry::promql {
namespace {

// Minimum and maximum that pass NaN on, but for an infinity that decides anyway (as Go's math package has them).
double least(double a, double b) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (a == -kInf || b == -kInf) return -kInf;
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  return a < b ? a : b;
}
double most(double a, double b) { return -least(-a, -b); }

struct Date {
  std::chrono::sys_days day;
  std::chrono::year_month_day parts;
  int64_t second_of_day = 0;
};

// Nothing for NaN, infinities and years that std::chrono does not know.
std::optional<Date> date_of(double seconds) {
  constexpr double kFarthest = 9e11;  // About the year 30,000; std::chrono ends at 32,767.
  if (!(std::abs(seconds) < kFarthest)) return std::nullopt;
  const auto whole = std::chrono::sys_seconds(std::chrono::seconds(static_cast<int64_t>(seconds)));
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  return Date{day, std::chrono::year_month_day(day), (whole - day).count()};
}

template <class Part>
double date_part(double seconds, Part part) {
  const std::optional<Date> date = date_of(seconds);
  return date ? static_cast<double>(part(*date)) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

double round_to(double value, Parameters parameters) {
  // Multiplying by the inverse keeps decimal fractions such as 0.1 exact more often than dividing.
  const double inverse = 1.0 / (parameters.empty() ? 1.0 : parameters[0]);
  return std::floor(value * inverse + 0.5) / inverse;
}

double sign_of(double value, Parameters) { return value < 0 ? -1 : value > 0 ? 1 : value; }

double clamp_between(double value, Parameters parameters) {
  if (parameters[1] < parameters[0]) return absent_value();
  return most(parameters[0], least(parameters[1], value));
}
double clamp_to_min(double value, Parameters parameters) { return most(parameters[0], value); }
double clamp_to_max(double value, Parameters parameters) { return least(parameters[0], value); }

double minute_of(double seconds, Parameters) {
  return date_part(seconds, [](const Date& date) { return date.second_of_day / 60 % 60; });
}
double hour_of(double seconds, Parameters) {
  return date_part(seconds, [](const Date& date) { return date.second_of_day / 3600; });
}
double day_of_week(double seconds, Parameters) {
  return date_part(seconds, [](const Date& date) { return std::chrono::weekday(date.day).c_encoding(); });
}
double day_of_month(double seconds, Parameters) {
  return date_part(seconds, [](const Date& date) { return static_cast<unsigned>(date.parts.day()); });
}
double day_of_year(double seconds, Parameters) {
  return date_part(seconds, [](const Date& date) {
    const auto first = std::chrono::sys_days(date.parts.year() / std::chrono::January / 1);
    return (date.day - first).count() + 1;
  });
}
double days_in_month(double seconds, Parameters) {
  return date_part(seconds, [](const Date& date) {
    const auto last = date.parts.year() / date.parts.month() / std::chrono::last;
    return static_cast<unsigned>(last.day());
  });
}
double month_of(double seconds, Parameters) {
  return date_part(seconds, [](const Date& date) { return static_cast<unsigned>(date.parts.month()); });
}
double year_of(double seconds, Parameters) {
  return date_part(seconds, [](const Date& date) { return static_cast<int>(date.parts.year()); });
}

}  // namespace capstan::telemetry::promql
