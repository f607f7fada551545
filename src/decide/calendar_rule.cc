#include "decide/calendar_rule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace capstan::decide {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 7> kWeekdays = {"SU", "MO", "TU", "WE", "TH", "FR", "SA"};

Result<int> read_int(std::string_view text, int least, int most) {
  int value = 0;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [last, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (error != std::errc() || last != text.data() + text.size() || value < least || value > most) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no number from {} to {}", text, least, most));
  }
  return value;
}

template <class F>
Status each_item(std::string_view list, F&& use) {
  while (!list.empty()) {
    const size_t end = list.find(',');
    TRY(use(list.substr(0, end)));
    if (end == std::string_view::npos) break;
    list.remove_prefix(end + 1);
  }
  return {};
}

int month_length(const year_month_day& date) {
  return static_cast<int>(
      static_cast<unsigned>(std::chrono::year_month_day_last(date.year(), date.month() / std::chrono::last).day()));
}

int day_of(const year_month_day& date) { return static_cast<int>(static_cast<unsigned>(date.day())); }

// Whether the `count`th of something that lies `index` steps from the start and `rest` from the end is meant.
bool is_ordinal(int ordinal, int index, int rest) { return ordinal > 0 ? index == ordinal - 1 : rest == -ordinal - 1; }

}  // namespace

Result<local_days> parse_calendar_date(std::string_view text) {
  if (text.size() < 8 || text.substr(0, 8).find_first_not_of("0123456789") != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no date like 20260117", text));
  }
  const int year = TRY(read_int(text.substr(0, 4), 1, 9999));
  const int month = TRY(read_int(text.substr(4, 2), 1, 12));
  const int day = TRY(read_int(text.substr(6, 2), 1, 31));
  const auto date = std::chrono::year(year) / month / day;
  if (!date.ok()) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' does not exist", text));
  return local_days(date);
}

Status CalendarRule::read_weekday(std::string_view item) {
  if (item.size() < 2) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no BYDAY", item));
  const auto name = std::ranges::find(kWeekdays, item.substr(item.size() - 2));
  if (name == kWeekdays.end()) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no BYDAY", item));
  Weekday weekday{0, static_cast<unsigned>(name - kWeekdays.begin())};
  if (item.size() > 2) {
    weekday.ordinal = TRY(read_int(item.substr(0, item.size() - 2), -53, 53));
    if (weekday.ordinal == 0) return fail(ErrorCode::kInvalidArgument, "BYDAY has no zeroth weekday");
  }
  weekdays_.push_back(weekday);
  return {};
}

Status CalendarRule::read_part(std::string_view name, std::string_view value) {
  if (name == "FREQ") {
    has_frequency_ = true;
    if (value == "DAILY")
      frequency_ = Frequency::kDaily;
    else if (value == "WEEKLY")
      frequency_ = Frequency::kWeekly;
    else if (value == "MONTHLY")
      frequency_ = Frequency::kMonthly;
    else if (value == "YEARLY")
      frequency_ = Frequency::kYearly;
    else
      return fail(ErrorCode::kUnimplemented, fmt::format("FREQ={} is not supported yet", value));
  } else if (name == "INTERVAL") {
    interval_ = TRY(read_int(value, 1, 1000));
  } else if (name == "COUNT") {
    count_ = TRY(read_int(value, 1, 100'000));
  } else if (name == "UNTIL") {
    until_ = TRY(parse_calendar_date(value));
  } else if (name == "BYMONTH") {
    return each_item(value, [this](std::string_view item) -> Status {
      months_.push_back(TRY(read_int(item, 1, 12)));
      return {};
    });
  } else if (name == "BYMONTHDAY") {
    return each_item(value, [this](std::string_view item) -> Status {
      days_of_month_.push_back(TRY(read_int(item, -31, 31)));
      if (days_of_month_.back() == 0) return fail(ErrorCode::kInvalidArgument, "BYMONTHDAY has no day 0");
      return {};
    });
  } else if (name == "BYDAY") {
    return each_item(value, [this](std::string_view item) { return read_weekday(item); });
  } else if (name == "WKST") {
    // Matters only to a weekly rule with an interval; Monday, its default, is what `matches` uses.
    if (value != "MO" && value != "SU") return fail(ErrorCode::kUnimplemented, "WKST is not supported yet");
    if (value == "SU" && frequency_ == Frequency::kWeekly && interval_ > 1) {
      return fail(ErrorCode::kUnimplemented, "WKST=SU with an interval of weeks is not supported yet");
    }
  } else {
    return fail(ErrorCode::kUnimplemented, fmt::format("{} in a recurrence rule is not supported yet", name));
  }
  return {};
}

Result<CalendarRule> CalendarRule::parse(std::string_view text) {
  CalendarRule rule;
  std::string_view week_start;
  while (!text.empty()) {
    const size_t end = text.find(';');
    const std::string_view part = text.substr(0, end);
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no part of a recurrence rule", part));
    }
    // Read last: what it means depends on the others.
    if (part.starts_with("WKST="))
      week_start = part.substr(5);
    else
      TRY(rule.read_part(part.substr(0, equals), part.substr(equals + 1)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  if (!week_start.empty()) TRY(rule.read_part("WKST", week_start));
  if (!rule.has_frequency_) return fail(ErrorCode::kInvalidArgument, "a recurrence rule needs FREQ");
  if (rule.count_ && rule.until_)
    return fail(ErrorCode::kInvalidArgument, "a recurrence rule has COUNT or UNTIL, not both");
  const bool ordinals = std::ranges::any_of(rule.weekdays_, [](const Weekday& each) { return each.ordinal != 0; });
  if (ordinals && rule.frequency_ != Frequency::kMonthly && rule.frequency_ != Frequency::kYearly) {
    return fail(ErrorCode::kInvalidArgument, "BYDAY counts weekdays only in monthly and yearly rules");
  }
  return rule;
}

bool CalendarRule::matches_weekday(local_days day) const {
  const unsigned weekday = std::chrono::weekday(day).c_encoding();
  const year_month_day date(day);
  // Ordinals count within the month, unless a yearly rule names no month: then within the year.
  const bool within_month = frequency_ == Frequency::kMonthly || !months_.empty();
  const int of_month = day_of(date);
  const int of_year = static_cast<int>((day - local_days(date.year() / 1 / 1)).count());
  const int year_rest = static_cast<int>((local_days(date.year() / 12 / 31) - day).count());
  return std::ranges::any_of(weekdays_, [&](const Weekday& wanted) {
    if (wanted.day != weekday) return false;
    if (wanted.ordinal == 0) return true;
    return within_month ? is_ordinal(wanted.ordinal, (of_month - 1) / 7, (month_length(date) - of_month) / 7)
                        : is_ordinal(wanted.ordinal, of_year / 7, year_rest / 7);
  });
}

bool CalendarRule::matches(local_days first, local_days day) const {
  const year_month_day start(first);
  const year_month_day date(day);
  const int months = (static_cast<int>(date.year()) - static_cast<int>(start.year())) * 12 +
                     static_cast<int>(static_cast<unsigned>(date.month())) -
                     static_cast<int>(static_cast<unsigned>(start.month()));
  const auto monday = [](local_days any) { return any - (std::chrono::weekday(any) - std::chrono::Monday); };
  switch (frequency_) {
    case Frequency::kDaily:
      if ((day - first).count() % interval_ != 0) return false;
      break;
    case Frequency::kWeekly:
      if ((monday(day) - monday(first)).count() / 7 % interval_ != 0) return false;
      if (weekdays_.empty() && std::chrono::weekday(day) != std::chrono::weekday(first)) return false;
      break;
    case Frequency::kMonthly:
      if (months % interval_ != 0) return false;
      if (weekdays_.empty() && days_of_month_.empty() && date.day() != start.day()) return false;
      break;
    case Frequency::kYearly:
      if ((static_cast<int>(date.year()) - static_cast<int>(start.year())) % interval_ != 0) return false;
      if (months_.empty() && weekdays_.empty() && date.month() != start.month() && days_of_month_.empty()) return false;
      if (weekdays_.empty() && days_of_month_.empty() && date.day() != start.day()) return false;
      break;
  }
  const int month = static_cast<int>(static_cast<unsigned>(date.month()));
  if (!months_.empty() && std::ranges::find(months_, month) == months_.end()) return false;
  if (!weekdays_.empty() && !matches_weekday(day)) return false;
  return days_of_month_.empty() || std::ranges::any_of(days_of_month_, [&](int wanted) {
           return wanted > 0 ? day_of(date) == wanted : month_length(date) - day_of(date) == -wanted - 1;
         });
}

bool CalendarRule::each(local_days first, local_days last, size_t limit,
                        const std::function<void(local_days)>& visit) const {
  size_t found = 0;
  if (until_) last = std::min(last, *until_);
  for (local_days day = first; day <= last; day += days(1)) {
    // The start is an occurrence even where the rule does not name it.
    if (day != first && !matches(first, day)) continue;
    if (count_ && found >= static_cast<size_t>(*count_)) return true;
    if (found >= limit) return false;
    ++found;
    visit(day);
  }
  return true;
}

}  // namespace capstan::decide
