// Keeps log lines: by stream and template, the newest in memory and in a write-ahead log, older ones in compressed
// files, each for as long as time and space allow. Lines survive kill -9 once append() has returned, a power cut once
// the flush interval has passed, or flush() returned.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/signal.h"
#include "telemetry/logs/log_block.h"
#include "telemetry/logs/log_selector.h"
#include "telemetry/logs/template_miner.h"
#include "telemetry/storage/ticker.h"
#include "telemetry/storage/write_ahead_log.h"

namespace capstan::telemetry {

struct LogStoreOptions {
  Duration flush_interval{1'000};
  Duration maintenance_interval{10'000};
  bool background = true;  // A thread of its own flushes and maintains; tests and simulations call both themselves.

  Duration retention{7LL * 24 * 3600 * 1000};
  uint64_t max_disk_bytes = 4ULL << 30;  // The oldest files go first.
  size_t head_bytes = 16 << 20;          // Lines in memory; beyond it they become a file.
  Duration head_age{2 * 3600 * 1000};    // The same for lines that wait for so long.

  size_t line_bytes = 16 << 10;  // A longer line is cut and says so at its end.
  size_t streams = 10'000;       // Label sets in memory.
  size_t labels = 64;
  size_t label_bytes = 16 << 10;  // Of all names and values of a stream.
  size_t query_lines = 10'000;
  size_t scanned_lines = 20'000'000;  // Of one query.
  Duration query_time{30'000};
  MinerOptions miner;
};

// Thread-safe.
class LogStore final : public LogSink, public LogSource {
 public:
  struct Stats {
    uint64_t lines_appended = 0;
    uint64_t lines_cut = 0;
    uint64_t lines_too_old = 0;
    uint64_t lines_refused = 0;      // For a limit or for a log that cannot be written.
    uint64_t lines_untemplated = 0;  // Beyond the miner's limits.
    uint64_t templates = 0;
    uint64_t streams = 0;  // In memory.
    uint64_t head_bytes = 0;
    uint64_t wal_bytes = 0;
    uint64_t files = 0;
    uint64_t file_bytes = 0;
    uint64_t corrupt_chunks = 0;
    uint64_t replayed_records = 0;
    uint64_t replay_lost_bytes = 0;
    std::vector<std::string> problems;  // What was found damaged at start, one sentence each.
    std::string last_error;             // Of flushing or maintenance; "" when the last one went well.
  };

  // Reads what is in `directory`, which is created where missing. Damage is reported in stats(), never fatal.
  static Result<std::unique_ptr<LogStore>> open(std::filesystem::path directory, LogStoreOptions options,
                                                const Clock& clock);
  ~LogStore() override;

  // Lines of known streams are taken even where others are refused: then the error says how many and why. Lines older
  // than the retention are dropped and counted. Nothing is taken while the disk is full: the lines that find it so
  // wait in memory, the next are refused.
  Status append(std::vector<LogLine> lines) override;

  // Both ends of the window are included. kInvalidArgument with the position for a bad selector, kResourceExhausted
  // where too many lines would have to be looked at, kDeadlineExceeded where that takes too long.
  Result<std::vector<LogLine>> lines(const LogQuery& query) const override;
  // The templates of the lines that `query` selects, by stream, the most frequent first.
  Result<std::vector<LogTemplate>> templates(const LogQuery& query) const override;

  Status flush();
  // Writes lines that are many or old into a file, and removes files beyond the retention.
  Status maintain();
  // Writes all lines in memory into a file.
  Status seal();

  Stats stats() const;

 private:
  using Files = std::vector<std::shared_ptr<const LogBlock>>;  // In the order they were written.
  // On its way into a file; still read from here until the file is there.
  struct Sealing {
    LogBatch batch;
    uint64_t segment = 0;
  };
  struct Head {
    explicit Head(MinerOptions options) : miner(options) {}
    TemplateMiner miner;
    LogBatch active;
    size_t active_bytes = 0;
    int64_t oldest_arrival_ms = 0;  // Of `active`, when that is not empty.
    std::shared_ptr<const Sealing> sealing;
    Files files;
  };
  struct Counters {
    std::atomic<uint64_t> appended{0};
    std::atomic<uint64_t> cut{0};
    std::atomic<uint64_t> too_old{0};
    std::atomic<uint64_t> refused{0};
    std::atomic<uint64_t> untemplated{0};
    std::atomic<uint64_t> corrupt_chunks{0};
  };
  // A run of lines of one stream that a query has to look at.
  struct Run {
    int64_t from_ms = 0;
    int64_t to_ms = 0;
    uint64_t order = 0;
    Labels labels;
    std::vector<LogEntry> entries;         // In memory, or
    std::shared_ptr<const LogBlock> file;  // in a file at `place`.
    LogChunkPlace place;
  };

  LogStore(std::filesystem::path directory, LogStoreOptions options, const Clock& clock);
  Status open_files();
  Status restore_templates();
  Status replay();
  Status save_templates();
  Status admit(size_t lines);
  Status check(const Labels& labels) const;
  void cut_line(std::string& text);
  void add_line(const LogLine& line);  // The lock is held.
  Status remove_old_files();
  std::vector<Run> runs(const LogSelector& selector, const LogQuery& query) const;
  Result<std::vector<LogEntry>> entries_of(const Run& run) const;
  template <class Wants, class Use>
  Status scan(const LogQuery& query, const Wants& wants, const Use& use) const;
  void tick();
  Status note(Status status);

  const std::filesystem::path directory_;
  const LogStoreOptions options_;
  const Clock& clock_;
  std::unique_ptr<WriteAheadLog> log_;
  mutable std::mutex mutex_;  // Guards head_.
  Head head_;
  std::mutex maintenance_mutex_;
  mutable Counters counters_;
  ReplayReport replay_report_;
  std::vector<std::string> problems_;
  mutable std::mutex error_mutex_;
  std::string last_error_;
  Duration since_maintenance_{0};   // Of the ticker's thread.
  std::unique_ptr<Ticker> ticker_;  // Last: it uses all of the above.
};

}  // namespace capstan::telemetry
