#include "loop/record_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/utf8.h"

namespace capstan::loop {
namespace {

// The character at the front, which it is taken from. What is no UTF-8 is U+FFFD.
char32_t take_character(std::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const size_t length = utf8_length(text);
  char32_t character = length == 0 ? 0xfffd : length == 1 ? byte(0) : byte(0) & (0xffU >> (length + 1));
  for (size_t i = 1; i < length; ++i) character = character << 6 | (byte(i) & 0x3fU);
  text.remove_prefix(std::max<size_t>(length, 1));
  return character;
}

bool is_within(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

}  // namespace

std::optional<std::chrono::year_month_day> read_date(std::string_view text) {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto number = [&](size_t at, size_t length, auto& value) {
    const auto [last, error] = std::from_chars(text.data() + at, text.data() + at + length, value);
    return error == std::errc() && last == text.data() + at + length;
  };
  if (!number(0, 4, year) || !number(5, 2, month) || !number(8, 2, day)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok()) return std::nullopt;
  return date;
}

Status check_record_format(std::string_view format, const std::string& text, const std::optional<decide::Zone>& zone) {
  const auto refuse = [&](std::string_view expected) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is {}", text, expected));
  };
  if (format == "mail") {
    const size_t at = text.find('@');
    const bool good = at != std::string::npos && at > 0 && at + 1 < text.size() && text.rfind('@') == at &&
                      text.find_first_of(" \t\r\n,;<>\"") == std::string::npos;
    return good ? Status() : refuse("no mail address; expected like name@example.com");
  }
  if (format == "date") return read_date(text) ? Status() : refuse("no date; expected like 2026-03-31");
  if (format == "zone") {
    TRY(decide::Zone::find(text));
    return {};
  }
  TRY(decide::Window::parse(text, zone));
  return {};
}

std::string value_key(std::string_view text) {
  std::string key(text);
  for (char& c : key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return key;
}

std::string name_key(std::string_view text) {
  std::string key = value_key(text);
  std::ranges::replace(key, '_', '-');
  return key;
}

std::string_view unseen_in(std::string_view text) {
  while (!text.empty()) {
    const char32_t c = take_character(text);
    if (c < 0x20 || is_within(c, 0x7f, 0x9f)) return "a control character";
    // Combining marks of Latin, Greek and Cyrillic letters, of kana; the parts of Hangul syllables.
    if (is_within(c, 0x300, 0x36f) || is_within(c, 0x1100, 0x11ff) || c == 0x3099 || c == 0x309a)
      return "letters in parts (decomposed Unicode); write them composed (NFC)";
    const bool is_unseen = is_within(c, 0x200b, 0x200f) || is_within(c, 0x202a, 0x202e) ||
                           is_within(c, 0x2060, 0x206f) || c == 0xad || c == 0xfeff || c == 0x3164 || c == 0xffa0;
    if (is_unseen) return "a character that nobody sees";
    if (c == 0xa0 || c == 0x3000 || is_within(c, 0x2000, 0x200a)) return "a blank that is none of the keyboard";
    if (c == 0xfffd) return "bytes that are no UTF-8";
  }
  return "";
}

}  // namespace capstan::loop
