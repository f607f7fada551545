#include "loop/money_period.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::loop {
namespace {

constexpr Duration kLongest{400LL * 86'400'000};
constexpr size_t kDayLength = std::string_view("2026-11-01").size();

Result<Time> read_end(std::string_view name, std::string_view text, const decide::Zone& zone, Time now) {
  if (const auto span = parse_duration(text)) {
    if (*span > kLongest) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is at most 400 days", name));
    return now - *span;
  }
  const bool is_day = text.size() == kDayLength && text[4] == '-' && text[7] == '-';
  const Result<Time> time = parse_time(is_day ? std::string(text) + "T00:00:00Z" : std::string(text));
  if (!time) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' must be a span such as 30d, a day such as 2026-11-01 or a time", name));
  }
  return is_day ? zone.instant(decide::LocalTime(time->time_since_epoch())) : *time;
}

}  // namespace

Result<decide::Interval> read_period(std::string_view since, std::string_view until, const decide::Zone& zone,
                                     Time now) {
  const Time from = TRY(read_end("since", since, zone, now));
  const Time to = until.empty() ? now : std::min(TRY(read_end("until", until, zone, now)), now);
  if (from >= to) return fail(ErrorCode::kInvalidArgument, "the period must begin before it ends, and before now");
  if (to - from > kLongest) return fail(ErrorCode::kInvalidArgument, "a period is at most 400 days");
  return decide::Interval{from, to};
}

}  // namespace capstan::loop
