#include "decide/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace capstan::decide {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::year_month_day;

constexpr size_t kMaxLength = 200;
constexpr int kSearchDays = 366 * 8 + 2;  // 29 February may be eight years away.

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct FieldSpec {
  std::string_view title;
  int least = 0;
  int most = 0;
  std::span<const std::string_view> names = {};
  int first_name = 0;
};
constexpr FieldSpec kMinuteField = {"minute", 0, 59};
constexpr FieldSpec kHourField = {"hour", 0, 23};
constexpr FieldSpec kDayField = {"day of month", 1, 31};
const FieldSpec kMonthField = {"month", 1, 12, kMonths, 1};
const FieldSpec kWeekdayField = {"day of week", 0, 7, kWeekdays, 0};

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return result;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::unexpected<Error> refuse(const FieldSpec& field, std::string_view text) {
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no {} ({} to {}{})", text, field.title, field.least,
                                                       field.most, field.names.empty() ? "" : ", or a name"));
}

Result<int> read_number(const FieldSpec& field, std::string_view text) {
  int value = 0;
  const auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || last != text.data() + text.size() || text.empty()) {
    const auto named = std::ranges::find(field.names, text);
    if (named == field.names.end()) return refuse(field, text);
    return field.first_name + static_cast<int>(named - field.names.begin());
  }
  if (value < field.least || value > field.most) return refuse(field, text);
  return value;
}

// "*", "5", "mon-fri", "*/5", "10-50/20", "5/15" (from 5 to the end).
Result<uint64_t> read_item(const FieldSpec& field, std::string_view text) {
  const size_t slash = text.find('/');
  std::string_view range = text.substr(0, slash);
  int step = 1;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), step);
    if (error != std::errc() || last != digits.data() + digits.size() || step < 1 || step > field.most) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no step of the {}", digits, field.title));
    }
  }
  int from = field.least;
  int to = &field == &kWeekdayField ? 6 : field.most;
  if (range != "*") {
    const size_t dash = range.find('-');
    from = TRY(read_number(field, range.substr(0, dash)));
    if (dash != std::string_view::npos) {
      to = TRY(read_number(field, range.substr(dash + 1)));
    } else if (slash == std::string_view::npos) {
      to = from;
    }
  }
  if (from > to && &field == &kWeekdayField) to += 7;  // "fri-mon" goes over the week's end.
  if (from > to) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the range '{}' of the {} runs backwards", range, field.title));
  }
  uint64_t bits = 0;
  for (int value = from; value <= to; value += step) {
    bits |= uint64_t{1} << (&field == &kWeekdayField ? value % 7 : value);
  }
  return bits;
}

Result<uint64_t> read_field(const FieldSpec& field, std::string_view text) {
  uint64_t bits = 0;
  for (std::string_view item : split(text, ',')) bits |= TRY(read_item(field, item));
  return bits;
}

std::string_view expand_nickname(std::string_view text) {
  if (text == "@hourly") return "0 * * * *";
  if (text == "@daily" || text == "@midnight") return "0 0 * * *";
  if (text == "@weekly") return "0 0 * * 0";
  if (text == "@monthly") return "0 0 1 * *";
  if (text == "@yearly" || text == "@annually") return "0 0 1 1 *";
  return text;
}

int weekday_of(local_days day) { return static_cast<int>(std::chrono::weekday(day).c_encoding()); }

int last_day(const year_month_day& date) {
  return static_cast<int>(
      static_cast<unsigned>(std::chrono::year_month_day_last(date.year(), date.month() / std::chrono::last).day()));
}

// The weekday (Monday to Friday) nearest to `day` within its month.
int nearest_workday(const year_month_day& date, int day) {
  const int last = last_day(date);
  day = day == 0 ? last : std::min(day, last);
  const int weekday = weekday_of(local_days(date.year() / date.month() / day));
  if (weekday == 6) return day > 1 ? day - 1 : day + 2;
  if (weekday == 0) return day < last ? day + 1 : day - 2;
  return day;
}

}  // namespace

Status Cron::read_days_of_month(std::string_view field) {
  any_day_ = field.starts_with('*') || field == "?";
  if (field == "?") field = "*";
  for (std::string_view item : split(field, ',')) {
    if (item == "l") {
      days_before_end_.push_back(0);
    } else if (item.starts_with("l-")) {
      days_before_end_.push_back(TRY(read_number({"number of days before the last", 1, 30}, item.substr(2))));
    } else if (item == "lw") {
      nearest_weekday_.push_back(0);
    } else if (item.ends_with('w')) {
      nearest_weekday_.push_back(TRY(read_number(kDayField, item.substr(0, item.size() - 1))));
    } else {
      days_ |= TRY(read_item(kDayField, item));
    }
  }
  return {};
}

Status Cron::read_weekdays(std::string_view field) {
  any_weekday_ = field.starts_with('*') || field == "?";
  if (field == "?") field = "*";
  for (std::string_view item : split(field, ',')) {
    const size_t hash = item.find('#');
    if (hash != std::string_view::npos) {
      const int weekday = TRY(read_number(kWeekdayField, item.substr(0, hash))) % 7;
      ordinals_.push_back({weekday, TRY(read_number({"count of a weekday", 1, 5}, item.substr(hash + 1)))});
    } else if (item.size() > 1 && item.ends_with('l')) {
      ordinals_.push_back({TRY(read_number(kWeekdayField, item.substr(0, item.size() - 1))) % 7, -1});
    } else {
      weekdays_ |= TRY(read_item(kWeekdayField, item));
    }
  }
  return {};
}

Result<Cron> Cron::parse(std::string_view text, Zone zone) {
  if (text.size() > kMaxLength) return fail(ErrorCode::kInvalidArgument, "a cron expression is not that long");
  Cron cron;
  cron.text_ = text;
  cron.zone_ = std::move(zone);
  const std::string plain = lower(expand_nickname(text));
  std::vector<std::string_view> fields;
  for (std::string_view field : split(plain, ' ')) {
    if (!field.empty()) fields.push_back(field);
  }
  if (fields.size() != 5) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' has {} fields; expected five: minute, hour, day of month, month, day of week", text,
                            fields.size()));
  }
  cron.minutes_ = TRY(read_field(kMinuteField, fields[0]));
  cron.hours_ = TRY(read_field(kHourField, fields[1]));
  TRY(cron.read_days_of_month(fields[2]));
  cron.months_ = TRY(read_field(kMonthField, fields[3]));
  TRY(cron.read_weekdays(fields[4]));
  cron.follows_the_wall_ = fields[0].starts_with('*') || fields[1].starts_with('*');
  // Any eight years hold every day of the calendar between 1904 and 2096.
  if (!cron.next_after(from_unix_ms(0))) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' never comes", text));
  }
  return cron;
}

bool Cron::matches_day_of_month(const year_month_day& date) const {
  const int day = static_cast<int>(static_cast<unsigned>(date.day()));
  if (days_ >> day & 1) return true;
  const int last = last_day(date);
  if (std::ranges::any_of(days_before_end_, [&](int before) { return last - before == day; })) return true;
  return std::ranges::any_of(nearest_weekday_, [&](int near) {
    // 31W does not exist in a month of 30 days.
    return near <= last && nearest_workday(date, near) == day;
  });
}

bool Cron::matches_weekday(local_days day, const year_month_day& date) const {
  const int weekday = weekday_of(day);
  if (weekdays_ >> weekday & 1) return true;
  const int of_month = static_cast<int>(static_cast<unsigned>(date.day()));
  return std::ranges::any_of(ordinals_, [&](const Ordinal& ordinal) {
    if (ordinal.weekday != weekday) return false;
    return ordinal.which == -1 ? of_month + 7 > last_day(date) : (of_month - 1) / 7 + 1 == ordinal.which;
  });
}

bool Cron::matches_day(local_days day) const {
  const year_month_day date(day);
  if (!(months_ >> static_cast<unsigned>(date.month()) & 1)) return false;
  const bool of_month = matches_day_of_month(date);
  const bool of_week = matches_weekday(day, date);
  return any_day_ || any_weekday_ ? of_month && of_week : of_month || of_week;
}

std::optional<Time> Cron::first_on(local_days day, Time time) const {
  constexpr Duration kMinute{60'000};
  const auto is_set = [](uint64_t bits, int64_t bit) { return (bits >> bit & 1) != 0; };
  if (follows_the_wall_) {
    const Time begin = zone_.instant(LocalTime(day));
    const Time end = zone_.instant(LocalTime(day + days(1)));
    for (Time at = time < begin ? begin : begin + ((time - begin) / kMinute + 1) * kMinute; at < end; at += kMinute) {
      const auto minute = std::chrono::floor<std::chrono::minutes>(zone_.local(at) - LocalTime(day)).count();
      if (minute >= 0 && minute < 24 * 60 && is_set(minutes_, minute % 60) && is_set(hours_, minute / 60)) return at;
    }
    return std::nullopt;
  }
  for (int hour = 0; hour < 24; ++hour) {
    if (!is_set(hours_, hour)) continue;
    // The last minute of the hour tells whether the others need to be looked at.
    if (zone_.instant(LocalTime(day) + std::chrono::minutes(hour * 60 + 59)) <= time) continue;
    for (int minute = 0; minute < 60; ++minute) {
      if (!is_set(minutes_, minute)) continue;
      const Time at = zone_.instant(LocalTime(day) + std::chrono::minutes(hour * 60 + minute));
      if (at > time) return at;
    }
  }
  return std::nullopt;
}

std::vector<Time> Cron::instants(local_days day) const {
  std::vector<Time> times;
  if (follows_the_wall_) {
    const Time end = zone_.instant(LocalTime(day + days(1)));
    for (Time time = zone_.instant(LocalTime(day)); time < end; time += Duration(60'000)) {
      const auto minute = std::chrono::floor<std::chrono::minutes>(zone_.local(time) - LocalTime(day)).count();
      if (minute >= 0 && minute < 24 * 60 && (minutes_ >> (minute % 60) & 1) && (hours_ >> (minute / 60) & 1)) {
        times.push_back(time);
      }
    }
    return times;
  }
  for (int minute = 0; minute < 24 * 60; ++minute) {
    if (!(minutes_ >> (minute % 60) & 1) || !(hours_ >> (minute / 60) & 1)) continue;
    const Time time = zone_.instant(LocalTime(day) + std::chrono::minutes(minute));
    if (times.empty() || time > times.back()) times.push_back(time);
  }
  return times;
}

std::optional<Time> Cron::next_after(Time time) const {
  // From the day before: its last instants may lie in a gap that ends today.
  local_days day = std::chrono::floor<days>(zone_.local(time)) - days(1);
  for (int i = 0; i < kSearchDays; ++i, day += days(1)) {
    if (!matches_day(day)) continue;
    if (const std::optional<Time> found = first_on(day, time)) return found;
  }
  return std::nullopt;
}

std::optional<Time> Cron::latest_until(Time time) const {
  local_days day = std::chrono::floor<days>(zone_.local(time)) + days(1);
  for (int i = 0; i < kSearchDays; ++i, day -= days(1)) {
    if (!matches_day(day)) continue;
    const std::vector<Time> times = instants(day);
    const auto after = std::ranges::upper_bound(times, time);
    if (after != times.begin()) return *std::prev(after);
  }
  return std::nullopt;
}

}  // namespace capstan::decide
