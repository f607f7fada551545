// What came in since the last block was written, so that a crash loses nothing that was flushed: numbered segment
// files of records, each with its length and checksum.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "telemetry/storage/file_handle.h"

namespace capstan::telemetry {

// No record is longer: what claims to be is damage.
inline constexpr size_t kMaxRecordBytes = 64 << 20;

// A record in its frame: u32 length, u32 CRC-32C of the payload, payload.
void frame_record(std::string_view payload, std::string& out);

// Calls back for every whole record and returns the size of the good part: less than bytes.size() when the rest is
// torn or damaged. False from the callback means that the payload makes no sense; reading ends before it.
size_t read_records(std::string_view bytes, const std::function<bool(std::string_view payload)>& use);

// What reading the log at start found.
struct ReplayReport {
  uint64_t segments = 0;
  uint64_t records = 0;
  uint64_t bytes = 0;
  uint64_t lost_bytes = 0;            // Cut off, because they were torn or damaged.
  std::vector<std::string> problems;  // One sentence for each file with damage; at most a few dozen.
};

// Thread-safe. Existing segments are only read; writing goes to a new one, made when there is something to write.
class WriteAheadLog {
 public:
  static Result<std::unique_ptr<WriteAheadLog>> open(std::filesystem::path directory);

  // Calls back for every record of the segments from `first` on, in order, and cuts off damaged tails. Call before
  // the first append.
  Result<ReplayReport> replay(uint64_t first,
                              const std::function<bool(uint64_t segment, std::string_view payload)>& use);

  // Buffers one record; nothing is on disk yet.
  void append(std::string_view payload);
  // Hands what is buffered to the operating system: it survives the end of this process. On an error it stays
  // buffered, and the next call tries again.
  Status write();
  // write(), and waits until the disk has it: it survives a power cut.
  Status flush();
  // Flushes and begins a new segment, whose number is returned.
  Result<uint64_t> rotate();
  // Removes the segments with smaller numbers.
  Status drop_before(uint64_t segment);

  // Why the last write failed; nothing when it went well.
  std::optional<Error> failure() const;
  size_t pending_bytes() const;
  uint64_t total_bytes() const;
  uint64_t segment_bytes() const;
  size_t segment_count() const;

 private:
  explicit WriteAheadLog(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path segment_path(uint64_t segment) const;
  Status write_locked();
  Status try_write_locked();
  Status sync_locked();

  const std::filesystem::path directory_;

  mutable std::mutex pending_mutex_;  // Held for moments only, so that appending never waits for the disk.
  std::string pending_;               // Framed records.
  std::optional<Error> failure_;

  mutable std::mutex file_mutex_;
  std::map<uint64_t, uint64_t> segments_;  // Number to size.
  uint64_t current_ = 1;
  std::optional<FileHandle> file_;  // Of the current segment, once there is one.
  std::string writing_;             // Taken from pending_, not yet written.
  uint64_t written_ = 0;            // Bytes of the current segment.
  bool synced_ = true;
};

}  // namespace capstan::telemetry
