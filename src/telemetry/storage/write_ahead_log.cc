#include "telemetry/storage/write_ahead_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/file.h"
#include "telemetry/storage/bytes.h"
#include "telemetry/storage/crc32c.h"

namespace capstan::telemetry {
namespace {

constexpr std::string_view kMagic = "CAPWAL1\n";
constexpr std::string_view kSuffix = ".wal";
constexpr size_t kMaxProblems = 32;

// The number of "00000012.wal"; nothing for other names.
std::optional<uint64_t> segment_number(const std::filesystem::path& path) {
  if (path.extension() != kSuffix) return std::nullopt;
  const std::string stem = path.stem().string();
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  if (error != std::errc() || end != stem.data() + stem.size()) return std::nullopt;
  return number;
}

}  // namespace

void frame_record(std::string_view payload, std::string& out) {
  ByteWriter frame;
  frame.u32(static_cast<uint32_t>(payload.size()));
  frame.u32(crc32c(payload));
  out += frame.bytes();
  out += payload;
}

size_t read_records(std::string_view bytes, const std::function<bool(std::string_view payload)>& use) {
  ByteReader reader(bytes);
  while (true) {
    const size_t good = bytes.size() - reader.left();
    const uint32_t length = reader.u32();
    const uint32_t checksum = reader.u32();
    // An empty record is never written; zeros are what a file system leaves of a write that did not reach the disk.
    if (!reader.ok() || length == 0 || length > kMaxRecordBytes) return good;
    const std::string_view payload = reader.raw(length);
    if (!reader.ok() || crc32c(payload) != checksum || !use(payload)) return good;
  }
}

Result<std::unique_ptr<WriteAheadLog>> WriteAheadLog::open(std::filesystem::path directory) {
  TRY(make_directory(directory));
  std::unique_ptr<WriteAheadLog> log(new WriteAheadLog(directory));
  for (const std::filesystem::path& path : TRY(list_files(directory, kSuffix))) {
    const std::optional<uint64_t> number = segment_number(path);
    if (!number) continue;
    std::error_code error;
    log->segments_[*number] = std::filesystem::file_size(path, error);
    log->current_ = std::max(log->current_, *number + 1);
  }
  return log;
}

std::filesystem::path WriteAheadLog::segment_path(uint64_t segment) const {
  return directory_ / fmt::format("{:08}{}", segment, kSuffix);
}

Result<ReplayReport> WriteAheadLog::replay(uint64_t first,
                                           const std::function<bool(uint64_t segment, std::string_view payload)>& use) {
  std::lock_guard lock(file_mutex_);
  // Where all segments before `first` are gone, new ones must not get their numbers, or they would not be replayed.
  current_ = std::max(current_, first);
  ReplayReport report;
  for (auto& [number, size] : segments_) {
    if (number < first) continue;
    const std::filesystem::path path = segment_path(number);
    size_t good = 0;
    {
      const MappedFile file = TRY(MappedFile::open(path));
      const std::string_view bytes = file.bytes();
      if (bytes.starts_with(kMagic)) {
        good = kMagic.size() + read_records(bytes.substr(kMagic.size()), [&](std::string_view payload) {
                 if (!use(number, payload)) return false;
                 ++report.records;
                 return true;
               });
      }
      size = bytes.size();
    }
    ++report.segments;
    report.bytes += good;
    if (good == size) continue;
    report.lost_bytes += size - good;
    if (report.problems.size() < kMaxProblems) {
      report.problems.push_back(fmt::format("{}: {} of {} bytes after byte {} are torn or damaged and were cut off",
                                            path.string(), size - good, size, good));
    }
    TRY(truncate_file(path, good));
    size = good;
  }
  return report;
}

void WriteAheadLog::append(std::string_view payload) {
  if (payload.empty()) return;
  std::lock_guard lock(pending_mutex_);
  frame_record(payload, pending_);
}

Status WriteAheadLog::write() {
  std::lock_guard lock(file_mutex_);
  return write_locked();
}

Status WriteAheadLog::flush() {
  std::lock_guard lock(file_mutex_);
  TRY(write_locked());
  return sync_locked();
}

Status WriteAheadLog::write_locked() {
  {
    std::lock_guard lock(pending_mutex_);
    writing_ += pending_;
    pending_.clear();
  }
  Status status = try_write_locked();
  std::lock_guard lock(pending_mutex_);
  failure_ = status ? std::nullopt : std::optional(status.error());
  return status;
}

Status WriteAheadLog::try_write_locked() {
  if (writing_.empty()) return {};
  if (!file_) {
    file_ = TRY(FileHandle::create(segment_path(current_)));
    written_ = 0;
    segments_[current_] = 0;
  }
  if (written_ == 0) {
    TRY(file_->write_at(kMagic, 0));
    written_ = kMagic.size();
  }
  TRY(file_->write_at(writing_, written_));
  written_ += writing_.size();
  segments_[current_] = written_;
  writing_.clear();
  writing_.shrink_to_fit();
  synced_ = false;
  return {};
}

Status WriteAheadLog::sync_locked() {
  if (synced_ || !file_) return {};
  TRY(file_->sync());
  TRY(sync_directory(directory_));
  synced_ = true;
  return {};
}

Result<uint64_t> WriteAheadLog::rotate() {
  std::lock_guard lock(file_mutex_);
  TRY(write_locked());
  TRY(sync_locked());
  if (file_) {
    file_.reset();
    ++current_;
  }
  return current_;
}

Status WriteAheadLog::drop_before(uint64_t segment) {
  std::lock_guard lock(file_mutex_);
  while (!segments_.empty() && segments_.begin()->first < segment) {
    std::error_code error;
    std::filesystem::remove(segment_path(segments_.begin()->first), error);
    if (error) {
      return fail(
          errno_code(error.value()),
          fmt::format("cannot remove {}: {}", segment_path(segments_.begin()->first).string(), error.message()));
    }
    segments_.erase(segments_.begin());
  }
  return sync_directory(directory_);
}

std::optional<Error> WriteAheadLog::failure() const {
  std::lock_guard lock(pending_mutex_);
  return failure_;
}

size_t WriteAheadLog::pending_bytes() const {
  std::lock_guard lock(pending_mutex_);
  return pending_.size();
}

uint64_t WriteAheadLog::total_bytes() const {
  std::lock_guard lock(file_mutex_);
  uint64_t total = 0;
  for (const auto& [number, size] : segments_) total += size;
  return total;
}

uint64_t WriteAheadLog::segment_bytes() const {
  std::lock_guard lock(file_mutex_);
  return file_ ? written_ : 0;
}

size_t WriteAheadLog::segment_count() const {
  std::lock_guard lock(file_mutex_);
  return segments_.size();
}

}  // namespace capstan::telemetry
