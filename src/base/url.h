// The parts of a request that arrive encoded: targets, queries, forms and cookies.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace capstan {

// Names may repeat ("match[]"), so this is no map.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// RFC 3986: letters, digits and "-._~" stay, every other byte becomes %XX.
std::string percent_encode(std::string_view text);

// A '%' without two hexadecimal digits behind it is an error, and so is an encoded zero byte.
Result<std::string> percent_decode(std::string_view text);

// "a=1&b=x+y" as browsers send queries and forms: '+' is a space. More than 1,000 parameters are refused.
Result<QueryParameters> parse_query(std::string_view text);

struct RequestTarget {
  std::string path;                   // As it was sent, without the query: "/capstan/v1/plans/a%2Fb".
  std::vector<std::string> segments;  // Decoded one by one: "capstan", "v1", "plans", "a/b". None for "/".
  QueryParameters query;
};

// The origin form of RFC 9112, "/path?query". Segments "." and ".." are refused, encoded or not: no path of ours needs
// them, and whoever sends them is looking for a file.
Result<RequestTarget> parse_target(std::string_view target);

// The value of the first cookie of that name in a Cookie header.
std::optional<std::string_view> find_cookie(std::string_view header, std::string_view name);

}  // namespace capstan
