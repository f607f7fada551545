#include "base/text_place.h"

#include <algorithm>
#include <string>

namespace capstan {

Where place_in(std::string_view text, size_t offset, std::string_view file) {
  const std::string_view before = text.substr(0, offset);
  const auto line = static_cast<int>(1 + std::ranges::count(before, '\n'));
  const size_t line_begins = before.rfind('\n') + 1;  // 0 where there is none.
  return {std::string(file), line, static_cast<int>(1 + before.size() - line_begins)};
}

}  // namespace capstan
