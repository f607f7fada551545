// The only way to ask for the time. Live code gets SystemClock, tests and the simulated world get VirtualClock.
#pragma once

#include <atomic>

#include "base/time.h"

namespace capstan {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  // Never goes back, whatever happens to the wall clock. The zero is arbitrary.
  virtual Duration monotonic() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  Duration monotonic() const override {
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
  }
};

// Stands still until it is moved.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Time start) : now_ms_(to_unix_ms(start)) {}
  Time now() const override { return from_unix_ms(now_ms_.load()); }
  Duration monotonic() const override { return Duration(monotonic_ms_.load()); }

  void advance(Duration by) {
    now_ms_ += by.count();
    monotonic_ms_ += by.count();
  }
  // Moves to a later time as if the time in between had passed.
  void advance_to(Time time) { advance(time - now()); }
  // What an operator or NTP does: the wall clock jumps, the monotonic one does not.
  void jump_to(Time time) { now_ms_ = to_unix_ms(time); }

 private:
  std::atomic<int64_t> now_ms_;
  std::atomic<int64_t> monotonic_ms_{0};
};

}  // namespace capstan
