// The samples of one series that a range function looks at for one step.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "model/sample.h"

namespace capstan::telemetry::promql {

// "No value at this step". Stale markers never reach a computation, and arithmetic never yields their bits (it makes
// every NaN quiet), so they are free to mean this.
inline double absent_value() { return std::bit_cast<double>(kStaleNanBits); }
inline bool is_absent(double value) { return std::bit_cast<uint64_t>(value) == kStaleNanBits; }

struct Window {
  std::span<const Sample> samples;   // Never empty; after start_ms, up to and including end_ms; no stale markers.
  std::span<const uint32_t> resets;  // Per sample: how often the series fell up to here, counted from its begin.
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t at_ms = 0;                   // The time of evaluation; differs from end_ms by the offset.
  std::array<double, 2> parameters{};  // Scalar arguments, in their order.

  double range_seconds() const { return static_cast<double>(end_ms - start_ms) / 1000.0; }
};

}  // namespace capstan::telemetry::promql
