// Calls a function again and again from a thread of its own, until it is destroyed.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "base/time.h"

namespace capstan::telemetry {

class Ticker {
 public:
  Ticker(Duration interval, std::function<void()> tick)
      : thread_([this, interval, call = std::move(tick)](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          while (!stop.stop_requested()) {
            wake_.wait_for(lock, stop, interval, [] { return false; });
            if (!stop.stop_requested()) call();
          }
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // Last: it uses the others. Its destructor asks it to stop, which wakes it, and waits.
};

}  // namespace capstan::telemetry
