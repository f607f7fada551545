// A log line cut at its spaces, with what varies from line to line masked: numbers, times, addresses, hexadecimal
// and UUIDs, paths.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace capstan::telemetry {

// Stands in a template for what varies.
inline constexpr std::string_view kPlaceholder = "<*>";

struct LineToken {
  std::string_view text;                    // As in the line.
  std::string masked;                       // "took <*>ms,"
  std::vector<std::string_view> variables;  // One for each placeholder of `masked`.
};

// Joined by single spaces, the tokens' texts give the line again. Of very long lines the last token is all the rest.
std::vector<LineToken> split_line(std::string_view line);

size_t count_placeholders(std::string_view template_text);

// The line again: every placeholder replaced by its variable.
std::string fill_template(std::string_view template_text, const std::vector<std::string_view>& variables);

}  // namespace capstan::telemetry
