#include "decide/until.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <vector>

#include "decide/period.h"

namespace capstan::decide {
namespace {

using Days = std::chrono::days;
using LocalDay = std::chrono::local_days;

std::unexpected<Error> refuse(std::string_view text) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is no time to end at; expected something like 22:00, tomorrow 09:00, Fri 18:00, "
                          "2026-11-25 22:00 or 2h",
                          text));
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    const size_t end = std::min(text.find_first_of(" \t", begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    text.remove_prefix(end);
  }
}

std::optional<int> number(std::string_view text, size_t digits) {
  int value = 0;
  if (text.size() != digits || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// "22:00" or "9:30"; "24:00" is the end of the day.
std::optional<std::chrono::minutes> clock_time(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 2) return std::nullopt;
  const auto hours = number(text.substr(0, colon), colon);
  const auto minutes = number(text.substr(colon + 1), 2);
  if (!hours || !minutes || *minutes > 59 || *hours * 60 + *minutes > 1'440) return std::nullopt;
  return std::chrono::minutes(*hours * 60 + *minutes);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::optional<LocalDay> calendar_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number(text.substr(0, 4), 4);
  const auto month = number(text.substr(5, 2), 2);
  const auto day = number(text.substr(8, 2), 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return LocalDay(date);
}

// "fri" or "friday" as days since Sunday.
std::optional<unsigned> weekday(std::string_view word) {
  static constexpr std::array<std::string_view, 7> kNames = {"sunday",   "monday", "tuesday", "wednesday",
                                                             "thursday", "friday", "saturday"};
  for (unsigned i = 0; i < kNames.size(); ++i) {
    if (word == kNames[i] || (word.size() == 3 && kNames[i].starts_with(word))) return i;
  }
  return std::nullopt;
}

// A time on a named day; a weekday means the next one on which that time is still to come.
std::optional<Time> on_day(std::string_view word, std::chrono::minutes clock, const Zone& zone, Time now) {
  const auto today = std::chrono::floor<Days>(zone.local(now));
  const auto at = [&](LocalDay day) { return zone.instant(LocalTime(day.time_since_epoch() + clock)); };
  const std::string day = lower(word);
  if (day == "today") return at(today);
  if (day == "tomorrow") return at(today + Days(1));
  if (const auto date = calendar_day(word)) return at(*date);
  const auto wanted = weekday(day);
  if (!wanted) return std::nullopt;
  const unsigned ahead = (*wanted + 7 - std::chrono::weekday(today).c_encoding()) % 7;
  const Time first = at(today + Days(ahead));
  return first > now ? first : at(today + Days(ahead + 7));
}

std::optional<Time> on_the_clock(std::string_view text, const Zone& zone, Time now) {
  std::vector<std::string_view> words = words_of(text);
  // Without an offset "2026-11-25T22:00" is what the clock on the wall shows, too.
  if (words.size() == 1 && words[0].size() == 16 && words[0][10] == 'T')
    words = {words[0].substr(0, 10), words[0].substr(11)};
  if (words.size() == 1) {
    const auto clock = clock_time(words[0]);
    if (!clock) return std::nullopt;
    const auto today = on_day("today", *clock, zone, now);
    return *today > now ? today : on_day("tomorrow", *clock, zone, now);
  }
  if (words.size() != 2) return std::nullopt;
  const auto clock = clock_time(words[1]);
  return clock ? on_day(words[0], *clock, zone, now) : std::nullopt;
}

}  // namespace

Result<Time> parse_until(std::string_view text, const Zone& zone, Time now) {
  std::optional<Time> time = on_the_clock(text, zone, now);
  if (!time) {
    if (const Result<Time> instant = parse_time(text)) time = *instant;
  }
  if (!time) {
    if (const Result<Duration> span = parse_period(text)) time = now + *span;
  }
  if (!time) return refuse(text);
  if (*time <= now) return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not in the future", text));
  return *time;
}

Result<KeepPhrase> parse_keep_phrase(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  const auto last = std::ranges::find_if(words, [](std::string_view word) { return word == "until" || word == "for"; });
  const auto before = last - words.begin();
  if (before < 1 || before > 2 || last == words.end() || last + 1 == words.end()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not understood; expected something like \"trial_user07 up until 22:00\"", text));
  }
  KeepPhrase phrase{.resource = std::string(words[0]), .state = before == 2 ? std::string(words[1]) : "", .until = ""};
  for (auto word = last + 1; word != words.end(); ++word) {
    if (!phrase.until.empty()) phrase.until += ' ';
    phrase.until += *word;
  }
  return phrase;
}

}  // namespace capstan::decide
