#include "telemetry/promql/quoting.h"

#include <fmt/format.h>

#include <cstdint>

namespace capstan::telemetry::promql {
namespace {

// Reads exactly `digits` digits of the base at the front of `text`; -1 when they are not there.
int64_t take_digits(std::string_view text, size_t digits, unsigned base) {
  if (text.size() < digits) return -1;
  int64_t value = 0;
  for (char c : text.substr(0, digits)) {
    unsigned digit = 99;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A' + 10);
    if (digit >= base) return -1;
    value = value * base + digit;
  }
  return value;
}

char simple_escape(char c) {
  switch (c) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\': return '\\';
    default: return 0;
  }
}

// Reads the escape after a backslash at the front of `rest`. Returns the bytes used, 0 for a bad escape.
size_t take_escape(std::string_view rest, char quote, std::string& out) {
  if (rest.empty()) return 0;
  const char c = rest.front();
  if (c == quote) {
    out += c;
    return 1;
  }
  if (const char simple = simple_escape(c); simple != 0) {
    out += simple;
    return 1;
  }
  if (c >= '0' && c <= '7') {
    const int64_t value = take_digits(rest, 3, 8);
    if (value < 0 || value > 255) return 0;
    out += static_cast<char>(value);
    return 3;
  }
  const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (digits == 0) return 0;
  const int64_t value = take_digits(rest.substr(1), digits, 16);
  if (value < 0) return 0;
  if (c == 'x') {
    out += static_cast<char>(value);
  } else if (!append_utf8(out, static_cast<uint32_t>(value))) {
    return 0;
  }
  return 1 + digits;
}

}  // namespace

bool append_utf8(std::string& out, uint32_t code_point) {
  if (code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff)) return false;
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xc0 | (code_point >> 6));
    out += static_cast<char>(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xe0 | (code_point >> 12));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code_point & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code_point >> 18));
    out += static_cast<char>(0x80 | ((code_point >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code_point & 0x3f));
  }
  return true;
}

Result<std::string> unescape(std::string_view body, char quote, size_t& problem_at) {
  std::string out;
  out.reserve(body.size());
  for (size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\') {
      out += body[i];
      continue;
    }
    const size_t used = take_escape(body.substr(i + 1), quote, out);
    if (used == 0) {
      problem_at = i;
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("unknown escape '{}' in a string: expected \\n, \\t, \\\\, \\{}, \\xhh, \\uhhhh or such",
                              body.substr(i, 2), quote));
    }
    i += used;
  }
  return out;
}

std::string quote(std::string_view value) {
  std::string out = "\"";
  for (char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (byte < 0x20 || byte == 0x7f) {
          out += fmt::format("\\x{:02x}", byte);
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

}  // namespace capstan::telemetry::promql
