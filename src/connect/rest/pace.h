// How fast a service is asked: so many calls a second, so many at once, logins among them.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <utility>

#include "base/result.h"
#include "service/runner.h"

namespace capstan::rest {

// Thread-safe. `outside` must outlive it.
class Pace {
 public:
  // `calls_per_second` 0: as many as there are.
  Pace(double calls_per_second, int at_once, const service::Outside& outside);

  // A call may go out while it lives.
  class Turn {
   public:
    Turn(Turn&& other) noexcept : pace_(std::exchange(other.pace_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    Turn(const Turn&) = delete;
    ~Turn() {
      if (pace_) pace_->end_turn();
    }

   private:
    friend class Pace;
    explicit Turn(Pace& pace) : pace_(&pace) {}
    Pace* pace_;
  };
  // Waits for it. kCancelled when `stop` comes first.
  Result<Turn> take(const std::stop_token& stop);

 private:
  void end_turn();

  const Duration between_;
  const int at_once_;
  const service::Outside& outside_;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  int under_way_ = 0;
  Duration next_{0};  // Monotonic.
};

}  // namespace capstan::rest
