// UTF-8 as RFC 3629 has it.
#pragma once

#include <cstddef>
#include <string_view>

namespace capstan {

// The length of the valid sequence at the front of a text that is not empty, or 0.
size_t utf8_length(std::string_view text);

bool is_utf8(std::string_view text);

// Where the first byte is that begins no valid sequence; npos for none.
size_t first_invalid_utf8(std::string_view text);

}  // namespace capstan
