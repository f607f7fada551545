// Numbers over time: what sensing gives and PromQL answers.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/labels.h"

namespace capstan {

struct Sample {
  int64_t at_ms = 0;  // Unix milliseconds.
  double value = 0;
};

// Prometheus' marker that a series ended: this NaN bit pattern, and no other NaN.
inline constexpr uint64_t kStaleNanBits = 0x7ff0000000000002ULL;
double stale_nan();
bool is_stale(double value);

struct Series {
  Labels labels;
  std::vector<Sample> samples;  // Rising in time.
};

// One sample of one series, on its way into the store.
struct SeriesSample {
  Labels labels;
  Sample sample;
};

// One log line, on its way into the store.
struct LogLine {
  Time at;
  Labels labels;  // Where it comes from: filename, unit, stream ("stdout" or "stderr"), resource, level.
  std::string text;
};

}  // namespace capstan
