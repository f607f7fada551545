// What one query may use: samples, memory, time. Every limit that is reached is an error that names it.
#pragma once

#include <cstddef>
#include <stop_token>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace capstan::telemetry::promql {

struct QueryLimits {
  size_t samples = 50'000'000;        // Read from the store, over all selectors.
  size_t memory_bytes = 1ULL << 30;   // Samples and intermediate results that are held at once.
  size_t points_per_series = 11'000;  // Steps of a range query.
  Duration time{120'000};
};

// Not thread-safe: one query runs on one thread.
class Budget {
 public:
  Budget(const QueryLimits& limits, const Clock& clock, std::stop_token stop)
      : limits_(limits), clock_(clock), stop_(std::move(stop)), deadline_(clock.monotonic() + limits.time) {}

  // Gives its bytes back when it goes.
  class Held {
   public:
    Held() = default;
    Held(Held&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Held& operator=(Held&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Held() {
      if (budget_ != nullptr) budget_->held_ -= bytes_;
    }

   private:
    friend class Budget;
    Held(Budget* budget, size_t bytes) : budget_(budget), bytes_(bytes) {}
    Budget* budget_ = nullptr;
    size_t bytes_ = 0;
  };

  // kResourceExhausted when that much memory is not left.
  Result<Held> hold(size_t bytes);
  // Adds to what is held already.
  Status hold_more(Held& held, size_t bytes);

  // How many samples may still be read.
  size_t samples_left() const;
  Status use_samples(size_t count);

  // kDeadlineExceeded or kCancelled. Cheap enough for every series; loops over steps call it now and then.
  Status check() const;

 private:
  QueryLimits limits_;
  const Clock& clock_;
  std::stop_token stop_;
  Duration deadline_;
  size_t held_ = 0;
  size_t samples_ = 0;
};

}  // namespace capstan::telemetry::promql
