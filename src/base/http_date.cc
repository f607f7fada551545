#include "base/http_date.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace capstan {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool belongs_to_word(char c) { return is_digit(c) || is_letter(c) || c == ':'; }

// The number at the front, of at most so many digits.
std::optional<int> take_number(std::string_view& text, size_t most_digits) {
  const auto digits = static_cast<size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  if (digits == 0 || digits > most_digits) return std::nullopt;
  int number = 0;
  std::from_chars(text.data(), text.data() + digits, number);
  text.remove_prefix(digits);
  return number;
}

// "12:36:00"
std::optional<std::chrono::seconds> read_clock(std::string_view word) {
  std::array<int, 3> parts{};
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0 && !word.starts_with(':')) return std::nullopt;
    if (i > 0) word.remove_prefix(1);
    const auto number = take_number(word, 2);
    if (!number) return std::nullopt;
    parts[i] = *number;
  }
  if (parts[0] > 23 || parts[1] > 59 || parts[2] > 60) return std::nullopt;
  return std::chrono::hours(parts[0]) + std::chrono::minutes(parts[1]) + std::chrono::seconds(parts[2]);
}

std::optional<unsigned> read_month(std::string_view word) {
  if (word.size() < 3) return std::nullopt;
  for (unsigned month = 0; month < kMonths.size(); ++month) {
    const bool same =
        std::ranges::equal(word.substr(0, 3), kMonths[month], [](char a, char b) { return (a | 0x20) == b; });
    if (same) return month + 1;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Time> read_http_date(std::string_view text) {
  std::optional<std::chrono::seconds> clock;
  std::optional<int> day, year;
  std::optional<unsigned> month;
  if (text.size() > 100) return std::nullopt;
  while (!text.empty()) {
    text.remove_prefix(static_cast<size_t>(std::ranges::find_if(text, belongs_to_word) - text.begin()));
    const std::string_view word =
        text.substr(0, static_cast<size_t>(std::ranges::find_if_not(text, belongs_to_word) - text.begin()));
    text.remove_prefix(word.size());
    if (!clock && (clock = read_clock(word))) continue;
    std::string_view number = word;
    if (!day && (day = take_number(number, 2))) continue;
    if (!month && (month = read_month(word))) continue;
    if (!year) year = take_number(number = word, 4);
  }
  if (!clock || !day || !month || !year) return std::nullopt;
  if (*year < 100) *year += *year < 70 ? 2000 : 1900;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *year < 1601) return std::nullopt;
  return Time(std::chrono::sys_days(date).time_since_epoch()) + *clock;
}

}  // namespace capstan
