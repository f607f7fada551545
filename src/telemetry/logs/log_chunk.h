// A run of lines of one stream, column by column and compressed: times, templates, then each template's variables.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "telemetry/logs/template_miner.h"

namespace capstan::telemetry {

// A line in memory: its template's text, and the variables that fill it.
struct LogEntry {
  int64_t at_ms = 0;
  std::shared_ptr<const TemplateText> text;
  std::string variables;  // One after the other, each with its length before it.

  static LogEntry create(int64_t at_ms, const TemplateMiner::Match& match);
  std::string line() const;
  size_t bytes() const { return sizeof(LogEntry) + variables.size(); }
};

// No chunk unpacks to more.
inline constexpr size_t kMaxChunkBytes = 16 << 20;

std::string encode_log_chunk(const std::vector<LogEntry>& entries);
// kCorrupt for what encode_log_chunk did not write.
Result<std::vector<LogEntry>> decode_log_chunk(std::string_view bytes);

}  // namespace capstan::telemetry
