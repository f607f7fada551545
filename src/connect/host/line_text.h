// Makes text of what programs write into logs: valid UTF-8 without control characters, of bounded length.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace capstan::host {

// Invalid UTF-8 becomes U+FFFD (a run of it one), terminal colours and other escape sequences are taken out, other
// control characters but tab become blanks. Longer text is cut at `limit` bytes, not inside a character, and says so.
std::string clean_line(std::string_view bytes, size_t limit = 16 << 10);

}  // namespace capstan::host
