#include "decide/calendar.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/suggest.h"
#include "decide/calendar_rule.h"
#include "decide/period.h"

namespace capstan::decide {
namespace {

constexpr size_t kMaxBytes = 8 << 20;
constexpr size_t kMaxEvents = 200'000;
constexpr size_t kMaxOccurrences = 40'000;  // A daily event until 2100 fits.
constexpr Duration kDay{86'400'000};
const std::chrono::local_days kHorizon{std::chrono::year(2100) / 1 / 1};

struct Line {
  int number = 0;
  std::string name;                                             // "DTSTART"
  std::vector<std::pair<std::string, std::string>> parameters;  // {"VALUE", "DATE"}
  std::string value;

  std::string_view parameter(std::string_view wanted) const {
    for (const auto& [name_of, text] : parameters) {
      if (name_of == wanted) return text;
    }
    return {};
  }
};

// Joins folded lines: one that begins with a blank continues the line before.
std::vector<std::pair<int, std::string>> unfold(std::string_view text) {
  std::vector<std::pair<int, std::string>> lines;
  int number = 0;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if ((line.front() == ' ' || line.front() == '\t') && !lines.empty()) {
      lines.back().second += line.substr(1);
    } else {
      lines.emplace_back(number, line);
    }
  }
  return lines;
}

Result<Line> split_line(int number, std::string_view text) {
  Line line{number, {}, {}, {}};
  bool quoted = false;
  size_t start = 0;
  std::vector<std::string> parts;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted || (text[i] != ';' && text[i] != ':')) continue;
    parts.emplace_back(text.substr(start, i - start));
    start = i + 1;
    if (text[i] == ':') break;
  }
  if (parts.empty() || start == 0 || text[start - 1] != ':') {
    return fail(ErrorCode::kInvalidArgument, "expected NAME:VALUE as in iCalendar files");
  }
  line.name = parts.front();
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t equals = parts[i].find('=');
    if (equals == std::string::npos) continue;
    std::string value = parts[i].substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    line.parameters.emplace_back(parts[i].substr(0, equals), std::move(value));
  }
  line.value = text.substr(start);
  return line;
}

struct Moment {
  LocalTime local;
  bool whole_day = false;
  std::optional<Zone> zone;
};

Result<Moment> read_moment(const Line& line, std::string_view value) {
  Moment moment;
  moment.local = LocalTime(TRY(parse_calendar_date(value)));
  if (value.size() == 8) {
    moment.whole_day = true;
    return moment;
  }
  int clock = 0;
  const std::string_view digits = value.size() >= 15 ? value.substr(9, 6) : std::string_view();
  const auto [last, error] = std::from_chars(digits.data(), digits.data() + digits.size(), clock);
  const bool utc = value.size() == 16 && value.back() == 'Z';
  if (value[8] != 'T' || (value.size() != 15 && !utc) || error != std::errc() || last != digits.data() + 6 ||
      clock < 0 || clock / 10'000 > 23 || clock / 100 % 100 > 59 || clock % 100 > 60) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no time like 20260117T090000", value));
  }
  moment.local +=
      std::chrono::hours(clock / 10'000) + std::chrono::minutes(clock / 100 % 100) + std::chrono::seconds(clock % 100);
  if (utc)
    moment.zone = Zone();
  else if (!line.parameter("TZID").empty())
    moment.zone = TRY(Zone::find(line.parameter("TZID")));
  return moment;
}

std::string unescape(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      ++i;
      result += text[i] == 'n' || text[i] == 'N' ? ' ' : text[i];
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace

// Reads one file, event by event. Kept apart from Calendar: it is needed only while reading.
class CalendarReader {
 public:
  explicit CalendarReader(Calendar& calendar) : calendar_(calendar) {}

  Status take(const Line& line) {
    if (line.name == "BEGIN") return begin(line.value);
    if (line.name == "END") return end(line.value);
    if (!in_event_ || depth_ > 0) return {};
    if (line.name == "DTSTART")
      start_ = TRY(read_moment(line, line.value));
    else if (line.name == "DTEND")
      end_ = TRY(read_moment(line, line.value));
    else if (line.name == "DURATION")
      length_ = TRY(parse_period(line.value));
    else if (line.name == "SUMMARY")
      summary_ = unescape(line.value);
    else if (line.name == "STATUS")
      cancelled_ = line.value == "CANCELLED";
    else if (line.name == "RRULE")
      return read_rule(line);
    else if (line.name == "EXDATE")
      return read_dates(line, except_);
    else if (line.name == "RDATE")
      return read_dates(line, extra_);
    else if (line.name == "RECURRENCE-ID" || line.name == "EXRULE") {
      return fail(ErrorCode::kUnimplemented, line.name + " is not supported yet");
    }
    return {};
  }

  Status finish() {
    if (in_event_) return fail(ErrorCode::kInvalidArgument, "the file ends within an event");
    std::ranges::stable_sort(calendar_.events_, {}, &Calendar::Event::begin);
    return {};
  }
  bool saw_calendar() const { return saw_calendar_; }

 private:
  Status begin(std::string_view what) {
    if (what == "VCALENDAR") saw_calendar_ = true;
    if (in_event_) {
      ++depth_;  // An alarm within the event: its lines do not concern us.
    } else if (what == "VEVENT") {
      in_event_ = true;
      start_.reset();
      end_.reset();
      length_.reset();
      rule_.reset();
      except_.clear();
      extra_.clear();
      summary_.clear();
      cancelled_ = false;
    }
    return {};
  }

  Status end(std::string_view what) {
    if (!in_event_) return {};
    if (depth_ > 0) {
      --depth_;
      return {};
    }
    if (what != "VEVENT") return fail(ErrorCode::kInvalidArgument, fmt::format("END:{} within an event", what));
    in_event_ = false;
    return cancelled_ ? Status() : add_event();
  }

  Status read_rule(const Line& line) {
    if (rule_) return fail(ErrorCode::kUnimplemented, "a second RRULE is not supported yet");
    rule_ = TRY(CalendarRule::parse(line.value));
    return {};
  }

  Status read_dates(const Line& line, std::set<LocalTime>& into) {
    if (line.parameter("VALUE") == "PERIOD")
      return fail(ErrorCode::kUnimplemented, "VALUE=PERIOD is not supported yet");
    std::string_view rest = line.value;
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      if (into.size() >= kMaxOccurrences) return fail(ErrorCode::kResourceExhausted, "too many dates");
      into.insert(TRY(read_moment(line, rest.substr(0, comma))).local);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    return {};
  }

  Status add_event() {
    if (!start_) return fail(ErrorCode::kInvalidArgument, "an event needs DTSTART");
    Duration length = start_->whole_day ? kDay : Duration(0);
    if (end_) length = end_->local - start_->local;
    if (length_) length = *length_;
    if (length < Duration(0) || length > 400 * kDay) {
      return fail(ErrorCode::kInvalidArgument, "the event ends before it begins, or lasts more than 400 days");
    }
    std::set<LocalTime> begins = extra_;
    const auto day = std::chrono::floor<std::chrono::days>(start_->local);
    const Duration clock = start_->local - LocalTime(day);
    if (!rule_) begins.insert(start_->local);
    if (rule_ && !rule_->each(day, kHorizon, kMaxOccurrences,
                              [&](std::chrono::local_days each) { begins.insert(LocalTime(each) + clock); })) {
      return fail(ErrorCode::kResourceExhausted, "the event recurs too often");
    }
    for (LocalTime except : except_) begins.erase(except);
    if (calendar_.events_.size() + begins.size() > kMaxEvents) {
      return fail(ErrorCode::kResourceExhausted, fmt::format("more than {} events", kMaxEvents));
    }
    for (LocalTime begin : begins) {
      calendar_.events_.push_back({begin, begin + length, start_->zone, summary_});
    }
    calendar_.longest_ = std::max(calendar_.longest_, length);
    return {};
  }

  Calendar& calendar_;
  bool saw_calendar_ = false;
  bool in_event_ = false;
  int depth_ = 0;  // Components open within the event.
  std::optional<Moment> start_;
  std::optional<Moment> end_;
  std::optional<Duration> length_;
  std::optional<CalendarRule> rule_;
  std::set<LocalTime> except_;
  std::set<LocalTime> extra_;
  std::string summary_;
  bool cancelled_ = false;
};

Result<Calendar> Calendar::parse(std::string_view text, std::string_view file) {
  const auto at = [&](Error error, int line) {
    error.where = {std::string(file), line, 1};
    return std::unexpected(std::move(error));
  };
  if (text.size() > kMaxBytes) return at({ErrorCode::kResourceExhausted, "a calendar of more than 8 MiB"}, 0);
  Calendar calendar;
  CalendarReader reader(calendar);
  int last = 0;
  for (const auto& [number, content] : unfold(text)) {
    last = number;
    Result<Line> line = split_line(number, content);
    if (!line) return at(line.error(), number);
    if (Status taken = reader.take(*line); !taken) return at(taken.error(), number);
  }
  if (!reader.saw_calendar())
    return at({ErrorCode::kInvalidArgument, "no iCalendar file: BEGIN:VCALENDAR is missing"}, 1);
  if (Status finished = reader.finish(); !finished) return at(finished.error(), last);
  return calendar;
}

Result<std::shared_ptr<const Calendar>> find_calendar(const Calendars& calendars, std::string_view name) {
  if (const auto found = calendars.find(name); found != calendars.end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& [each, calendar] : calendars) names.push_back(each);
  return fail(ErrorCode::kNotFound, fmt::format("there is no file calendar/{}.ics{}", name, did_you_mean(name, names)));
}

std::vector<Calendar::Day> Calendar::between(Time from, Time to, const Zone& zone) const {
  std::vector<Day> days;
  // Zones differ by less than two days, so local times can be compared roughly before they are converted.
  const LocalTime first = zone.local(from) - longest_ - 2 * kDay;
  const LocalTime last = zone.local(to) + 2 * kDay;
  for (auto event = std::ranges::lower_bound(events_, first, {}, &Event::begin);
       event != events_.end() && event->begin <= last; ++event) {
    const Zone& its_zone = event->zone ? *event->zone : zone;
    const Interval interval{its_zone.instant(event->begin), its_zone.instant(event->end)};
    if (interval.begin <= to && interval.end >= from) days.push_back({interval, event->summary});
  }
  return days;
}

}  // namespace capstan::decide
