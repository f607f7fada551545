#include "base/time.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace capstan {
namespace {

struct Unit {
  std::string_view name;
  int64_t ms;
};
constexpr std::array<Unit, 7> kUnits = {{{"y", 365LL * 86'400'000},
                                         {"w", 7LL * 86'400'000},
                                         {"d", 86'400'000},
                                         {"h", 3'600'000},
                                         {"m", 60'000},
                                         {"s", 1'000},
                                         {"ms", 1}}};

// Years beyond this overflow nothing and no operator means them.
constexpr int64_t kMaxUnixMs = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z
constexpr int64_t kMaxDurationMs = INT64_MAX / 2;

// Reads exactly `digits` decimal digits at the front of `text` and drops them.
std::optional<int> take_digits(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_char(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Time> parse_rfc3339(std::string_view text) {
  auto year = take_digits(text, 4);
  if (!year || !take_char(text, "-")) return std::nullopt;
  auto month = take_digits(text, 2);
  if (!month || !take_char(text, "-")) return std::nullopt;
  auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  int64_t ms = std::chrono::sys_days(date).time_since_epoch().count() * 86'400'000LL;
  if (text.empty()) return from_unix_ms(ms);

  if (!take_char(text, "Tt ")) return std::nullopt;
  auto hour = take_digits(text, 2);
  if (!hour || !take_char(text, ":")) return std::nullopt;
  auto minute = take_digits(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  ms += *hour * 3'600'000LL + *minute * 60'000LL;
  if (take_char(text, ":")) {
    auto second = take_digits(text, 2);
    if (!second || *second > 60) return std::nullopt;
    ms += *second * 1000LL;
    if (take_char(text, ".")) {
      int64_t scale = 100;
      bool any = false;
      while (auto digit = take_digits(text, 1)) {
        ms += *digit * scale;
        scale /= 10;
        any = true;
      }
      if (!any) return std::nullopt;
    }
  }
  if (text.empty() || take_char(text, "Zz")) return text.empty() ? std::optional(from_unix_ms(ms)) : std::nullopt;
  const bool behind = text.front() == '-';
  if (!take_char(text, "+-")) return std::nullopt;
  auto offset_hours = take_digits(text, 2);
  if (!offset_hours || !take_char(text, ":")) return std::nullopt;
  auto offset_minutes = take_digits(text, 2);
  if (!offset_minutes || !text.empty() || *offset_hours > 23 || *offset_minutes > 59) return std::nullopt;
  const int64_t offset = *offset_hours * 3'600'000LL + *offset_minutes * 60'000LL;
  return from_unix_ms(behind ? ms + offset : ms - offset);
}

}  // namespace

std::string format_time(Time time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const int64_t ms = (time - days).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), ms / 3'600'000,
                     ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

Result<Time> parse_time(std::string_view text) {
  if (auto time = parse_rfc3339(text)) return *time;
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size() && !text.empty() &&
      std::abs(seconds) * 1000 <= static_cast<double>(kMaxUnixMs)) {
    return from_unix_ms(std::llround(seconds * 1000));
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is not a time: expected RFC 3339 (2026-01-08T18:00:00Z) or Unix seconds", text));
}

Result<Duration> parse_duration(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not a duration: expected a form such as 30s, 5m or 1h30m", text));
  };
  if (text == "0") return Duration(0);
  std::string_view rest = text;
  int64_t total = 0;
  size_t next_unit = 0;
  if (rest.empty()) return bad();
  while (!rest.empty()) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || number < 0 || rest.front() == '-') return bad();
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    size_t letters = 0;
    while (letters < rest.size() && rest[letters] >= 'a' && rest[letters] <= 'z') ++letters;
    const std::string_view unit = rest.substr(0, letters);
    rest.remove_prefix(letters);
    size_t index = next_unit;
    while (index < kUnits.size() && kUnits[index].name != unit) ++index;
    if (index == kUnits.size()) return bad();
    if (number > (kMaxDurationMs - total) / kUnits[index].ms) return bad();
    total += number * kUnits[index].ms;
    next_unit = index + 1;
  }
  return Duration(total);
}

std::string format_duration(Duration duration) {
  int64_t ms = duration.count();
  if (ms == 0) return "0s";
  std::string text = ms < 0 ? "-" : "";
  if (ms < 0) ms = -ms;
  for (const Unit& unit : kUnits) {
    // Years and weeks only where nothing remains, as Prometheus prints them: 8 days are "8d", not "1w1d".
    const bool exact_only = unit.name == "y" || unit.name == "w";
    if (ms < unit.ms || (exact_only && ms % unit.ms != 0)) continue;
    text += std::to_string(ms / unit.ms);
    text += unit.name;
    ms %= unit.ms;
  }
  return text;
}

}  // namespace capstan
