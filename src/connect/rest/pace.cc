#include "connect/rest/pace.h"

#include <algorithm>
#include <cmath>

namespace capstan::rest {

// A limit is not to be exceeded: what is no whole number of milliseconds is rounded up.
Pace::Pace(double calls_per_second, int at_once, const service::Outside& outside)
    : between_(calls_per_second > 0 ? static_cast<int64_t>(std::ceil(1000 / calls_per_second)) : 0),
      at_once_(at_once),
      outside_(outside) {}

Result<Pace::Turn> Pace::take(const std::stop_token& stop) {
  Duration wait{0};
  {
    std::unique_lock lock(mutex_);
    if (!ended_.wait(lock, stop, [this] { return under_way_ < at_once_; }))
      return fail(ErrorCode::kCancelled, "cancelled while waiting for a turn");
    ++under_way_;
    if (between_ > Duration(0)) {
      const Duration now = outside_.clock->monotonic();
      wait = std::max(Duration(0), next_ - now);
      next_ = std::max(now, next_) + between_;
    }
  }
  Turn turn(*this);
  if (wait > Duration(0) && !outside_.pause(wait, stop))
    return fail(ErrorCode::kCancelled, "cancelled while waiting for a turn");
  return turn;
}

void Pace::end_turn() {
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
  }
  ended_.notify_one();
}

}  // namespace capstan::rest
