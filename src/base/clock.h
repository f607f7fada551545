// The only way to ask for the time. Live code gets SystemClock, tests and the simulated world get VirtualClock.
#pragma once

#include <time.h>

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
  // The same, and it goes on while the machine sleeps: for what ends elsewhere, too, whether this machine is awake or
  // not. Its zero is another one.
  virtual Duration sleepless() const { return monotonic(); }
};

class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }
  Duration monotonic() const override {
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
  }
  Duration sleepless() const override {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return std::chrono::duration_cast<Duration>(std::chrono::seconds(time.tv_sec) +
                                                std::chrono::nanoseconds(time.tv_nsec));
  }
};

// Stands still until it is moved.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Time start) : now_ms_(to_unix_ms(start)) {}
  Time now() const override { return from_unix_ms(now_ms_.load()); }
  Duration monotonic() const override { return Duration(monotonic_ms_.load()); }
  Duration sleepless() const override { return Duration(monotonic_ms_.load() + asleep_ms_.load()); }

  void advance(Duration by) {
    now_ms_ += by.count();
    monotonic_ms_ += by.count();
  }
  // Moves to a later time as if the time in between had passed.
  void advance_to(Time time) { advance(time - now()); }
  // What a laptop whose lid is closed does, or a machine that is suspended: only the monotonic clock stands still.
  void sleep(Duration time) {
    now_ms_ += time.count();
    asleep_ms_ += time.count();
  }
  // What an operator or NTP does: the wall clock jumps, the monotonic one does not.
  void jump_to(Time time) { now_ms_ = to_unix_ms(time); }

 private:
  std::atomic<int64_t> now_ms_;
  std::atomic<int64_t> monotonic_ms_{0};
  std::atomic<int64_t> asleep_ms_{0};
};

}  // namespace capstan
