// Makes texts and JSON values fit a limit by cutting, so that what is too long is not lost as a whole.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.h"

namespace capstan {

// Cut at the end of a character, with "…" at the end then. `most_bytes` is at least 3.
std::string fit_text(std::string_view text, size_t most_bytes);

// Cuts the longest texts until the value fits, but none below 200 bytes. A value that does not fit even so is given
// back as small as it got: the caller has to leave something out.
Json fit_texts(Json value, size_t most_bytes);

}  // namespace capstan
