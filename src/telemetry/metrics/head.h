// The newest samples, in memory: series by the hash of their labels, a label index, compressed chunks, and for each
// shard the journal of what the write-ahead log has yet to be told.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/sample.h"
#include "telemetry/metrics/found_series.h"
#include "telemetry/metrics/gorilla.h"
#include "telemetry/metrics/head_index.h"
#include "telemetry/metrics/journal.h"

namespace capstan::telemetry {

struct HeadLimits {
  size_t series = 1'000'000;
  size_t labels = 64;  // Of one series.
  size_t label_name_bytes = 512;
  size_t label_value_bytes = 8192;  // Command lines become labels.
  uint32_t chunk_samples = 120;
  int64_t block_ms = 2 * 3600 * 1000;  // No chunk crosses a multiple of this.
};

struct HeadCounters {
  std::atomic<uint64_t> appended{0};
  std::atomic<uint64_t> repeated{0};      // The same time and value again.
  std::atomic<uint64_t> out_of_order{0};  // Older than the newest, or the same time with another value.
  std::atomic<uint64_t> chunk_bytes{0};   // Of finished chunks.
  std::atomic<uint64_t> chunks{0};        // The finished ones.
};

// Which block a time belongs to, counted from 1970.
int64_t block_number(int64_t at_ms, int64_t block_ms);

// A finished chunk on its way into a block.
struct HeadChunk {
  SeriesNumber series = 0;
  std::shared_ptr<const Labels> labels;
  std::shared_ptr<const Chunk> chunk;
};

// Thread-safe. Appending holds one of many locks for one sample; reading holds it for a copy of one series' chunks.
class Head {
 public:
  explicit Head(HeadLimits limits) : limits_(limits) {}

  // kResourceExhausted at the series limit, kInvalidArgument for labels beyond the limits; samples that are too old
  // are counted and dropped. `journaled` is false while the log is replayed.
  Status append(const Labels& labels, Sample sample, bool journaled);

  // Records for the log since the last call.
  std::vector<std::string> take_journal();
  // The same at one moment for all shards; afterwards every series is named anew, for a new segment.
  std::vector<std::string> cut_journal();
  // Bytes waiting for take_journal().
  size_t journal_bytes() const { return journal_bytes_.load(std::memory_order_relaxed); }

  // Series with chunks that reach into the window.
  std::vector<FoundSeries> find(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms) const;
  void label_names(std::vector<std::string>& names) const;
  void label_values(std::string_view name, std::vector<std::string>& values) const;

  // Finishes the chunks that end before `cut_ms` and returns them; they stay until forget().
  std::vector<HeadChunk> finished_before(int64_t cut_ms);
  void forget(const std::vector<HeadChunk>& chunks);
  // Lets series go that have no chunk and no sample since.
  void remove_idle(int64_t before_ms);
  // Everything in memory as records, each of about `record_bytes`.
  void snapshot(size_t record_bytes, const std::function<void(std::string record)>& use) const;

  // The start of the oldest chunk, INT64_MAX without chunks.
  int64_t oldest_ms() const;
  size_t series_count() const { return series_count_.load(std::memory_order_relaxed); }
  const HeadCounters& counters() const { return counters_; }

 private:
  struct Series {
    SeriesNumber number = 0;
    uint64_t hash = 0;
    std::shared_ptr<const Labels> labels;
    // Guarded by the lock of its shard:
    ChunkWriter open;
    std::vector<std::shared_ptr<const Chunk>> finished;
    Sample last{INT64_MIN, 0};
    uint64_t named_in_epoch = 0;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_multimap<uint64_t, std::shared_ptr<Series>> series;
    JournalWriter journal;
  };
  static constexpr size_t kShards = 32;

  Shard& shard_of(uint64_t hash) { return shards_[hash >> 59]; }
  const Shard& shard_of(uint64_t hash) const { return shards_[hash >> 59]; }
  Result<Series*> find_or_add(Shard& shard, uint64_t hash, const Labels& labels);
  Result<std::shared_ptr<Series>> add(uint64_t hash, const Labels& labels);
  Status check(const Labels& labels) const;
  void finish_open(Series& series);
  std::vector<std::shared_ptr<Series>> matching(const std::vector<Matcher>& matchers) const;
  void copy_chunks(const Series& series, int64_t from_ms, int64_t to_ms, std::vector<ChunkView>& chunks) const;

  const HeadLimits limits_;
  std::array<Shard, kShards> shards_;
  std::atomic<uint64_t> epoch_{1};
  std::atomic<size_t> journal_bytes_{0};
  std::atomic<size_t> series_count_{0};
  HeadCounters counters_;

  mutable std::shared_mutex index_mutex_;  // Taken after a shard's lock, never before.
  HeadIndex index_;
  std::unordered_map<SeriesNumber, std::shared_ptr<Series>> by_number_;
  SeriesNumber next_number_ = 0;
};

}  // namespace capstan::telemetry
