#include "decide/period.h"

#include <fmt/format.h>

#include <charconv>

namespace capstan::decide {
namespace {

constexpr int64_t kMostDays = 3660;

std::unexpected<Error> refuse(std::string_view text) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is no span of time; expected something like 15m, 1h30m, PT4H or P7D", text));
}

// Milliseconds of a designator, or 0 when it may not stand here.
int64_t unit_ms(char designator, bool in_time) {
  if (!in_time) return designator == 'W' ? 604'800'000 : designator == 'D' ? 86'400'000 : 0;
  return designator == 'H' ? 3'600'000 : designator == 'M' ? 60'000 : designator == 'S' ? 1'000 : 0;
}

Result<Duration> parse_iso(std::string_view text) {
  bool in_time = false;
  int64_t total = 0;
  int64_t last_unit = INT64_MAX;
  const char* at = text.data() + 1;
  const char* end = text.data() + text.size();
  while (at < end) {
    if (*at == 'T' && !in_time && at + 1 < end) {
      in_time = true;
      ++at;
      continue;
    }
    uint32_t count = 0;
    const auto [last, error] = std::from_chars(at, end, count);
    if (error != std::errc() || last == end) return refuse(text);
    const int64_t unit = unit_ms(*last, in_time);
    if (unit == 0 || unit >= last_unit) return refuse(text);
    last_unit = unit;
    total += unit * count;
    if (total > kMostDays * 86'400'000) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is longer than ten years", text));
    }
    at = last + 1;
  }
  if (last_unit == INT64_MAX) return refuse(text);
  return Duration(total);
}

}  // namespace

Result<Duration> parse_period(std::string_view text) {
  if (text.starts_with('P')) return parse_iso(text);
  const Result<Duration> duration = parse_duration(text);
  if (!duration) return refuse(text);
  return *duration;
}

}  // namespace capstan::decide
