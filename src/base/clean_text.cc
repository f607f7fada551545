#include "base/clean_text.h"

#include <algorithm>
#include <utility>

namespace capstan {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kCut = " … (cut)";
constexpr size_t kLongestSequence = 256;  // What claims to be a longer one is none.
constexpr size_t kUnfinished = std::string_view::npos;

// How much of the front needs nothing done: most of what programs print.
size_t plain_length(std::string_view text) {
  const auto is_plain = [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t'; };
  return static_cast<size_t>(std::ranges::find_if_not(text, is_plain) - text.begin());
}

// The length of the character at the front; 0 for none, kUnfinished where more may come. RFC 3629: no overlong forms,
// no surrogates, up to U+10FFFF.
size_t character_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 && first <= 0xf4  ? 4
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xc2 && first < 0xe0 ? 2
                                                        : 0;
  for (size_t i = 1; i < length; ++i) {
    if (i >= text.size()) return kUnfinished;
    if ((byte(i) & 0xc0) != 0x80) return 0;
    if (i > 1) continue;
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
    if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
  }
  return length;
}

// The length of an escape sequence at the front (ECMA-48): a control sequence to its final byte, a string (such as a
// window's title) to its terminator, or two characters.
size_t escape_length(std::string_view text) {
  if (text.size() < 2) return kUnfinished;
  const bool is_control = text[1] == '[';
  const bool is_string = std::string_view("]PX^_").contains(text[1]);
  const auto is_intermediate = [](char c) { return c >= 0x20 && c <= 0x2f; };
  if (!is_control && !is_string && !is_intermediate(text[1])) return 2;
  for (size_t end = 2; end < std::min(text.size(), kLongestSequence); ++end) {
    if (is_control && text[end] >= 0x40 && text[end] <= 0x7e) return end + 1;
    if (!is_control && !is_string && !is_intermediate(text[end])) return end + 1;
    if (is_string && text[end] == '\a') return end + 1;
    if (is_string && text[end] == '\\' && text[end - 1] == 0x1b) return end + 1;
  }
  return text.size() < kLongestSequence ? kUnfinished : 2;
}

}  // namespace

std::string clean_line(std::string_view bytes, size_t limit) {
  std::string text;
  text.reserve(std::min(bytes.size(), limit) + kCut.size());
  bool replaced_last = false;
  while (!bytes.empty()) {
    if (text.size() >= limit) return text += kCut;
    if (const size_t plain = std::min(plain_length(bytes), limit - text.size()); plain > 0) {
      text += bytes.substr(0, plain);
      bytes.remove_prefix(plain);
      replaced_last = false;
      continue;
    }
    if (bytes.front() == 0x1b) {
      const size_t length = escape_length(bytes);
      // A string that does not end must not hide what follows it.
      const size_t unfinished = bytes.size() > 1 && bytes[1] == '[' ? bytes.size() : 2;
      bytes.remove_prefix(std::min(length == kUnfinished ? unfinished : length, bytes.size()));
      continue;
    }
    const size_t length = character_length(bytes);
    const bool is_valid = length != 0 && length != kUnfinished;
    if (!is_valid)
      text += replaced_last ? "" : kReplacement;
    else if (length > 1)
      text += bytes.substr(0, length);
    else
      text += bytes == "\r" ? "" : " ";
    replaced_last = !is_valid;
    bytes.remove_prefix(is_valid ? length : 1);
  }
  return text;
}

std::string TextCleaner::take(std::string_view piece) {
  if (held_.empty()) return clean(piece, false);
  const std::string bytes = std::exchange(held_, {}) + std::string(piece);
  return clean(bytes, false);
}

std::string TextCleaner::finish() { return clean(std::exchange(held_, {}), true); }

std::string TextCleaner::clean(std::string_view bytes, bool is_end) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    if (const size_t plain = plain_length(bytes); plain > 0) {
      text += bytes.substr(0, plain);
      bytes.remove_prefix(plain);
      replaced_last_ = false;
      continue;
    }
    const char first = bytes.front();
    size_t length = first == 0x1b ? escape_length(bytes) : character_length(bytes);
    if (first == '\r' && bytes.size() == 1) length = kUnfinished;
    if (length == kUnfinished && !is_end) {
      held_ = bytes;
      return text;
    }
    if (first == 0x1b) {
      bytes.remove_prefix(std::min(length, bytes.size()));
    } else if (length == 0 || length == kUnfinished) {
      if (first == '\r')
        text += '\n';
      else if (!replaced_last_)
        text += kReplacement;
      replaced_last_ = first != '\r';
      bytes.remove_prefix(1);
    } else {
      if (first == '\r')
        text += bytes.size() > 1 && bytes[1] == '\n' ? "" : "\n";
      else if (length == 1)
        text += ' ';
      else
        text += bytes.substr(0, length);
      replaced_last_ = false;
      bytes.remove_prefix(length);
    }
  }
  return text;
}

}  // namespace capstan
