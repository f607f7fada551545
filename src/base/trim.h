// Texts without what surrounds them.
#pragma once

#include <string_view>

namespace capstan {

inline constexpr std::string_view kBlanks = " \t\r\n\f\v";

// Without characters of `blanks` at its ends.
inline std::string_view trim(std::string_view text, std::string_view blanks = kBlanks) {
  const size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace capstan
