#include "base/utf8.h"

namespace capstan {

size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  if (lead == 0xe0 && byte(1) < 0xa0) return 0;  // Overlong.
  if (lead == 0xed && byte(1) > 0x9f) return 0;  // Surrogates.
  if (lead == 0xf0 && byte(1) < 0x90) return 0;  // Overlong.
  if (lead == 0xf4 && byte(1) > 0x8f) return 0;  // Beyond U+10FFFF.
  return length;
}

size_t first_invalid_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    // Most text is ASCII alone.
    const bool is_ascii = static_cast<unsigned char>(text[i]) < 0x80;
    const size_t length = is_ascii ? 1 : utf8_length(text.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

bool is_utf8(std::string_view text) { return first_invalid_utf8(text) == std::string_view::npos; }

}  // namespace capstan
