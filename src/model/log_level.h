// How grave a log line is, judged by the words that people's software prints.
#pragma once

#include <string_view>

namespace capstan {

// "error", "warning", "info", "debug", or "" where the line does not say. Fatal, critical and panicking lines are
// "error"; notices are "info"; traces are "debug".
//
// What states a level in its place decides: a syslog priority (<3>), a member of JSON or logfmt (level=error), a
// klog head (E0102 15:04:05), a marker (ERROR, [error], error:, WARN -). Without one, words that only bad news has
// ("panic:", "Traceback", "segfault") make an error. A count ("0 errors", "error_count=0") or a denial ("no error")
// makes none.
std::string_view level_of(std::string_view line);

}  // namespace capstan
