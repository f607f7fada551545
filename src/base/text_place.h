// Where in a text something stands, for error messages.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace capstan {

// Line and column, both from 1, of a byte of a text; of its end where the offset lies beyond it.
Where place_in(std::string_view text, size_t offset, std::string_view file);

}  // namespace capstan
