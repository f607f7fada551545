#include "connect/aws/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "connect/aws/input_check.h"

namespace capstan::aws {
namespace {

constexpr int kQuota = 500;
constexpr int kCost = 5;
constexpr int kTimeoutCost = 10;
constexpr Duration kLongestBackoff{20'000};

// The constants of the published algorithm (CUBIC).
constexpr double kBeta = 0.7;
constexpr double kScale = 0.4;
constexpr double kSmooth = 0.8;
constexpr double kLeastRate = 0.5;

}  // namespace

bool only_reads(const Operation& operation) {
  if (operation.method == "GET" || operation.method == "HEAD") return true;
  // A session that nobody uses costs nothing, so that of a role may be asked for twice.
  constexpr std::array<std::string_view, 5> kReads = {"Get", "List", "Describe", "Head", "AssumeRole"};
  return std::ranges::any_of(kReads, [&](std::string_view verb) { return operation.name.starts_with(verb); });
}

bool is_repeatable(const Operation& operation) {
  return operation.idempotent || only_reads(operation) || has_idempotency_token(operation);
}

Verdict judge(const Operation& operation, const Error& error) {
  if (error.code == ErrorCode::kUnavailable) return {.again = true, .cost = kCost, .reason = error.message};
  if (error.code == ErrorCode::kDeadlineExceeded || error.code == ErrorCode::kCorrupt) {
    return {.again = is_repeatable(operation),
            .may_have_happened = !only_reads(operation),
            .cost = kTimeoutCost,
            .reason = error.message};
  }
  const bool received = error.code == ErrorCode::kCancelled || error.code == ErrorCode::kResourceExhausted;
  return {.may_have_happened = received && !only_reads(operation), .reason = error.message};
}

Verdict judge(const Operation& operation, const Refusal& refusal) {
  switch (refusal.kind) {
    case RefusalKind::kFinal: return {.reason = refusal.code};
    case RefusalKind::kThrottled:
      return {.again = true, .cost = kCost, .reason = fmt::format("throttled ({})", refusal.code)};
    case RefusalKind::kTransient: {
      const bool untouched = refusal.status == 503;
      return {.again = untouched || is_repeatable(operation),
              .may_have_happened = !untouched && !only_reads(operation),
              .cost = kCost,
              .reason = fmt::format("{} ({})", refusal.status, refusal.code)};
    }
    case RefusalKind::kSkewed:
      return {.again = true, .at_once = true, .reason = fmt::format("the clocks differ ({})", refusal.code)};
    case RefusalKind::kExpired:
      return {.again = true, .at_once = true, .reason = fmt::format("credentials expired ({})", refusal.code)};
  }
  return {};
}

Duration backoff(int attempt, Random& random) {
  const Duration most = std::min(kLongestBackoff, Duration(1000LL << std::min(attempt - 1, 10)));
  return Duration(static_cast<int64_t>(random.below(static_cast<uint64_t>(most.count()) + 1)));
}

bool RetryQuota::take(int cost) {
  std::lock_guard lock(mutex_);
  if (tokens_ < cost) return false;
  tokens_ -= cost;
  return true;
}

void RetryQuota::give_back(int cost) {
  std::lock_guard lock(mutex_);
  tokens_ = std::min(kQuota, tokens_ + cost);
}

void SendRate::refill(double now) {
  if (refilled_ > 0) tokens_ = std::min(capacity_, tokens_ + (now - refilled_) * rate_);
  refilled_ = now;
}

Duration SendRate::reserve() {
  std::lock_guard lock(mutex_);
  if (!enabled_) return Duration(0);
  refill(to_seconds(clock_.monotonic()));
  tokens_ -= 1;  // Below nothing: those who come later wait longer.
  if (tokens_ >= 0) return Duration(0);
  return Duration(static_cast<int64_t>(std::ceil(-tokens_ / rate_ * 1000)));
}

// How many requests a second are sent, over halves of a second.
void SendRate::measure(double now) {
  const double bucket = std::floor(now * 2) / 2;
  ++measured_requests_;
  if (bucket <= measured_since_) return;
  const double current = measured_requests_ / (bucket - measured_since_);
  measured_rate_ = current * kSmooth + measured_rate_ * (1 - kSmooth);
  measured_requests_ = 0;
  measured_since_ = bucket;
}

void SendRate::set_rate(double rate, double now) {
  refill(now);
  rate_ = std::max(rate, kLeastRate);
  capacity_ = std::max(rate, 1.0);
  tokens_ = std::min(tokens_, capacity_);
}

void SendRate::answered(bool throttled) {
  std::lock_guard lock(mutex_);
  const double now = to_seconds(clock_.monotonic());
  measure(now);
  double wanted = 0;
  if (throttled) {
    rate_at_throttle_ = enabled_ ? std::min(measured_rate_, rate_) : measured_rate_;
    throttled_at_ = now;
    if (!std::exchange(enabled_, true)) tokens_ = 0;  // What went unused before is no leave to burst now.
    wanted = rate_at_throttle_ * kBeta;
  } else {
    const double window = std::cbrt(rate_at_throttle_ * (1 - kBeta) / kScale);
    wanted = kScale * std::pow(now - throttled_at_ - window, 3) + rate_at_throttle_;
  }
  set_rate(std::min(wanted, 2 * measured_rate_), now);
}

}  // namespace capstan::aws
