#include "telemetry/logs/log_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "telemetry/logs/line_tokens.h"
#include "telemetry/logs/log_journal.h"
#include "telemetry/storage/bytes.h"

namespace capstan::telemetry {
namespace {

constexpr std::string_view kFileSuffix = ".lines";
constexpr std::string_view kCorruptSuffix = ".corrupt";
constexpr size_t kRecordBytes = 1 << 20;
constexpr size_t kMaxTemplatesFile = 256 << 20;

}  // namespace

LogStore::LogStore(std::filesystem::path directory, LogStoreOptions options, const Clock& clock)
    : directory_(std::move(directory)), options_(std::move(options)), clock_(clock), head_(options_.miner) {}

Result<std::unique_ptr<LogStore>> LogStore::open(std::filesystem::path directory, LogStoreOptions options,
                                                 const Clock& clock) {
  std::unique_ptr<LogStore> store(new LogStore(std::move(directory), std::move(options), clock));
  TRY(store->open_files());
  TRY(store->restore_templates());
  store->log_ = TRY(WriteAheadLog::open(store->directory_ / "wal"));
  TRY(store->replay());
  for (const std::string& problem : store->problems_) log::warning("telemetry", problem);
  if (store->options_.background) {
    store->ticker_ = std::make_unique<Ticker>(store->options_.flush_interval, [raw = store.get()] { raw->tick(); });
  }
  return store;
}

LogStore::~LogStore() {
  ticker_.reset();
  if (!log_) return;  // It was never opened.
  if (Status status = flush(); !status) log::error("telemetry", "closing the log store: " + status.error().message);
}

Status LogStore::open_files() {
  TRY(make_directory(directory_ / "files"));
  for (const std::filesystem::path& path : TRY(list_files(directory_ / "files", kFileSuffix))) {
    Result<std::shared_ptr<const LogBlock>> file = LogBlock::open(path);
    if (file) {
      head_.files.push_back(*std::move(file));
      continue;
    }
    problems_.push_back(file.error().message + "; it was set aside");
    std::error_code ignored;
    std::filesystem::rename(path, path.string() + std::string(kCorruptSuffix), ignored);
  }
  // Names begin with the segment, written with leading zeros, so this is the order in which they were written.
  return {};
}

Status LogStore::replay() {
  uint64_t first = 0;
  for (const auto& file : head_.files) first = std::max(first, file->index().log_segment);
  replay_report_ = TRY(log_->replay(first, [&](uint64_t, std::string_view payload) {
    return read_log_journal(payload, [&](LogLine line) { add_line(line); });
  }));
  std::ranges::copy(replay_report_.problems, std::back_inserter(problems_));
  return {};
}

Status LogStore::restore_templates() {
  const Result<std::string> content = read_file(directory_ / "templates", kMaxTemplatesFile);
  if (!content) {
    if (content.error().code == ErrorCode::kNotFound) return {};
    return fail(content.error());
  }
  const size_t good = read_records(*content, [&](std::string_view payload) {
    ByteReader reader(payload);
    TemplateText known{.id = reader.varint(), .text = {}};
    known.text = reader.text();
    if (reader.ok()) head_.miner.restore(known);
    return reader.ok();
  });
  if (good < content->size()) problems_.push_back("the list of log templates is damaged; templates get new numbers");
  return {};
}

Status LogStore::save_templates() {
  std::vector<std::shared_ptr<const TemplateText>> texts;
  {
    std::lock_guard lock(mutex_);
    texts = head_.miner.templates();
  }
  std::string content;
  for (const auto& text : texts) {
    ByteWriter record;
    record.varint(text->id);
    record.text(text->text);
    frame_record(record.bytes(), content);
  }
  return write_file_atomically(directory_ / "templates", content, 0640);
}

Status LogStore::check(const Labels& labels) const {
  if (labels.size() > options_.labels) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a stream has {} labels, the limit is {}", labels.size(), options_.labels));
  }
  size_t bytes = 0;
  for (const auto& [name, value] : labels) bytes += name.size() + value.size();
  if (bytes > options_.label_bytes) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the labels of a stream have {} bytes, the limit is {}", bytes, options_.label_bytes));
  }
  if (head_.active.size() >= options_.streams && !head_.active.contains(labels)) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("the limit of {} streams is reached; a new one is not taken", options_.streams));
  }
  return {};
}

void LogStore::cut_line(std::string& text) {
  if (text.size() <= options_.line_bytes) return;
  const size_t whole = text.size();
  size_t keep = options_.line_bytes;
  while (keep > 0 && (static_cast<unsigned char>(text[keep]) & 0xc0) == 0x80) --keep;  // Never inside a character.
  text.resize(keep);
  text += fmt::format(" …[cut: {} of {} bytes]", keep, whole);
  ++counters_.cut;
}

void LogStore::add_line(const LogLine& line) {
  const TemplateMiner::Match match = head_.miner.add(line.text);
  if (match.text->id == 0) ++counters_.untemplated;
  LogEntry entry = LogEntry::create(to_unix_ms(line.at), match);
  if (head_.active.empty()) head_.oldest_arrival_ms = to_unix_ms(clock_.now());
  head_.active_bytes += entry.bytes();
  head_.active[line.labels].push_back(std::move(entry));
  ++counters_.appended;
}

Status LogStore::admit(size_t lines) {
  const auto refuse = [&](Status status) {
    if (!status) counters_.refused += lines;
    return status;
  };
  if (log_->failure()) {
    TRY(refuse(during("lines are not taken while the write-ahead log cannot be written", log_->write())));
  }
  {
    std::lock_guard lock(mutex_);
    if (head_.active_bytes <= 2 * options_.head_bytes) return {};
  }
  return refuse(during("lines are not taken while those in memory cannot be written to disk", seal()));
}

Status LogStore::append(std::vector<LogLine> lines) {
  TRY(admit(lines.size()));
  const Time oldest = clock_.now() - options_.retention;
  std::optional<Error> first_error;
  size_t refused = 0;
  bool full = false;
  {
    std::lock_guard lock(mutex_);
    LogJournalWriter journal;
    for (LogLine& line : lines) {
      if (line.at < oldest) {
        ++counters_.too_old;
        continue;
      }
      if (Status status = check(line.labels); !status) {
        ++refused;
        if (!first_error) first_error = std::move(status).error();
        continue;
      }
      cut_line(line.text);
      journal.line(line);
      add_line(line);
      if (journal.size() >= kRecordBytes) log_->append(journal.take());
    }
    if (journal.size() > 0) log_->append(journal.take());
    full = head_.active_bytes > options_.head_bytes;
  }
  // Now, not at the next tick: whoever gave the lines remembers that he need not give them again. An error, if any, is
  // for a later append: these lines are taken and wait in memory.
  static_cast<void>(note(full ? seal() : log_->write()));
  if (!first_error) return {};
  counters_.refused += refused;
  first_error->message = fmt::format("{} of {} lines were not taken: {}", refused, lines.size(), first_error->message);
  return fail(std::move(*first_error));
}

Status LogStore::flush() { return note(log_->flush()); }

Status LogStore::seal() {
  std::lock_guard maintenance(maintenance_mutex_);
  TRY(log_->flush());  // So that little is left to write while the lock is held.
  std::shared_ptr<const Sealing> sealing;
  {
    std::lock_guard lock(mutex_);
    // What could not be written the last time goes first, as it was.
    if (!head_.sealing) {
      if (head_.active.empty()) return {};
      const uint64_t segment = TRY(log_->rotate());
      head_.sealing = std::make_shared<const Sealing>(Sealing{std::exchange(head_.active, {}), segment});
      head_.active_bytes = 0;
    }
    sealing = head_.sealing;
  }
  const std::string content = encode_log_block(sealing->batch, sealing->segment);
  const std::filesystem::path path = directory_ / "files" / fmt::format("{:012}{}", sealing->segment, kFileSuffix);
  TRY(write_file_atomically(path, content, 0640));
  std::shared_ptr<const LogBlock> file = TRY(LogBlock::open(path));
  {
    std::lock_guard lock(mutex_);  // At once, so that a reader sees every line in one of the two places.
    head_.files.push_back(std::move(file));
    head_.sealing.reset();
  }
  TRY(save_templates());
  return log_->drop_before(sealing->segment);
}

Status LogStore::maintain() {
  bool due = false;
  {
    std::lock_guard lock(mutex_);
    const int64_t age_ms = to_unix_ms(clock_.now()) - head_.oldest_arrival_ms;
    due = head_.sealing || head_.active_bytes > options_.head_bytes ||
          (!head_.active.empty() && age_ms > options_.head_age.count());
  }
  if (due) TRY(note(during("writing log lines into a file", seal())));
  return note(remove_old_files());
}

Status LogStore::remove_old_files() {
  const int64_t before_ms = to_unix_ms(clock_.now() - options_.retention);
  Files removed;
  {
    std::lock_guard lock(mutex_);
    uint64_t total = log_->total_bytes();
    for (const auto& file : head_.files) total += file->bytes();
    const std::shared_ptr<const LogBlock> newest = head_.files.empty() ? nullptr : head_.files.back();
    std::erase_if(head_.files, [&](const auto& file) {
      if (file == newest) return false;  // It says from where the log goes on.
      if (file->index().to_ms >= before_ms && total <= options_.max_disk_bytes) return false;
      total -= file->bytes();
      removed.push_back(file);
      return true;
    });
  }
  for (const auto& file : removed) {
    std::error_code error;
    std::filesystem::remove(file->path(), error);
    if (error) {
      return fail(errno_code(error.value()),
                  fmt::format("cannot remove {}: {}", file->path().string(), error.message()));
    }
  }
  return {};
}

void LogStore::tick() {
  static_cast<void>(flush());  // note() keeps and logs the error.
  since_maintenance_ += options_.flush_interval;
  if (since_maintenance_ < options_.maintenance_interval) return;
  since_maintenance_ = Duration(0);
  static_cast<void>(maintain());
}

// Keeps what went wrong for stats() and logs it once, not every second.
Status LogStore::note(Status status) {
  std::string message = status ? "" : status.error().message;
  std::lock_guard lock(error_mutex_);
  if (!status && message != last_error_) log::error("telemetry", message);
  last_error_ = std::move(message);
  return status;
}

LogStore::Stats LogStore::stats() const {
  Stats stats;
  stats.lines_appended = counters_.appended;
  stats.lines_cut = counters_.cut;
  stats.lines_too_old = counters_.too_old;
  stats.lines_refused = counters_.refused;
  stats.lines_untemplated = counters_.untemplated;
  stats.corrupt_chunks = counters_.corrupt_chunks;
  stats.wal_bytes = log_->total_bytes();
  stats.replayed_records = replay_report_.records;
  stats.replay_lost_bytes = replay_report_.lost_bytes;
  stats.problems = problems_;
  {
    std::lock_guard lock(mutex_);
    stats.templates = head_.miner.size();
    stats.streams = head_.active.size();
    stats.head_bytes = head_.active_bytes;
    stats.files = head_.files.size();
    for (const auto& file : head_.files) stats.file_bytes += file->bytes();
  }
  std::lock_guard lock(error_mutex_);
  stats.last_error = last_error_;
  return stats;
}

}  // namespace capstan::telemetry
