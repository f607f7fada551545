#include "loop/name_range.h"

#include <fmt/format.h>

namespace capstan::loop {
namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 7 && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

Result<std::vector<std::string>> expand_names(const std::string& name, size_t most) {
  const size_t open = name.find('{');
  const auto refuse = [&] {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is no range of names; expected like user{{01..45}}", name));
  };
  if (open == std::string::npos) {
    if (name.find('}') != std::string::npos) return refuse();
    return std::vector<std::string>{name};
  }
  const size_t close = name.find('}', open);
  const size_t dots = name.find("..", open);
  if (close == std::string::npos || dots == std::string::npos || dots > close) return refuse();
  const std::string behind = name.substr(close + 1);
  if (behind.find_first_of("{}") != std::string::npos) return refuse();  // One range is enough to count.
  const std::string from = name.substr(open + 1, dots - open - 1);
  const std::string to = name.substr(dots + 2, close - dots - 2);
  if (!is_number(from) || !is_number(to)) return refuse();
  const int first = std::stoi(from);
  const int last = std::stoi(to);
  if (last < first) return refuse();
  if (static_cast<size_t>(last - first) >= most)
    return fail(ErrorCode::kResourceExhausted, fmt::format("'{}' is more than {} names", name, most));
  std::vector<std::string> names;
  for (int number = first; number <= last; ++number)
    names.push_back(fmt::format("{}{:0{}}{}", name.substr(0, open), number, from.size(), behind));
  return names;
}

}  // namespace capstan::loop
