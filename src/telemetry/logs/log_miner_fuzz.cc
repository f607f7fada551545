// Any lines through the miner and a chunk: every byte must come back.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "model/log_level.h"
#include "telemetry/logs/log_chunk.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace capstan::telemetry;
  TemplateMiner miner({.templates = 20, .template_bytes = 4096, .branches = 4, .leaf_templates = 4});
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> lines;
  std::vector<LogEntry> entries;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    static_cast<void>(capstan::level_of(line));
    lines.push_back(line);
    entries.push_back(LogEntry::create(static_cast<int64_t>(lines.size()), miner.add(line)));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  const auto back = decode_log_chunk(encode_log_chunk(entries));
  if (!back || back->size() != lines.size()) std::abort();
  for (size_t i = 0; i < lines.size(); ++i) {
    if ((*back)[i].line() != lines[i] || entries[i].line() != lines[i]) std::abort();
  }
  return 0;
}
