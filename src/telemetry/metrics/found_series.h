// Chunks of one series, wherever they lie: in memory or in a mapped block.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "telemetry/metrics/gorilla.h"
#include "telemetry/series_reader.h"

namespace capstan::telemetry {

struct ChunkView {
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  uint32_t count = 0;
  std::string_view bytes;
  std::shared_ptr<const void> owner;  // Keeps `bytes` alive.
};

struct FoundSeries {
  std::shared_ptr<const Labels> labels;
  std::vector<ChunkView> chunks;  // Rising in time.
};

// Brings together what several places found of the same series, sorted by labels; chunks rise by their first sample.
std::vector<FoundSeries> merge_by_labels(std::vector<FoundSeries> found);

// The samples of the window, rising, each time once. `budget` falls by their number; kResourceExhausted below zero.
// A damaged chunk gives what can be read of it and raises `corrupt_chunks`.
Result<std::vector<Sample>> read_window(const FoundSeries& series, int64_t from_ms, int64_t to_ms, size_t& budget,
                                        uint64_t& corrupt_chunks);

// Whether a sample lies in the window.
bool has_sample(const FoundSeries& series, int64_t from_ms, int64_t to_ms);

}  // namespace capstan::telemetry
