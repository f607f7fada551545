#include "decide/dated_span.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <span>
#include <vector>

namespace capstan::decide {
namespace {

constexpr size_t kMaxLength = 200;
constexpr std::string_view kExpected = "expected like '2026-12-24 18:00 to 2027-01-02 09:00 Asia/Seoul'";

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(text.find_first_of(" \t", begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
  return words;
}

// The number of exactly `digits` digits at `at`; -1 for none.
int number_at(std::string_view text, size_t at, size_t digits) {
  int value = 0;
  for (size_t i = at; i < at + digits; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = 10 * value + (text[i] - '0');
  }
  return value;
}

std::optional<LocalTime> read_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year(number_at(text, 0, 4)),
                                        std::chrono::month(static_cast<unsigned>(number_at(text, 5, 2))),
                                        std::chrono::day(static_cast<unsigned>(number_at(text, 8, 2)))};
  if (!day.ok() || static_cast<int>(day.year()) < 1970) return std::nullopt;
  return LocalTime(std::chrono::local_days(day).time_since_epoch());
}

std::optional<std::chrono::minutes> read_clock(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const int hour = number_at(text, 0, 2);
  const int minute = number_at(text, 3, 2);
  if (hour < 0 || minute < 0 || hour > 24 || minute > 59 || (hour == 24 && minute > 0)) return std::nullopt;
  return std::chrono::minutes(60 * hour + minute);
}

// A date, or a date and a time of it. `begin` and `end` of what is meant: a date alone is the whole day.
struct Moment {
  LocalTime begin;
  LocalTime end;
};
Result<Moment> read_moment(std::span<const std::string_view> words, std::string_view whole) {
  const std::optional<LocalTime> day = words.empty() ? std::nullopt : read_date(words[0]);
  if (!day || words.size() > 2) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' in '{}' is no date; {}", fmt::join(words, " "), whole, kExpected));
  }
  if (words.size() == 1) return Moment{*day, *day + std::chrono::days(1)};
  const std::optional<std::chrono::minutes> clock = read_clock(words[1]);
  if (!clock) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no time of day; {}", words[1], kExpected));
  return Moment{*day + *clock, *day + *clock};
}

}  // namespace

bool DatedSpan::is_dated(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text.substr(0, kMaxLength));
  return !words.empty() && words[0].size() > 4 && number_at(words[0], 0, 4) >= 0 && words[0][4] == '-';
}

Result<DatedSpan> DatedSpan::parse(std::string_view text, const std::optional<Zone>& zone) {
  if (text.size() > kMaxLength) return fail(ErrorCode::kInvalidArgument, "a span of days is not that long");
  std::vector<std::string_view> words = words_of(text);
  DatedSpan span;
  const bool names_zone = words.size() > 1 && !read_date(words.back()) && !read_clock(words.back());
  if (names_zone) {
    span.zone_ = TRY(Zone::find(words.back()));
    words.pop_back();
  } else if (zone) {
    span.zone_ = *zone;
  } else {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' names no time zone; add one at its end, or a 'zone:'", text));
  }
  span.says_ = fmt::format("{}", fmt::join(words, " "));
  const auto to = std::ranges::find(words, "to");
  const Moment from = TRY(read_moment({words.begin(), to}, text));
  const Moment until = to == words.end() ? from : TRY(read_moment({std::next(to), words.end()}, text));
  span.interval_ = {span.zone_.instant(from.begin), span.zone_.instant(until.end)};
  if (span.interval_.begin >= span.interval_.end) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' ends before it begins; {}", text, kExpected));
  }
  return span;
}

}  // namespace capstan::decide
