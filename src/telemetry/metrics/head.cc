#include "telemetry/metrics/head.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace capstan::telemetry {
namespace {

bool reaches_into(const Chunk& chunk, int64_t from_ms, int64_t to_ms) {
  return chunk.count > 0 && chunk.from_ms <= to_ms && chunk.to_ms >= from_ms;
}

ChunkView view_of(const std::shared_ptr<const Chunk>& chunk) {
  return {
      .from_ms = chunk->from_ms, .to_ms = chunk->to_ms, .count = chunk->count, .bytes = chunk->bytes, .owner = chunk};
}

}  // namespace

int64_t block_number(int64_t at_ms, int64_t block_ms) {
  return at_ms / block_ms - static_cast<int64_t>(at_ms % block_ms < 0);  // Rounds down before 1970 too.
}

Status Head::check(const Labels& labels) const {
  if (labels.empty()) return fail(ErrorCode::kInvalidArgument, "a series needs at least one label");
  if (labels.size() > limits_.labels) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("a series has {} labels, the limit is {}: {}", labels.size(),
                                                         limits_.labels, labels.to_string().substr(0, 200)));
  }
  for (const auto& [name, value] : labels) {
    if (name.size() > limits_.label_name_bytes) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("the label name {}… has {} bytes, the limit is {}",
                                                           name.substr(0, 64), name.size(), limits_.label_name_bytes));
    }
    if (value.size() > limits_.label_value_bytes) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("the value of label {} has {} bytes, the limit is {}", name,
                                                           value.size(), limits_.label_value_bytes));
    }
  }
  return {};
}

Result<std::shared_ptr<Head::Series>> Head::add(uint64_t hash, const Labels& labels) {
  TRY(check(labels));
  auto series = std::make_shared<Series>();
  series->hash = hash;
  series->labels = std::make_shared<const Labels>(labels);
  std::unique_lock lock(index_mutex_);
  if (by_number_.size() >= limits_.series) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("the limit of {} series in memory is reached; a new series is not taken: {}",
                            limits_.series, labels.to_string().substr(0, 200)));
  }
  if (next_number_ == std::numeric_limits<SeriesNumber>::max()) {
    return fail(ErrorCode::kResourceExhausted, "the numbers for new series are used up until the next start");
  }
  series->number = next_number_++;
  by_number_.emplace(series->number, series);
  index_.add(series->number, *series->labels);
  series_count_.store(by_number_.size(), std::memory_order_relaxed);
  return series;
}

Result<Head::Series*> Head::find_or_add(Shard& shard, uint64_t hash, const Labels& labels) {
  const auto [begin, end] = shard.series.equal_range(hash);
  for (auto entry = begin; entry != end; ++entry) {
    if (*entry->second->labels == labels) return entry->second.get();
  }
  std::shared_ptr<Series> series = TRY(add(hash, labels));
  return shard.series.emplace(hash, std::move(series))->second.get();
}

Status Head::append(const Labels& labels, Sample sample, bool journaled) {
  const uint64_t hash = labels.hash();
  Shard& shard = shard_of(hash);
  std::lock_guard lock(shard.mutex);
  Series& series = *TRY(find_or_add(shard, hash, labels));
  if (sample.at_ms <= series.last.at_ms) {
    const bool same = sample.at_ms == series.last.at_ms &&
                      std::bit_cast<uint64_t>(sample.value) == std::bit_cast<uint64_t>(series.last.value);
    ++(same ? counters_.repeated : counters_.out_of_order);
    return {};
  }
  if (!series.open.empty() &&
      (series.open.chunk().count >= limits_.chunk_samples ||
       block_number(series.open.chunk().from_ms, limits_.block_ms) != block_number(sample.at_ms, limits_.block_ms))) {
    finish_open(series);
  }
  series.open.add(sample);
  series.last = sample;
  counters_.appended.fetch_add(1, std::memory_order_relaxed);
  if (!journaled) return {};

  const size_t before = shard.journal.size();
  if (const uint64_t epoch = epoch_.load(std::memory_order_relaxed); series.named_in_epoch != epoch) {
    shard.journal.series(series.number, *series.labels);
    series.named_in_epoch = epoch;
  }
  shard.journal.sample(series.number, sample);
  journal_bytes_.fetch_add(shard.journal.size() - before, std::memory_order_relaxed);
  return {};
}

void Head::finish_open(Series& series) {
  auto chunk = std::make_shared<const Chunk>(series.open.take());
  counters_.chunk_bytes.fetch_add(chunk->bytes.size(), std::memory_order_relaxed);
  counters_.chunks.fetch_add(1, std::memory_order_relaxed);
  series.finished.push_back(std::move(chunk));
}

std::vector<std::string> Head::take_journal() {
  std::vector<std::string> records;
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    if (shard.journal.size() == 0) continue;
    journal_bytes_.fetch_sub(shard.journal.size(), std::memory_order_relaxed);
    records.push_back(shard.journal.take());
  }
  return records;
}

std::vector<std::string> Head::cut_journal() {
  std::vector<std::unique_lock<std::mutex>> locks;
  for (Shard& shard : shards_) locks.emplace_back(shard.mutex);
  std::vector<std::string> records;
  for (Shard& shard : shards_) {
    if (shard.journal.size() > 0) records.push_back(shard.journal.take());
  }
  journal_bytes_.store(0, std::memory_order_relaxed);
  epoch_.fetch_add(1, std::memory_order_relaxed);
  return records;
}

std::vector<std::shared_ptr<Head::Series>> Head::matching(const std::vector<Matcher>& matchers) const {
  std::vector<std::shared_ptr<Series>> series;
  std::shared_lock lock(index_mutex_);
  for (SeriesNumber number : find_series(index_, matchers)) series.push_back(by_number_.at(number));
  return series;
}

void Head::copy_chunks(const Series& series, int64_t from_ms, int64_t to_ms, std::vector<ChunkView>& chunks) const {
  std::lock_guard lock(shard_of(series.hash).mutex);
  for (const std::shared_ptr<const Chunk>& chunk : series.finished) {
    if (reaches_into(*chunk, from_ms, to_ms)) chunks.push_back(view_of(chunk));
  }
  if (const Chunk& open = series.open.chunk(); reaches_into(open, from_ms, to_ms)) {
    chunks.push_back(view_of(std::make_shared<const Chunk>(open)));
  }
}

std::vector<FoundSeries> Head::find(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms) const {
  std::vector<FoundSeries> found;
  for (const std::shared_ptr<Series>& series : matching(matchers)) {
    FoundSeries one{.labels = series->labels, .chunks = {}};
    copy_chunks(*series, from_ms, to_ms, one.chunks);
    if (!one.chunks.empty()) found.push_back(std::move(one));
  }
  return found;
}

void Head::label_names(std::vector<std::string>& names) const {
  std::shared_lock lock(index_mutex_);
  index_.each_name([&](std::string_view name) { names.emplace_back(name); });
}

void Head::label_values(std::string_view name, std::vector<std::string>& values) const {
  std::shared_lock lock(index_mutex_);
  index_.each_value(name, [&](std::string_view value, PostingsView) { values.emplace_back(value); });
}

std::vector<HeadChunk> Head::finished_before(int64_t cut_ms) {
  std::vector<HeadChunk> chunks;
  for (const std::shared_ptr<Series>& series : matching({})) {
    std::lock_guard lock(shard_of(series->hash).mutex);
    if (!series->open.empty() && series->open.chunk().to_ms < cut_ms) finish_open(*series);
    for (const std::shared_ptr<const Chunk>& chunk : series->finished) {
      if (chunk->to_ms < cut_ms) chunks.push_back({series->number, series->labels, chunk});
    }
  }
  return chunks;
}

void Head::forget(const std::vector<HeadChunk>& chunks) {
  for (const HeadChunk& forgotten : chunks) {
    std::shared_ptr<Series> series;
    {
      std::shared_lock lock(index_mutex_);
      const auto found = by_number_.find(forgotten.series);
      if (found == by_number_.end()) continue;
      series = found->second;
    }
    std::lock_guard lock(shard_of(series->hash).mutex);
    if (std::erase(series->finished, forgotten.chunk) == 0) continue;
    counters_.chunk_bytes.fetch_sub(forgotten.chunk->bytes.size(), std::memory_order_relaxed);
    counters_.chunks.fetch_sub(1, std::memory_order_relaxed);
  }
}

void Head::remove_idle(int64_t before_ms) {
  std::vector<std::shared_ptr<Series>> idle;
  for (Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    std::erase_if(shard.series, [&](const auto& entry) {
      const Series& series = *entry.second;
      if (series.last.at_ms >= before_ms || !series.open.empty() || !series.finished.empty()) return false;
      idle.push_back(entry.second);
      return true;
    });
  }
  if (idle.empty()) return;
  Postings numbers;
  std::vector<const Labels*> labels;
  for (const std::shared_ptr<Series>& series : idle) {
    numbers.push_back(series->number);
    labels.push_back(series->labels.get());
  }
  std::ranges::sort(numbers);
  std::unique_lock lock(index_mutex_);
  index_.remove(numbers, labels);
  for (SeriesNumber number : numbers) by_number_.erase(number);
  series_count_.store(by_number_.size(), std::memory_order_relaxed);
}

void Head::snapshot(size_t record_bytes, const std::function<void(std::string record)>& use) const {
  JournalWriter writer;
  for (const std::shared_ptr<Series>& series : matching({})) {
    std::vector<std::shared_ptr<const Chunk>> chunks;
    {
      std::lock_guard lock(shard_of(series->hash).mutex);
      chunks = series->finished;
      if (!series->open.empty()) chunks.push_back(std::make_shared<const Chunk>(series->open.chunk()));
    }
    if (chunks.empty()) continue;
    writer.series(series->number, *series->labels);
    for (const std::shared_ptr<const Chunk>& chunk : chunks) writer.chunk(series->number, *chunk);
    if (writer.size() >= record_bytes) use(writer.take());
  }
  if (writer.size() > 0) use(writer.take());
}

int64_t Head::oldest_ms() const {
  int64_t oldest = std::numeric_limits<int64_t>::max();
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    for (const auto& [hash, series] : shard.series) {
      if (!series->finished.empty()) {
        oldest = std::min(oldest, series->finished.front()->from_ms);
      } else if (!series->open.empty()) {
        oldest = std::min(oldest, series->open.chunk().from_ms);
      }
    }
  }
  return oldest;
}

}  // namespace capstan::telemetry
