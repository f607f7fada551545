#include "decide/window.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/suggest.h"

namespace capstan::decide {
namespace {

constexpr size_t kMaxLength = 300;
constexpr int kDayMinutes = 24 * 60;
constexpr unsigned kEveryDay = 0x7f;

constexpr std::array<std::string_view, 7> kDays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"sunday",   "monday", "tuesday", "wednesday",
                                                       "thursday", "friday", "saturday"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return result;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = text.find(separator);
    if (end != 0) parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

std::unexpected<Error> refuse(std::string_view what, std::string_view text, std::string hint = "") {
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no {}{}", text, what, hint));
}

std::optional<int> read_day(std::string_view text) {
  const std::string plain = lower(text);
  for (size_t day = 0; day < kDays.size(); ++day) {
    if (plain == kDays[day] || plain == kLongDays[day]) return static_cast<int>(day);
  }
  return std::nullopt;
}

// "09:00" to "24:00", as minutes.
std::optional<int> read_clock(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(text[0]) || !digit(text[1]) || !digit(text[3]) || !digit(text[4])) {
    return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (hour > 24 || minute > 59 || (hour == 24 && minute > 0)) return std::nullopt;
  return hour * 60 + minute;
}

Result<unsigned> read_days(std::string_view text) {
  unsigned bits = 0;
  for (std::string_view item : split(text, ',')) {
    const std::string plain = lower(item);
    if (plain == "daily")
      bits |= kEveryDay;
    else if (plain == "weekdays")
      bits |= 0x3e;
    else if (plain == "weekends")
      bits |= 0x41;
    else {
      const size_t dash = item.find('-');
      const std::optional<int> from = read_day(item.substr(0, dash));
      const std::optional<int> to = dash == std::string_view::npos ? from : read_day(item.substr(dash + 1));
      if (!from || !to) return refuse("day", item, did_you_mean(plain, kDays));
      for (int day = *from;; day = (day + 1) % 7) {
        bits |= 1u << day;
        if (day == *to) break;
      }
    }
  }
  if (bits == 0) return refuse("list of days", text);
  return bits;
}

bool looks_like_days(std::string_view text) {
  return !text.empty() && text.find(':') == std::string_view::npos && text.find('/') == std::string_view::npos &&
         read_days(text).has_value();
}

// "Fri 18:00 - Mon 08:00" is "Fri 18:00-Mon 08:00".
std::string close_dashes(std::string_view text) {
  std::string result;
  for (char c : text) {
    if (c == '\t') c = ' ';
    if ((c == '-' || c == ',') && result.ends_with(' ')) result.pop_back();
    if (c == ' ' && (result.empty() || result.ends_with('-') || result.ends_with(',') || result.ends_with(' ')))
      continue;
    result += c;
  }
  if (result.ends_with(' ')) result.pop_back();
  return result;
}

}  // namespace

Result<std::vector<Window::Span>> Window::parse_spans(std::string_view text) {
  const std::vector<std::string_view> words = split(text, ' ');
  if (words.size() == 3) {  // Fri 18:00-Mon 08:00
    const size_t dash = words[1].find('-');
    const std::optional<int> first = read_day(words[0]);
    const std::optional<int> from = read_clock(words[1].substr(0, dash));
    const std::optional<int> last = dash == std::string_view::npos ? std::nullopt : read_day(words[1].substr(dash + 1));
    const std::optional<int> to = read_clock(words[2]);
    if (!first || !from || !last || !to) {
      return refuse("window", text, "; expected like 'Fri 18:00-Mon 08:00'");
    }
    int length = (*last - *first + 7) % 7 * kDayMinutes + *to;
    if (length <= *from) length += 7 * kDayMinutes;
    return std::vector<Span>{{1u << *first, *from, length}};
  }
  unsigned weekdays = kEveryDay;
  std::string_view times;
  if (words.size() == 1 && looks_like_days(words[0])) {
    return std::vector<Span>{{TRY(read_days(words[0])), 0, kDayMinutes}};
  }
  if (words.size() == 2) {
    weekdays = TRY(read_days(words[0]));
    times = words[1];
  } else if (words.size() == 1) {
    times = words[0];
  } else {
    return refuse("window", text, "; expected like 'Mon-Fri 09:00-18:00 Asia/Seoul'");
  }
  std::vector<Span> spans;
  for (std::string_view item : split(times, ',')) {
    const size_t dash = item.find('-');
    const std::optional<int> from = read_clock(item.substr(0, dash));
    const std::optional<int> to = dash == std::string_view::npos ? std::nullopt : read_clock(item.substr(dash + 1));
    if (!from || !to || *from == kDayMinutes) return refuse("time of day", item, "; expected like '09:00-18:00'");
    if (*from == *to) return refuse("time of day", item, ": it is empty; the whole day is 00:00-24:00");
    spans.push_back({weekdays, *from, *to > *from ? *to : *to + kDayMinutes});
  }
  if (spans.empty()) return refuse("window", text);
  return spans;
}

Result<Window> Window::parse(std::string_view text, const std::optional<Zone>& zone) {
  if (text.size() > kMaxLength) return fail(ErrorCode::kInvalidArgument, "a window is not that long");
  std::string plain = close_dashes(text);
  if (plain.empty()) return fail(ErrorCode::kInvalidArgument, "a window must not be empty");
  Window window;
  const size_t space = plain.rfind(' ');
  const std::string last = space == std::string::npos ? "" : plain.substr(space + 1);
  if (!last.empty() && last.find(':') == std::string::npos && !looks_like_days(last)) {
    // No zone begins with a digit: it is a time of day that is not written as one, "0900-1800".
    if (last.front() >= '0' && last.front() <= '9') return refuse("time of day", last, "; expected like '09:00-18:00'");
    window.zone_ = TRY(Zone::find(last));
    plain.resize(space);
  } else if (zone) {
    window.zone_ = *zone;
  } else {
    TRY(parse_spans(plain));
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' names no time zone; add one at its end, or 'zone:' to the policy", text));
  }
  window.spans_ = TRY(parse_spans(plain));
  window.says_ = std::move(plain);
  window.lay_out();
  return window;
}

void Window::lay_out() {
  for (const Span& span : spans_) {
    for (size_t weekday = 0; weekday < 7; ++weekday) {
      if (!(span.weekdays >> weekday & 1)) continue;
      const size_t begin = weekday * kDayMinutes + static_cast<size_t>(span.from);
      for (size_t i = 0; i < static_cast<size_t>(span.to - span.from); ++i) minutes_.set((begin + i) % minutes_.size());
    }
  }
}

bool Window::contains(Time time) const {
  const LocalTime local = zone_.monotonic_local(time);
  const auto minutes = std::chrono::floor<std::chrono::minutes>(local.time_since_epoch()).count();
  // 1 January 1970 was a Thursday.
  constexpr int64_t kWeek = 7 * kDayMinutes;
  const int64_t minute = (minutes + 4 * kDayMinutes) % kWeek;
  return minutes_[static_cast<size_t>(minute < 0 ? minute + kWeek : minute)];
}

std::vector<Interval> Window::intervals(Time from, Time to) const {
  using std::chrono::days;
  std::vector<Interval> result;
  // A span lasts at most two weeks; a day more on each side for the zone's jumps.
  const auto last = std::chrono::floor<days>(zone_.local(to)) + days(1);
  for (auto day = std::chrono::floor<days>(zone_.local(from)) - days(15); day <= last; day += days(1)) {
    const unsigned bit = 1u << std::chrono::weekday(day).c_encoding();
    for (const Span& span : spans_) {
      if (!(span.weekdays & bit)) continue;
      const Interval interval{zone_.instant(LocalTime(day) + std::chrono::minutes(span.from)),
                              zone_.instant(LocalTime(day) + std::chrono::minutes(span.to))};
      // Daylight saving can swallow a window whole: both ends are then the same instant.
      if (interval.begin < interval.end && interval.begin <= to && interval.end >= from) result.push_back(interval);
    }
  }
  std::ranges::sort(result, {}, &Interval::begin);
  return result;
}

}  // namespace capstan::decide
