// When a request is worth another attempt, how long to wait before it, and when to stop trying.
// Source: AWS SDKs and Tools Reference Guide, "Retry behavior" (standard and adaptive modes).
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "connect/aws/service_answer.h"

namespace capstan::aws {

enum class RetryMode { kStandard, kAdaptive };

// It changes nothing, by its method or its name.
bool only_reads(const Operation& operation);
// Doing it twice changes nothing more than doing it once: reads, what the model calls idempotent, what carries a token.
bool is_repeatable(const Operation& operation);

// What one attempt came to.
struct Verdict {
  bool again = false;              // Another attempt is safe and may help.
  bool may_have_happened = false;  // Something was changed, or not: nobody knows.
  bool at_once = false;            // Without waiting: the cause is mended.
  int cost = 0;                    // Of the retry, in the quota.
  std::string reason;              // For people: "throttled (SlowDown)".
};
Verdict judge(const Operation& operation, const Error& error);
Verdict judge(const Operation& operation, const Refusal& refusal);

// Uniform between nothing and 2^(attempt-1) seconds, 20 at most. `attempt` counts from 1.
Duration backoff(int attempt, Random& random);

// Stops all retries when most of them fail: each takes tokens, success gives them back. Thread-safe.
class RetryQuota {
 public:
  bool take(int cost);
  void give_back(int cost);

 private:
  std::mutex mutex_;
  int tokens_ = 500;
};

// The adaptive mode's own pace: slower after each throttling, faster again as time passes without. Thread-safe.
class SendRate {
 public:
  explicit SendRate(const Clock& clock) : clock_(clock) {}

  // How long to wait before the next request may be sent; it counts as sent.
  Duration reserve();
  void answered(bool throttled);

 private:
  void refill(double now);
  void measure(double now);
  void set_rate(double rate, double now);

  const Clock& clock_;
  std::mutex mutex_;
  bool enabled_ = false;  // Not before the first throttling.
  double rate_ = 0;       // Requests a second.
  double capacity_ = 1;
  double tokens_ = 0;
  double refilled_ = 0;
  double measured_rate_ = 0;
  double measured_since_ = 0;
  int measured_requests_ = 0;
  double rate_at_throttle_ = 0;
  double throttled_at_ = 0;
};

}  // namespace capstan::aws
