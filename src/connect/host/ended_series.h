// Ends the series that a look no longer has: an unmounted filesystem, a removed disk, an interface that is gone.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/sample.h"

namespace capstan::host {

// Not thread-safe.
class EndedSeries {
 public:
  // Appends a stale marker for every series of the look before that is not among `samples`. Those that end themselves
  // (their last sample is a marker already) get no second one.
  void complete(int64_t now_ms, std::vector<SeriesSample>& samples);

 private:
  struct Known {
    Labels labels;
    uint64_t look = 0;
  };
  std::unordered_map<uint64_t, Known> known_;  // By the hash of the labels.
  uint64_t look_ = 0;
};

}  // namespace capstan::host
