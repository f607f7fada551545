// How the log store answers questions; log_store.cc has the rest of it.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "telemetry/logs/line_collector.h"
#include "telemetry/logs/log_store.h"

namespace capstan::telemetry {
namespace {

constexpr size_t kLinesBetweenLooks = 256;  // At the clock. Lines may be long, and regular expressions many.

bool overlaps(int64_t from_ms, int64_t to_ms, const LogQuery& query) {
  return from_ms <= to_unix_ms(query.to) && to_ms >= to_unix_ms(query.from);
}

bool inside(int64_t at_ms, const LogQuery& query) { return overlaps(at_ms, at_ms, query); }

}  // namespace

// Every line is in exactly one place while the lock is held: a file, the batch that becomes one, or the active lines.
std::vector<LogStore::Run> LogStore::runs(const LogSelector& selector, const LogQuery& query) const {
  std::vector<Run> runs;
  const auto add_batch = [&](const LogBatch& batch) {
    for (const auto& [labels, entries] : batch) {
      if (!selector.matches(labels)) continue;
      Run run{.from_ms = std::numeric_limits<int64_t>::max(), .to_ms = std::numeric_limits<int64_t>::min()};
      run.labels = labels;
      for (const LogEntry& entry : entries) {
        if (!inside(entry.at_ms, query)) continue;
        run.entries.push_back(entry);
        run.from_ms = std::min(run.from_ms, entry.at_ms);
        run.to_ms = std::max(run.to_ms, entry.at_ms);
      }
      if (!run.entries.empty()) runs.push_back(std::move(run));
    }
  };
  std::lock_guard lock(mutex_);
  for (const auto& file : head_.files) {
    if (!overlaps(file->index().from_ms, file->index().to_ms, query)) continue;
    for (const LogBlockIndex::Stream& stream : file->index().streams) {
      if (!selector.matches(stream.labels)) continue;
      for (const LogChunkPlace& place : stream.chunks) {
        if (!overlaps(place.from_ms, place.to_ms, query)) continue;
        runs.push_back({.from_ms = place.from_ms,
                        .to_ms = place.to_ms,
                        .order = 0,
                        .labels = stream.labels,
                        .entries = {},
                        .file = file,
                        .place = place});
      }
    }
  }
  if (head_.sealing) add_batch(head_.sealing->batch);
  add_batch(head_.active);
  for (size_t i = 0; i < runs.size(); ++i) runs[i].order = uint64_t{i} << 32;
  return runs;
}

Result<std::vector<LogEntry>> LogStore::entries_of(const Run& run) const {
  return run.file ? run.file->read(run.place) : run.entries;
}

// Calls `use(run, entry, order, line)` for every line that the query selects, run by run as far as `wants(run)`.
template <class Wants, class Use>
Status LogStore::scan(const LogQuery& query, const Wants& wants, const Use& use) const {
  const LogSelector selector = TRY(LogSelector::parse(query.selector));
  const Duration deadline = clock_.monotonic() + options_.query_time;
  std::vector<Run> all = runs(selector, query);
  if (query.newest_first) {
    std::ranges::stable_sort(all, std::ranges::greater(), &Run::to_ms);
  } else {
    std::ranges::stable_sort(all, {}, &Run::from_ms);
  }
  size_t scanned = 0;
  for (const Run& run : all) {
    if (!wants(run)) continue;
    const Result<std::vector<LogEntry>> entries = entries_of(run);
    if (!entries) {
      ++counters_.corrupt_chunks;  // One damaged chunk never loses the rest.
      continue;
    }
    for (size_t i = 0; i < entries->size(); ++i) {
      if (i % kLinesBetweenLooks == 0 && clock_.monotonic() >= deadline) {
        return fail(ErrorCode::kDeadlineExceeded,
                    fmt::format("the query took longer than {}; narrow its time or its labels",
                                format_duration(options_.query_time)));
      }
      const LogEntry& entry = (*entries)[i];
      if (!inside(entry.at_ms, query)) continue;
      if (++scanned > options_.scanned_lines) {
        return fail(ErrorCode::kResourceExhausted,
                    fmt::format("the query has to look at more than {} lines; narrow its time or its labels",
                                options_.scanned_lines));
      }
      std::string line = entry.line();
      if (selector.matches(std::string_view(line))) use(run, entry, run.order + i, std::move(line));
    }
  }
  return {};
}

Result<std::vector<LogLine>> LogStore::lines(const LogQuery& query) const {
  LineCollector collector(std::min(query.limit, options_.query_lines), query.newest_first);
  TRY(scan(
      query, [&](const Run& run) { return collector.wants(run.from_ms, run.to_ms); },
      [&](const Run& run, const LogEntry& entry, uint64_t order, std::string line) {
        collector.add(entry.at_ms, order, run.labels, std::move(line));
      }));
  return collector.take();
}

Result<std::vector<LogTemplate>> LogStore::templates(const LogQuery& query) const {
  std::map<std::pair<uint64_t, Labels>, LogTemplate> found;
  TRY(scan(
      query, [](const Run&) { return true; },
      [&](const Run& run, const LogEntry& entry, uint64_t, std::string line) {
        LogTemplate& one = found[{entry.text->id, run.labels}];
        const Time at = from_unix_ms(entry.at_ms);
        if (one.count == 0) {
          one.id = entry.text->id;
          one.labels = run.labels;
          one.first = one.last = at;
        }
        // Texts only widen: the last one says it for all lines.
        if (one.count == 0 || at >= one.last) {
          one.text = entry.text->text;
          one.example = std::move(line);
        }
        ++one.count;
        one.first = std::min(one.first, at);
        one.last = std::max(one.last, at);
      }));
  std::vector<LogTemplate> templates;
  for (auto& [key, one] : found) templates.push_back(std::move(one));
  std::ranges::stable_sort(templates, std::ranges::greater(), &LogTemplate::count);
  if (templates.size() > query.limit) templates.resize(query.limit);
  return templates;
}

}  // namespace capstan::telemetry
