#include "serve/login_throttle.h"

#include <algorithm>

namespace capstan::serve {
namespace {

constexpr size_t kMostEntries = 10'000;
constexpr Duration kForgottenAfter = std::chrono::hours(1);
constexpr Duration kForgivenEvery = std::chrono::minutes(1);
constexpr Duration kFirstWait{1000};

}  // namespace

Duration LoginThrottle::begin(std::string_view user, std::string_view address) {
  const Duration now = clock_.monotonic();
  std::lock_guard lock(mutex_);
  const Duration longest = std::max(wait(users_, user, kUser, now), wait(addresses_, address, kAddress, now));
  if (longest > Duration(0)) return longest;
  ++entry(users_, user, now).under_way;
  ++entry(addresses_, address, now).under_way;
  return Duration(0);
}

void LoginThrottle::end(std::string_view user, std::string_view address, Outcome outcome) {
  const Duration now = clock_.monotonic();
  std::lock_guard lock(mutex_);
  Failures& by_user = entry(users_, user, now);
  Failures& by_address = entry(addresses_, address, now);
  end(by_user, kUser, outcome == Outcome::kWrong, now);
  end(by_address, kAddress, outcome == Outcome::kWrong, now);
  if (outcome != Outcome::kRight) return;
  by_user.count = 0;
  if (now < by_address.unforgiven_until) return;
  by_address.count /= 2;
  by_address.unforgiven_until = now + kForgivenEvery;
}

Duration LoginThrottle::wait(const Entries& entries, std::string_view key, const Allowance& allowance, Duration now) {
  const auto found = entries.find(key);
  if (found == entries.end()) return Duration(0);
  const Failures& failures = found->second;
  const bool must_await = failures.under_way > 0 && failures.count + failures.under_way > allowance.free;
  return std::max(must_await ? kFirstWait : Duration(0), failures.blocked_until - now);
}

LoginThrottle::Failures& LoginThrottle::entry(Entries& entries, std::string_view key, Duration now) {
  std::erase_if(entries, [&](const auto& entry) { return now - entry.second.last > kForgottenAfter; });
  if (entries.size() >= kMostEntries && !entries.contains(key)) {
    entries.erase(std::ranges::min_element(entries, {}, [](const auto& entry) { return entry.second.last; }));
  }
  Failures& failures = entries[std::string(key)];
  failures.last = now;
  return failures;
}

void LoginThrottle::end(Failures& failures, const Allowance& allowance, bool wrong, Duration now) {
  failures.under_way = std::max(failures.under_way - 1, 0);  // It may have been forgotten meanwhile.
  if (!wrong) return;
  ++failures.count;
  const int beyond = std::min(failures.count - allowance.free, 20);
  if (beyond > 0) failures.blocked_until = now + std::min(allowance.longest, kFirstWait * (1 << (beyond - 1)));
}

}  // namespace capstan::serve
