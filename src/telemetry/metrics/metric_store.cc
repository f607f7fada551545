#include "telemetry/metrics/metric_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "telemetry/metrics/snapshot.h"

namespace capstan::telemetry {
namespace {

constexpr size_t kSeriesBetweenChecks = 256;

Status ask(const StopCheck& check) { return check ? check() : Status(); }

// Puts what the log says back into the head.
class Replayer final : public JournalVisitor {
 public:
  explicit Replayer(Head& head) : head_(head) {}

  bool read(uint64_t segment, std::string_view payload) {
    if (segment != segment_) {
      segment_ = segment;
      names_.clear();
    }
    return read_journal(payload, *this);
  }

  void on_series(SeriesNumber number, Labels labels) override { names_[number] = std::move(labels); }
  void on_sample(SeriesNumber number, Sample sample) override {
    const auto name = names_.find(number);
    if (name == names_.end()) return;
    // A limit that was lowered since leaves the newer series out; the samples of the others are what counts here.
    static_cast<void>(head_.append(name->second, sample, false));
  }
  void on_chunk(SeriesNumber number, const Chunk& chunk) override {
    ChunkCursor cursor(chunk.bytes, chunk.count);
    Sample sample;
    while (cursor.next(sample)) on_sample(number, sample);
  }

 private:
  Head& head_;
  uint64_t segment_ = std::numeric_limits<uint64_t>::max();
  std::unordered_map<SeriesNumber, Labels> names_;
};

}  // namespace

MetricStore::MetricStore(std::filesystem::path directory, MetricStoreOptions options, const Clock& clock)
    : directory_(std::move(directory)), options_(std::move(options)), clock_(clock), head_(options_.limits) {}

Result<std::unique_ptr<MetricStore>> MetricStore::open(std::filesystem::path directory, MetricStoreOptions options,
                                                       const Clock& clock) {
  std::unique_ptr<MetricStore> store(new MetricStore(std::move(directory), std::move(options), clock));
  store->blocks_ = TRY(BlockSet::open(store->directory_ / "blocks", store->problems_));
  store->log_ = TRY(WriteAheadLog::open(store->directory_ / "wal"));
  TRY(store->replay());
  for (const std::string& problem : store->problems_) log::warning("telemetry", problem);
  if (store->options_.background) {
    store->ticker_ = std::make_unique<Ticker>(store->options_.flush_interval, [raw = store.get()] { raw->tick(); });
  }
  return store;
}

MetricStore::~MetricStore() {
  ticker_.reset();
  if (Status status = flush(); !status) log::error("telemetry", "closing the metric store: " + status.error().message);
}

Status MetricStore::replay() {
  Replayer replayer(head_);
  constexpr uint64_t kOfSnapshot = 0;
  const uint64_t first = TRY(read_snapshot(
      directory_ / "wal", [&](std::string_view payload) { return replayer.read(kOfSnapshot, payload); },
      replay_report_));
  ReplayReport log_report = TRY(
      log_->replay(first, [&](uint64_t segment, std::string_view payload) { return replayer.read(segment, payload); }));
  replay_report_.records = log_report.records;
  replay_report_.lost_bytes += log_report.lost_bytes;
  std::ranges::move(log_report.problems, std::back_inserter(replay_report_.problems));
  std::ranges::copy(replay_report_.problems, std::back_inserter(problems_));
  return {};
}

Status MetricStore::refuse_while_log_fails(size_t samples) {
  if (!log_->failure()) return {};
  Status status = during("samples are not taken while the write-ahead log cannot be written", write());
  if (!status) counters_.refused += samples;
  return status;
}

// `each` calls back with the labels and the sample, for each of `samples` samples.
template <class Each>
Status MetricStore::append_each(size_t samples, const Each& each) {
  TRY(refuse_while_log_fails(samples));
  const int64_t now_ms = to_unix_ms(clock_.now());
  const int64_t oldest_ms = now_ms - options_.retention.count();
  const int64_t newest_ms = now_ms + options_.future_limit.count();
  size_t refused = 0;
  std::optional<Error> first_error;
  each([&](const Labels& labels, Sample sample) {
    if (sample.at_ms < oldest_ms) {
      ++counters_.too_old;
    } else if (sample.at_ms > newest_ms) {
      ++counters_.in_future;
    } else if (Status status = head_.append(labels, sample, true); !status) {
      ++refused;
      if (!first_error) first_error = std::move(status).error();
    }
  });
  // Its error, if any, is for the next append: these samples are taken and wait in memory.
  if (head_.journal_bytes() > options_.journal_bytes) static_cast<void>(write());
  if (!first_error) return {};
  counters_.refused += refused;
  first_error->message = fmt::format("{} of {} samples were not taken: {}", refused, samples, first_error->message);
  return fail(std::move(*first_error));
}

Status MetricStore::append(const std::vector<SeriesSample>& samples) {
  return append_each(samples.size(), [&](const auto& take) {
    for (const SeriesSample& one : samples) take(one.labels, one.sample);
  });
}

Status MetricStore::append_series(const std::vector<Series>& series) {
  size_t samples = 0;
  for (const Series& one : series) samples += one.samples.size();
  return append_each(samples, [&](const auto& take) {
    for (const Series& one : series) {
      for (const Sample& sample : one.samples) take(one.labels, sample);
    }
  });
}

Status MetricStore::write_journal() {
  std::lock_guard lock(journal_mutex_);
  for (const std::string& record : head_.take_journal()) log_->append(record);
  return log_->write();
}

Status MetricStore::write() {
  Status written = note(write_journal());
  // Whatever the disk says, the samples are not at fault: their sender is to keep them and come again.
  if (!written) written.error().code = ErrorCode::kUnavailable;
  return written;
}

Status MetricStore::flush() {
  TRY(note(write_journal()));
  if (log_->segment_bytes() <= options_.segment_bytes) return note(log_->flush());
  const Result<uint64_t> rotated = rotate_log();
  return note(rotated ? Status() : fail(rotated.error()));
}

Result<uint64_t> MetricStore::rotate_log() {
  std::lock_guard lock(journal_mutex_);
  for (const std::string& record : head_.cut_journal()) log_->append(record);
  return log_->rotate();
}

int64_t MetricStore::due_cut_ms() const {
  const int64_t block_ms = options_.limits.block_ms;
  return block_number(to_unix_ms(clock_.now()) - options_.late.count(), block_ms) * block_ms;
}

Status MetricStore::maintain() {
  const bool memory_full = head_.counters().chunk_bytes > options_.max_head_bytes;
  const int64_t cut_ms = memory_full ? std::numeric_limits<int64_t>::max() : due_cut_ms();
  if (head_.oldest_ms() < cut_ms || log_->total_bytes() > options_.max_wal_bytes) TRY(note(checkpoint(cut_ms)));
  return note(retain());
}

Status MetricStore::checkpoint_all() { return note(checkpoint(std::numeric_limits<int64_t>::max())); }

Status MetricStore::checkpoint(int64_t cut_ms) {
  std::lock_guard lock(maintenance_mutex_);
  const auto attempt = [&]() -> Status {
    // Everything that the segments before this one hold is in memory now, and so in a block or in the snapshot.
    const uint64_t segment = TRY(rotate_log());
    TRY(write_blocks(cut_ms));
    head_.remove_idle(to_unix_ms(clock_.now()) - options_.idle.count());
    TRY(write_snapshot(directory_ / "wal", segment, head_));
    return log_->drop_before(segment);
  };
  Status status = during("writing a checkpoint of the metrics", attempt());
  ++(status ? counters_.checkpoints : counters_.checkpoint_failures);
  return status;
}

Status MetricStore::write_blocks(int64_t cut_ms) {
  std::map<int64_t, std::vector<HeadChunk>> by_block;
  for (HeadChunk& chunk : head_.finished_before(cut_ms)) {
    by_block[block_number(chunk.chunk->from_ms, options_.limits.block_ms)].push_back(std::move(chunk));
  }
  for (const auto& [number, chunks] : by_block) {
    std::vector<FoundSeries> found;
    for (const HeadChunk& one : chunks) {
      const Chunk& chunk = *one.chunk;
      found.push_back(
          {.labels = one.labels, .chunks = {{chunk.from_ms, chunk.to_ms, chunk.count, chunk.bytes, one.chunk}}});
    }
    TRY(blocks_->add(merge_by_labels(std::move(found))));
    head_.forget(chunks);
  }
  return {};
}

Status MetricStore::retain() {
  // Measured from the newest sample on disk where the clock is ahead of it: a clock that jumps by years must not
  // take everything away at once.
  int64_t newest_ms = std::numeric_limits<int64_t>::min();
  for (const auto& block : blocks_->all()) newest_ms = std::max(newest_ms, block->to_ms());
  if (newest_ms == std::numeric_limits<int64_t>::min()) return {};
  const int64_t now_ms = std::min(to_unix_ms(clock_.now()), newest_ms + options_.limits.block_ms);
  const uint64_t log_bytes = std::min(log_->total_bytes(), options_.max_disk_bytes);
  return blocks_->retain(now_ms - options_.retention.count(), options_.max_disk_bytes - log_bytes);
}

std::vector<FoundSeries> MetricStore::find(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms) const {
  // Memory first: a chunk that becomes a block meanwhile is then seen twice, which merging mends, and never missed.
  std::vector<FoundSeries> found = head_.find(matchers, from_ms, to_ms);
  uint64_t corrupt_chunks = 0;
  for (const auto& block : blocks_->all()) {
    if (!block->overlaps(from_ms, to_ms)) continue;
    std::ranges::move(block->find(matchers, from_ms, to_ms, corrupt_chunks), std::back_inserter(found));
  }
  counters_.corrupt_chunks += corrupt_chunks;
  return merge_by_labels(std::move(found));
}

Result<std::vector<SelectedSeries>> MetricStore::select(const std::vector<Matcher>& matchers, int64_t from_ms,
                                                        int64_t to_ms, size_t max_samples) const {
  const size_t limit = std::min(max_samples, options_.max_query_samples);
  size_t budget = limit;
  uint64_t corrupt_chunks = 0;
  std::vector<SelectedSeries> selected;
  for (FoundSeries& one : find(matchers, from_ms, to_ms)) {
    Result<std::vector<Sample>> samples = read_window(one, from_ms, to_ms, budget, corrupt_chunks);
    if (!samples) {
      return fail(samples.error().code,
                  fmt::format("the query needs more than {} samples; narrow its time or its matchers", limit));
    }
    if (!samples->empty()) selected.push_back({std::move(one.labels), *std::move(samples)});
  }
  counters_.corrupt_chunks += corrupt_chunks;
  return selected;
}

Result<std::vector<Labels>> MetricStore::series(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms,
                                                const StopCheck& check) const {
  std::set<Labels> known;
  const auto take = [&](const std::vector<FoundSeries>& found) -> Status {
    for (size_t i = 0; i < found.size(); ++i) {
      if (i % kSeriesBetweenChecks == 0) TRY(ask(check));
      const FoundSeries& one = found[i];
      if (!known.contains(*one.labels) && has_sample(one, from_ms, to_ms)) known.insert(*one.labels);
    }
    return {};
  };
  // Memory first, as in find(); but place by place, so that not all chunks of all blocks are held at once.
  TRY(take(head_.find(matchers, from_ms, to_ms)));
  uint64_t corrupt_chunks = 0;
  for (const auto& block : blocks_->all()) {
    if (!block->overlaps(from_ms, to_ms)) continue;
    TRY(ask(check));
    TRY(take(block->find(matchers, from_ms, to_ms, corrupt_chunks)));
  }
  counters_.corrupt_chunks += corrupt_chunks;
  std::vector<Labels> labels;
  labels.reserve(known.size());
  while (!known.empty()) labels.push_back(std::move(known.extract(known.begin()).value()));
  return labels;
}

Result<std::vector<std::string>> MetricStore::label_names(const std::vector<Matcher>& matchers, int64_t from_ms,
                                                          int64_t to_ms, const StopCheck& check) const {
  std::vector<std::string> names;
  if (!matchers.empty()) {
    for (const Labels& labels : TRY(series(matchers, from_ms, to_ms, check))) {
      for (const auto& [name, value] : labels) names.push_back(name);
    }
  } else {
    if (head_.oldest_ms() <= to_ms) head_.label_names(names);
    for (const auto& block : blocks_->all()) {
      if (!block->overlaps(from_ms, to_ms)) continue;
      TRY(ask(check));
      block->index().each_name([&](std::string_view name) { names.emplace_back(name); });
    }
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

Result<std::vector<std::string>> MetricStore::label_values(std::string_view name, const std::vector<Matcher>& matchers,
                                                           int64_t from_ms, int64_t to_ms,
                                                           const StopCheck& check) const {
  std::vector<std::string> values;
  if (!matchers.empty()) {
    for (const Labels& labels : TRY(series(matchers, from_ms, to_ms, check))) {
      if (labels.has(name)) values.emplace_back(labels.get(name));
    }
  } else {
    if (head_.oldest_ms() <= to_ms) head_.label_values(name, values);
    for (const auto& block : blocks_->all()) {
      if (!block->overlaps(from_ms, to_ms)) continue;
      TRY(ask(check));
      block->index().each_value(name, [&](std::string_view value, PostingsView) { values.emplace_back(value); });
    }
  }
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
  return values;
}

void MetricStore::tick() {
  static_cast<void>(flush());  // note() keeps and logs the error.
  since_maintenance_ += options_.flush_interval;
  if (since_maintenance_ < options_.maintenance_interval) return;
  since_maintenance_ = Duration(0);
  static_cast<void>(maintain());
}

// Keeps what went wrong for stats() and logs it once, not every second.
Status MetricStore::note(Status status) {
  const std::string message = status ? "" : status.error().message;
  const bool news = last_error_.write([&](std::string& last) { return std::exchange(last, message) != message; });
  if (news && !status) log::error("telemetry", message);
  return status;
}

MetricStore::Stats MetricStore::stats() const {
  const HeadCounters& head = head_.counters();
  Stats stats;
  stats.series = head_.series_count();
  stats.samples_appended = head.appended;
  stats.samples_repeated = head.repeated;
  stats.samples_out_of_order = head.out_of_order;
  stats.samples_too_old = counters_.too_old;
  stats.samples_in_future = counters_.in_future;
  stats.samples_refused = counters_.refused;
  stats.head_chunks = head.chunks;
  stats.head_bytes = head.chunk_bytes;
  stats.wal_bytes = log_->total_bytes();
  stats.wal_segments = log_->segment_count();
  const Blocks blocks = blocks_->all();
  stats.blocks = blocks.size();
  for (const auto& block : blocks) stats.block_bytes += block->bytes();
  stats.checkpoints = counters_.checkpoints;
  stats.checkpoint_failures = counters_.checkpoint_failures;
  stats.corrupt_chunks = counters_.corrupt_chunks;
  stats.replayed_records = replay_report_.records;
  stats.replay_lost_bytes = replay_report_.lost_bytes;
  stats.problems = problems_;
  stats.last_error = last_error_.read([](const std::string& error) { return error; });
  return stats;
}

}  // namespace capstan::telemetry
