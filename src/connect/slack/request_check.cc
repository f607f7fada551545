#include "connect/slack/request_check.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/crypto.h"

namespace capstan::slack {
namespace {

constexpr int64_t kWindowSeconds = 300;
constexpr size_t kMostRemembered = 100'000;

int64_t unix_seconds(const Clock& clock) { return to_unix_ms(clock.now()) / 1000; }

}  // namespace

bool SeenBefore::first_time(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const Duration now = clock_.monotonic();
  forget(now);
  if (!seen_.emplace(key, now).second) return false;
  order_.emplace_back(key);
  return true;
}

void SeenBefore::take_back(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto seen = seen_.find(key);
  if (seen == seen_.end()) return;
  seen_.erase(seen);
  order_.erase(std::ranges::find(order_, key));
}

void SeenBefore::forget(Duration now) {
  while (!order_.empty()) {
    const auto oldest = seen_.find(order_.front());
    if (order_.size() < most_ && now - oldest->second <= while_) return;
    seen_.erase(oldest);
    order_.pop_front();
  }
}

// What a request's time allows for is twice the window: a clock that is ahead counts like one that is behind.
RequestCheck::RequestCheck(const Clock& clock)
    : clock_(clock),
      made_(unix_seconds(clock)),
      seen_(clock, std::chrono::seconds(2 * kWindowSeconds + 1), kMostRemembered) {}

Status RequestCheck::check(const Secret& signing_secret, std::string_view timestamp, std::string_view signature,
                           std::string_view body) {
  int64_t sent = 0;
  const auto [end, error] = std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), sent);
  if (error != std::errc() || end != timestamp.data() + timestamp.size()) {
    return fail(ErrorCode::kUnauthenticated, "the request has no time of its sending");
  }
  const std::string signed_text = "v0:" + std::string(timestamp) + ":" + std::string(body);
  const std::string expected = "v0=" + hex(hmac_sha256(signing_secret.reveal(), signed_text));
  if (signing_secret.empty() || !equal_in_constant_time(expected, signature)) {
    return fail(ErrorCode::kUnauthenticated, "the request is not signed with the signing secret");
  }
  const int64_t now = unix_seconds(clock_);
  if (sent < now - kWindowSeconds || sent > now + kWindowSeconds) {
    return fail(ErrorCode::kUnauthenticated, "the request was sent more than five minutes ago, or a clock is wrong");
  }
  if (sent < made_) return fail(ErrorCode::kUnauthenticated, "the request was sent before Capstan was started");
  if (!seen_.first_time(signature)) return fail(ErrorCode::kAlreadyExists, "the request has been taken already");
  return {};
}

}  // namespace capstan::slack
