// One log file, followed through growth, rotation and truncation.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_handle.h"
#include "base/json.h"

namespace capstan::host {

// Where reading stands. Inode and device tell the file even when it was renamed; the fingerprint tells whether what
// stands at its start is still the same, when an inode was used again or a file was truncated and has grown anew.
struct LogPosition {
  dev_t device = 0;
  uint64_t inode = 0;
  uint64_t offset = 0;
  std::string fingerprint;  // Hex of a hash of the first bytes.
  uint64_t fingerprint_bytes = 0;

  Json to_json() const;
  static LogPosition from_json(const Json& json);
};

enum class LogStart {
  kAtEnd,        // What is there was written before us.
  kAtBeginning,  // The file is new.
};

// Not thread-safe.
class LogFile {
 public:
  // Without a stored position, or with one of another file, reading begins at `start`.
  LogFile(std::string path, std::optional<LogPosition> stored, LogStart start);

  // Reads what was appended since the last call and gives it line by line, at most `budget` bytes. A line without its
  // end is kept until the end comes. False when there may be more to read at once. Lines longer than 64 KiB are cut.
  bool read(const std::function<void(std::string_view line)>& each, size_t budget);

  const std::string& path() const { return path_; }
  LogPosition position() const;
  uint64_t size() const { return size_; }
  // Neither the file nor a successor under its name is there.
  bool is_gone() const { return gone_; }

 private:
  bool open_current();
  void restart(uint64_t offset);
  void check_truncated();
  bool read_some(const std::function<void(std::string_view)>& each, size_t budget);
  void split(std::string_view bytes, const std::function<void(std::string_view)>& each);
  std::string fingerprint_of(uint64_t bytes) const;
  void extend_fingerprint();

  std::string path_;
  std::optional<LogPosition> stored_;
  LogStart start_;
  FileHandle file_;
  dev_t device_ = 0;
  uint64_t inode_ = 0;
  uint64_t offset_ = 0;  // Up to where bytes were taken; `partial_` are the last of them.
  uint64_t size_ = 0;
  std::string partial_;
  bool skipping_ = false;  // Inside a line that was cut.
  std::string fingerprint_;
  uint64_t fingerprint_bytes_ = 0;
  bool gone_ = false;
};

}  // namespace capstan::host
