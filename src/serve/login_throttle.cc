#include "serve/login_throttle.h"

#include <algorithm>

namespace capstan::serve {
namespace {

constexpr size_t kMostEntries = 10'000;
constexpr Duration kForgottenAfter = std::chrono::hours(1);

}  // namespace

Duration LoginThrottle::begin(std::string_view user, std::string_view address) {
  constexpr Allowance kUser{10, std::chrono::seconds(30)};
  constexpr Allowance kAddress{5, std::chrono::minutes(15)};
  const Duration now = clock_.monotonic();
  std::lock_guard lock(mutex_);
  const Duration longest = std::max(wait(users_, user, now), wait(addresses_, address, now));
  if (longest > Duration(0)) return longest;
  count(users_, user, kUser, now);
  count(addresses_, address, kAddress, now);
  return Duration(0);
}

void LoginThrottle::succeeded(std::string_view user, std::string_view address) {
  std::lock_guard lock(mutex_);
  if (const auto found = users_.find(user); found != users_.end()) users_.erase(found);
  if (const auto found = addresses_.find(address); found != addresses_.end()) addresses_.erase(found);
}

Duration LoginThrottle::wait(const Entries& entries, std::string_view key, Duration now) {
  const auto found = entries.find(key);
  return found == entries.end() ? Duration(0) : std::max(Duration(0), found->second.blocked_until - now);
}

void LoginThrottle::count(Entries& entries, std::string_view key, const Allowance& allowance, Duration now) {
  std::erase_if(entries, [&](const auto& entry) { return now - entry.second.last > kForgottenAfter; });
  if (entries.size() >= kMostEntries) {
    entries.erase(std::ranges::min_element(entries, {}, [](const auto& entry) { return entry.second.last; }));
  }
  Failures& failures = entries[std::string(key)];
  failures.last = now;
  ++failures.count;
  const int beyond = std::min(failures.count - allowance.free, 20);
  if (beyond > 0) failures.blocked_until = now + std::min(allowance.longest, Duration(1000) * (1 << (beyond - 1)));
}

}  // namespace capstan::serve
