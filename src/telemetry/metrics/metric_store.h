// Keeps samples: the newest in memory and in a write-ahead log, older ones in blocks on disk, each for as long as time
// and space allow. Samples survive kill -9 once the flush interval has passed, or write() or flush() returned.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/signal.h"
#include "telemetry/metrics/block_set.h"
#include "telemetry/metrics/head.h"
#include "telemetry/series_reader.h"
#include "telemetry/storage/ticker.h"
#include "telemetry/storage/write_ahead_log.h"

namespace capstan::telemetry {

struct MetricStoreOptions {
  HeadLimits limits;
  Duration flush_interval{1'000};
  Duration maintenance_interval{10'000};
  bool background = true;  // A thread of its own flushes and maintains; tests and simulations call both themselves.

  Duration retention{15LL * 24 * 3600 * 1000};
  uint64_t max_disk_bytes = 16ULL << 30;  // Blocks and log together; the oldest blocks go first.
  uint64_t max_wal_bytes = 256 << 20;     // Beyond it the log is replaced by a snapshot of what is in memory.
  uint64_t max_head_bytes = 512 << 20;    // Beyond it all chunks in memory become blocks, complete or not.
  uint64_t segment_bytes = 32 << 20;
  size_t journal_bytes = 4 << 20;  // An append that finds more than this unwritten writes it.

  Duration idle{3600 * 1000};          // A series without samples for so long leaves the memory once it is in blocks.
  Duration late{2 * 60 * 1000};        // How long a block's window stays open for late samples.
  Duration future_limit{3600 * 1000};  // Samples further ahead of the clock are dropped and counted.
  size_t max_query_samples = 50'000'000;
};

// Thread-safe.
class MetricStore final : public SampleSink, public SeriesReader {
 public:
  struct Stats {
    uint64_t series = 0;  // In memory.
    uint64_t samples_appended = 0;
    uint64_t samples_repeated = 0;
    uint64_t samples_out_of_order = 0;
    uint64_t samples_too_old = 0;
    uint64_t samples_in_future = 0;
    uint64_t samples_refused = 0;  // For a limit or for a log that cannot be written.
    uint64_t head_chunks = 0;
    uint64_t head_bytes = 0;
    uint64_t wal_bytes = 0;
    uint64_t wal_segments = 0;
    uint64_t blocks = 0;
    uint64_t block_bytes = 0;
    uint64_t checkpoints = 0;
    uint64_t checkpoint_failures = 0;
    uint64_t corrupt_chunks = 0;  // Met by queries since the start.
    uint64_t replayed_records = 0;
    uint64_t replay_lost_bytes = 0;
    std::vector<std::string> problems;  // What was found damaged at start, one sentence each.
    std::string last_error;             // Of flushing or maintenance; "" when the last one went well.
  };

  // Reads what is in `directory`, which is created where missing. Damage is reported in stats(), never fatal.
  static Result<std::unique_ptr<MetricStore>> open(std::filesystem::path directory, MetricStoreOptions options,
                                                   const Clock& clock);
  // Flushes.
  ~MetricStore() override;

  // Samples of existing series are taken even where others are refused: then the error says how many and why. Nothing
  // is taken while the log cannot be written (a full disk, kUnavailable); what is in memory stays readable.
  Status append(const std::vector<SeriesSample>& samples) override;
  Status append_series(const std::vector<Series>& series);

  Result<std::vector<SelectedSeries>> select(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms,
                                             size_t max_samples) const override;
  Result<std::vector<Labels>> series(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms,
                                     const StopCheck& check = {}) const override;
  // Without matchers these two answer from the label indexes: by the block, not by the sample.
  Result<std::vector<std::string>> label_names(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms,
                                               const StopCheck& check = {}) const override;
  Result<std::vector<std::string>> label_values(std::string_view name, const std::vector<Matcher>& matchers,
                                                int64_t from_ms, int64_t to_ms,
                                                const StopCheck& check = {}) const override;

  // Hands what was appended to the operating system: it survives the end of this process. Call it before telling
  // somebody that his samples are taken. kUnavailable where the log cannot be written: the samples wait in memory, and
  // giving them again does no harm.
  Status write();
  // Until the disk has all that was appended: it survives a power cut.
  Status flush();
  // Writes blocks where their time has come, shortens the log, lets idle series go, removes what retention says.
  Status maintain();
  // Writes everything in memory into blocks, whatever its age.
  Status checkpoint_all();

  Stats stats() const;

 private:
  struct Counters {
    std::atomic<uint64_t> too_old{0};
    std::atomic<uint64_t> in_future{0};
    std::atomic<uint64_t> refused{0};
    std::atomic<uint64_t> checkpoints{0};
    std::atomic<uint64_t> checkpoint_failures{0};
    std::atomic<uint64_t> corrupt_chunks{0};
  };

  MetricStore(std::filesystem::path directory, MetricStoreOptions options, const Clock& clock);
  Status replay();
  Status refuse_while_log_fails(size_t samples);
  template <class Each>
  Status append_each(size_t samples, const Each& each);
  Status write_journal();
  Result<uint64_t> rotate_log();
  Status checkpoint(int64_t cut_ms);
  Status write_blocks(int64_t cut_ms);
  Status retain();
  int64_t due_cut_ms() const;
  std::vector<FoundSeries> find(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms) const;
  void tick();
  Status note(Status status);

  const std::filesystem::path directory_;
  const MetricStoreOptions options_;
  const Clock& clock_;
  Head head_;
  std::unique_ptr<BlockSet> blocks_;
  std::unique_ptr<WriteAheadLog> log_;
  std::mutex journal_mutex_;      // From taking the head's journal until the log has it, so that segments stay apart.
  std::mutex maintenance_mutex_;  // One checkpoint at a time.
  mutable Counters counters_;
  ReplayReport replay_report_;  // Written by open() only, as are the problems.
  std::vector<std::string> problems_;
  Guarded<std::string> last_error_;
  Duration since_maintenance_{0};   // Of the ticker's thread.
  std::unique_ptr<Ticker> ticker_;  // Last: it uses all of the above.
};

}  // namespace capstan::telemetry
