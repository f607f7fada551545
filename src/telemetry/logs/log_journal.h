// What the log store's write-ahead log records say: lines, with their labels where these change from line to line.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "model/sample.h"
#include "telemetry/storage/bytes.h"

namespace capstan::telemetry {

class LogJournalWriter {
 public:
  void line(const LogLine& line);
  size_t size() const { return bytes_.size(); }
  // One record's payload; the writer starts anew.
  std::string take();

 private:
  ByteWriter bytes_;
  Labels labels_;
  uint64_t previous_ms_ = 0;
};

// False when the payload makes no sense; what came before the nonsense was given.
bool read_log_journal(std::string_view payload, const std::function<void(LogLine line)>& use);

}  // namespace capstan::telemetry
