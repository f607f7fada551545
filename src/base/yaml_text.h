// JSON values as YAML that people would write.
#pragma once

#include <string>

#include "base/json.h"

namespace capstan {

// A value on one line: plain where YAML reads the same text again, else quoted; lists and maps in brackets.
std::string yaml_line(const Json& value);

// A value over lines, each but the first indented by so many spaces: maps and lists as blocks, texts of several lines
// as "|" or "|-" with their lines indented by two more. No newline at the end.
std::string yaml_block(const Json& value, size_t indent);

}  // namespace capstan
