// All blocks of a store: found at start, added by checkpoints, removed when they are too old or too many.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "telemetry/metrics/block.h"

namespace capstan::telemetry {

using Blocks = std::vector<std::shared_ptr<const Block>>;  // Rising by their first sample.

// Thread-safe.
class BlockSet {
 public:
  // Opens every block below `directory`. A damaged one is set aside (its name gets ".corrupt") and named in
  // `problems`; the others serve.
  static Result<std::unique_ptr<BlockSet>> open(std::filesystem::path directory, std::vector<std::string>& problems);

  // Writes one block and lets readers see it.
  Status add(const std::vector<FoundSeries>& series);
  // Removes blocks whose last sample is before `before_ms`, then the oldest until all take at most `max_bytes`.
  Status retain(int64_t before_ms, uint64_t max_bytes);

  Blocks all() const;
  uint64_t bytes() const;

 private:
  explicit BlockSet(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path free_name(int64_t from_ms, int64_t to_ms) const;

  const std::filesystem::path directory_;
  Guarded<Blocks> blocks_;
};

}  // namespace capstan::telemetry
