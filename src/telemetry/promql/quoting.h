// String literals: how escapes are read and written.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace capstan::telemetry::promql {

// The value of what stands between the quotes. Escapes are Go's: \a \b \f \n \r \t \v \\, the quote itself, \ooo, \xhh,
// \uhhhh and \Uhhhhhhhh. `problem_at` is set to the byte of `body` at which an error lies.
Result<std::string> unescape(std::string_view body, char quote, size_t& problem_at);

// The value in double quotes, such that unescape gives it back byte for byte.
std::string quote(std::string_view value);

// Appends a code point in UTF-8; false for surrogates and what lies beyond U+10FFFF.
bool append_utf8(std::string& out, uint32_t code_point);

}  // namespace capstan::telemetry::promql
