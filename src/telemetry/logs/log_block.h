// A file of log lines that never changes again: chunks of streams, then their index, then the index's checksum.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"
#include "telemetry/logs/log_chunk.h"
#include "telemetry/storage/file_handle.h"

namespace capstan::telemetry {

// Lines of each stream.
using LogBatch = std::map<Labels, std::vector<LogEntry>>;

struct LogChunkPlace {
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  uint64_t lines = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
  uint32_t checksum = 0;
};

struct LogBlockIndex {
  struct Stream {
    Labels labels;
    std::vector<LogChunkPlace> chunks;
  };
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  uint64_t log_segment = 0;  // The block holds all of the write-ahead log before this segment.
  std::vector<Stream> streams;
};

// The whole file's content; lines are put in order of time. The batch must not be empty.
std::string encode_log_block(const LogBatch& batch, uint64_t log_segment);
// kCorrupt for what is no such file.
Result<LogBlockIndex> parse_log_block(std::string_view bytes);

// Thread-safe.
class LogBlock {
 public:
  static Result<std::shared_ptr<const LogBlock>> open(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  const LogBlockIndex& index() const { return index_; }
  uint64_t bytes() const { return file_.bytes().size(); }
  Result<std::vector<LogEntry>> read(const LogChunkPlace& place) const;

 private:
  LogBlock(std::filesystem::path path, MappedFile file, LogBlockIndex index)
      : path_(std::move(path)), file_(std::move(file)), index_(std::move(index)) {}

  std::filesystem::path path_;
  MappedFile file_;
  LogBlockIndex index_;
};

}  // namespace capstan::telemetry
