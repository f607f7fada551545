#include "loop/fleet_queries.h"

#include <fmt/format.h>

namespace capstan::loop {
namespace {

constexpr Duration kShortest = std::chrono::seconds(1);
constexpr Duration kLongest = std::chrono::hours(24);

}  // namespace

Result<Duration> parse_window(std::string_view text) {
  const Duration window = TRY(parse_duration(text));
  if (window < kShortest || window > kLongest) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is not within {} to {}", text, format_duration(kShortest), format_duration(kLongest)));
  }
  return window;
}

}  // namespace capstan::loop
