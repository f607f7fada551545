#include "connect/host/line_text.h"

#include <algorithm>

namespace capstan::host {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kCut = " … (cut)";

bool is_continuation(unsigned char c) { return (c & 0xc0) == 0x80; }

// The length of the valid character at the front; 0 for none. RFC 3629: no overlong forms, no surrogates, up to
// U+10FFFF.
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 && first <= 0xf4  ? 4
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xc2 && first < 0xe0 ? 2
                                                        : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!is_continuation(byte(i))) return 0;
  }
  const unsigned char second = byte(1);
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
  if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
  return length;
}

// The length of an escape sequence at the front (ECMA-48: CSI … final byte, or two characters).
size_t escape_length(std::string_view text) {
  if (text.size() < 2) return 1;
  if (text[1] != '[') return 2;
  size_t end = 2;
  while (end < text.size() && end < 64 && (text[end] < 0x40 || text[end] > 0x7e)) ++end;
  return end < text.size() ? end + 1 : end;
}

}  // namespace

std::string clean_line(std::string_view bytes, size_t limit) {
  std::string text;
  text.reserve(std::min(bytes.size(), limit) + kCut.size());
  bool replaced_last = false;
  while (!bytes.empty()) {
    if (text.size() >= limit) {
      text += kCut;
      break;
    }
    const auto first = static_cast<unsigned char>(bytes.front());
    if (first == 0x1b) {
      bytes.remove_prefix(escape_length(bytes));
      continue;
    }
    const size_t length = character_length(bytes);
    if (length == 0) {
      if (!replaced_last) text += kReplacement;
      replaced_last = true;
      bytes.remove_prefix(1);
      continue;
    }
    replaced_last = false;
    const bool is_control = length == 1 && (first < 0x20 || first == 0x7f) && first != '\t' && first != '\n';
    if (is_control)
      text += first == '\r' && bytes.size() == 1 ? "" : " ";
    else
      text += bytes.substr(0, length);
    bytes.remove_prefix(length);
  }
  return text;
}

}  // namespace capstan::host
