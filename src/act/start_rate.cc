#include "act/start_rate.h"

#include <algorithm>

namespace capstan::act {
namespace {

constexpr Duration kMinute{60'000};

}  // namespace

void StartRate::started(std::string_view origin, Duration now) {
  auto found = starts_.find(origin);
  if (found == starts_.end()) found = starts_.emplace(origin, std::deque<Duration>()).first;
  found->second.push_back(now);
}

int StartRate::within_minute(std::string_view origin, Duration now) const {
  const auto found = starts_.find(origin);
  if (found == starts_.end()) return 0;
  return static_cast<int>(found->second.end() - std::ranges::upper_bound(found->second, now - kMinute));
}

void StartRate::forget(Duration now) {
  for (auto& [origin, starts] : starts_) {
    while (!starts.empty() && starts.front() <= now - kMinute) starts.pop_front();
  }
  std::erase_if(starts_, [](const auto& origin) { return origin.second.empty(); });
}

}  // namespace capstan::act
