#include "telemetry/logs/line_tokens.h"

#include <algorithm>

namespace capstan::telemetry {
namespace {

constexpr size_t kMaxTokens = 128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_alphanumeric(char c) { return is_digit(c) || is_letter(c); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_path(char c) { return is_alphanumeric(c) || std::string_view("/._-~%+@=").find(c) != std::string_view::npos; }

// Each of these gives the length of what varies at the start of `text`, 0 for nothing.

size_t match_uuid(std::string_view text) {
  constexpr size_t kLength = 36;
  if (text.size() < kLength) return 0;
  for (size_t i = 0; i < kLength; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return 0;
  }
  return kLength;
}

// Eight or more hexadecimal digits, some of them decimal: a hash, an address, never the word "defaced".
size_t match_hex(std::string_view text) {
  const size_t length = static_cast<size_t>(std::ranges::find_if_not(text, is_hex) - text.begin());
  if (length < 8 || (length < text.size() && is_alphanumeric(text[length]))) return 0;
  return std::ranges::any_of(text.substr(0, length), is_digit) ? length : 0;
}

// From a digit on: 17, 3.5GB, 0x7f, 10.0.0.1:80, 18:00:00.123, 2026-01-08T18:00:00Z, 1,234.
size_t match_number(std::string_view text) {
  if (text.empty() || !is_digit(text[0])) return 0;
  size_t at = 1;
  while (at < text.size()) {
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    if (is_alphanumeric(text[at])) {
      ++at;
    } else if (((text[at] == '.' || text[at] == ':' || text[at] == '-') && is_alphanumeric(next)) ||
               ((text[at] == ',' || text[at] == '+') && is_digit(next))) {
      at += 2;
    } else {
      break;
    }
  }
  return at;
}

// "/var/log/x": a slash that does not follow a word, with a name behind it.
size_t match_path(std::string_view text) {
  if (text.size() < 2 || text[0] != '/' || !is_path(text[1])) return 0;
  return static_cast<size_t>(std::ranges::find_if_not(text, is_path) - text.begin());
}

size_t match_variable(std::string_view text, char before) {
  if (text.starts_with(kPlaceholder)) return kPlaceholder.size();  // So that it cannot be taken for one of ours.
  if (!is_alphanumeric(before)) {
    for (const auto match : {match_uuid, match_hex, match_path}) {
      if (const size_t length = match(text); length > 0) return length;
    }
  }
  return match_number(text);
}

LineToken mask(std::string_view text) {
  LineToken token{.text = text, .masked = {}, .variables = {}};
  char before = ' ';
  for (size_t at = 0; at < text.size();) {
    const size_t length = match_variable(text.substr(at), before);
    if (length > 0) {
      token.masked += kPlaceholder;
      token.variables.push_back(text.substr(at, length));
    } else {
      token.masked += text[at];
    }
    at += std::max<size_t>(length, 1);
    before = text[at - 1];
  }
  return token;
}

}  // namespace

std::vector<LineToken> split_line(std::string_view line) {
  std::vector<LineToken> tokens;
  while (true) {
    if (tokens.size() + 1 == kMaxTokens) {
      tokens.push_back({.text = line, .masked = std::string(kPlaceholder), .variables = {line}});
      return tokens;
    }
    const size_t space = line.find(' ');
    tokens.push_back(mask(line.substr(0, space)));
    if (space == std::string_view::npos) return tokens;
    line.remove_prefix(space + 1);
  }
}

size_t count_placeholders(std::string_view template_text) {
  size_t count = 0;
  for (size_t at = template_text.find(kPlaceholder); at != std::string_view::npos;
       at = template_text.find(kPlaceholder, at + kPlaceholder.size())) {
    ++count;
  }
  return count;
}

std::string fill_template(std::string_view template_text, const std::vector<std::string_view>& variables) {
  std::string line;
  size_t next = 0;
  while (true) {
    const size_t at = template_text.find(kPlaceholder);
    line += template_text.substr(0, at);
    if (at == std::string_view::npos) return line;
    if (next < variables.size()) line += variables[next++];
    template_text.remove_prefix(at + kPlaceholder.size());
  }
}

}  // namespace capstan::telemetry
