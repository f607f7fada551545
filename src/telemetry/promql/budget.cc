#include "telemetry/promql/budget.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/sample.h"

namespace capstan::telemetry::promql {

Result<Budget::Held> Budget::hold(size_t bytes) {
  Held held(this, 0);
  TRY(hold_more(held, bytes));
  return held;
}

Status Budget::hold_more(Held& held, size_t bytes) {
  if (held.budget_ == nullptr) held.budget_ = this;
  if (bytes > limits_.memory_bytes - std::min(held_, limits_.memory_bytes)) {
    return fail(
        ErrorCode::kResourceExhausted,
        fmt::format("query would use more than {} MiB of memory: select fewer series, a shorter time or a larger step",
                    limits_.memory_bytes >> 20));
  }
  held_ += bytes;
  held.bytes_ += bytes;
  return {};
}

size_t Budget::samples_left() const {
  const size_t memory = limits_.memory_bytes - std::min(held_, limits_.memory_bytes);
  return std::min(limits_.samples - samples_, memory / sizeof(Sample));
}

Status Budget::use_samples(size_t count) {
  if (count > limits_.samples - samples_) {
    return fail(
        ErrorCode::kResourceExhausted,
        fmt::format("query processing would load too many samples into memory: the most is {}", limits_.samples));
  }
  samples_ += count;
  return {};
}

Status Budget::check() const {
  if (stop_.stop_requested()) return fail(ErrorCode::kCancelled, "query was canceled in expression evaluation");
  if (clock_.monotonic() >= deadline_) {
    return fail(ErrorCode::kDeadlineExceeded,
                fmt::format("query timed out in expression evaluation after {:g} s", to_seconds(limits_.time)));
  }
  return {};
}

}  // namespace capstan::telemetry::promql
