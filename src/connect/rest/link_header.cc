#include "connect/rest/link_header.h"

#include <strings.h>

#include <algorithm>

#include "base/trim.h"

namespace capstan::rest {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// Up to the separator, but not within quotes; what is left begins behind it.
std::string_view take_until(std::string_view& rest, char separator) {
  bool quoted = false;
  size_t end = 0;
  for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
    if (rest[end] == '"') quoted = !quoted;
    if (rest[end] == '\\' && quoted) ++end;
  }
  end = std::min(end, rest.size());
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

// Whether one of the relations of `rel="prev next"` is the wanted one.
bool has_relation(std::string_view parameters, std::string_view relation) {
  while (!parameters.empty()) {
    std::string_view parameter = trim(take_until(parameters, ';'));
    if (!same_word(trim(take_until(parameter, '=')), "rel")) continue;
    std::string_view names = trim(trim(parameter), "\"");
    while (!names.empty()) {
      if (same_word(trim(take_until(names, ' ')), relation)) return true;
    }
    return false;  // RFC 8288, section 3.3: only the first "rel" counts.
  }
  return false;
}

}  // namespace

std::optional<std::string> find_link(const HttpHeaders& headers, std::string_view relation) {
  for (const auto& [name, value] : headers) {
    if (!same_word(name, "link")) continue;
    std::string_view rest = value;
    while (true) {
      const size_t open = rest.find('<');
      const size_t close = rest.find('>', open == std::string_view::npos ? 0 : open);
      if (open == std::string_view::npos || close == std::string_view::npos) break;
      const std::string_view target = rest.substr(open + 1, close - open - 1);
      rest.remove_prefix(close + 1);
      if (has_relation(take_until(rest, ','), relation)) return std::string(trim(target));
    }
  }
  return std::nullopt;
}

}  // namespace capstan::rest
