#include "telemetry/metrics/found_series.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace capstan::telemetry {
namespace {

// Chunks overlap where a crash came between writing a block and forgetting the log, or where a series came back and
// brought older samples. Of equal times the first stays.
void mend_order(std::vector<Sample>& samples) {
  std::ranges::stable_sort(samples, {}, &Sample::at_ms);
  const auto rest = std::ranges::unique(samples, {}, &Sample::at_ms);
  samples.erase(rest.begin(), rest.end());
}

}  // namespace

std::vector<FoundSeries> merge_by_labels(std::vector<FoundSeries> found) {
  std::ranges::stable_sort(found, [](const FoundSeries& a, const FoundSeries& b) { return *a.labels < *b.labels; });
  std::vector<FoundSeries> merged;
  merged.reserve(found.size());
  for (FoundSeries& one : found) {
    if (!merged.empty() && *merged.back().labels == *one.labels) {
      std::ranges::move(one.chunks, std::back_inserter(merged.back().chunks));
    } else {
      merged.push_back(std::move(one));
    }
  }
  for (FoundSeries& one : merged) std::ranges::stable_sort(one.chunks, {}, &ChunkView::from_ms);
  return merged;
}

Result<std::vector<Sample>> read_window(const FoundSeries& series, int64_t from_ms, int64_t to_ms, size_t& budget,
                                        uint64_t& corrupt_chunks) {
  std::vector<Sample> samples;
  size_t promised = 0;
  for (const ChunkView& chunk : series.chunks) promised += chunk.count;
  samples.reserve(std::min<size_t>({promised, budget, 4096}));
  bool rising = true;
  for (const ChunkView& chunk : series.chunks) {
    ChunkCursor cursor(chunk.bytes, chunk.count);
    Sample sample;
    while (cursor.next(sample)) {
      if (sample.at_ms > to_ms) break;
      if (sample.at_ms < from_ms) continue;
      if (budget == 0) return fail(ErrorCode::kResourceExhausted, "the limit of samples for one query is reached");
      --budget;
      rising = rising && (samples.empty() || samples.back().at_ms < sample.at_ms);
      samples.push_back(sample);
    }
    if (cursor.corrupt()) ++corrupt_chunks;
  }
  if (!rising) mend_order(samples);
  return samples;
}

bool has_sample(const FoundSeries& series, int64_t from_ms, int64_t to_ms) {
  return std::ranges::any_of(series.chunks, [&](const ChunkView& chunk) {
    // The first and the last sample are known; only a chunk that reaches over the window has to be read.
    if (chunk.from_ms >= from_ms && chunk.from_ms <= to_ms) return true;
    if (chunk.to_ms >= from_ms && chunk.to_ms <= to_ms) return true;
    if (chunk.from_ms > to_ms || chunk.to_ms < from_ms) return false;
    ChunkCursor cursor(chunk.bytes, chunk.count);
    Sample sample;
    while (cursor.next(sample) && sample.at_ms <= to_ms) {
      if (sample.at_ms >= from_ms) return true;
    }
    return false;
  });
}

}  // namespace capstan::telemetry
