#include "telemetry/logs/log_journal.h"

#include <utility>
#include <vector>

namespace capstan::telemetry {
namespace {

constexpr uint8_t kSameLabels = 0;
constexpr uint8_t kNewLabels = 1;

}  // namespace

void LogJournalWriter::line(const LogLine& line) {
  if (bytes_.empty() || line.labels != labels_) {
    labels_ = line.labels;
    bytes_.u8(kNewLabels);
    bytes_.varint(labels_.size());
    for (const auto& [name, value] : labels_) {
      bytes_.text(name);
      bytes_.text(value);
    }
  } else {
    bytes_.u8(kSameLabels);
  }
  const auto at_ms = static_cast<uint64_t>(to_unix_ms(line.at));
  bytes_.zigzag(static_cast<int64_t>(at_ms - previous_ms_));
  previous_ms_ = at_ms;
  bytes_.text(line.text);
}

std::string LogJournalWriter::take() {
  previous_ms_ = 0;
  return bytes_.take();
}

bool read_log_journal(std::string_view payload, const std::function<void(LogLine line)>& use) {
  ByteReader reader(payload);
  Labels labels;
  uint64_t at_ms = 0;
  while (!reader.at_end()) {
    const uint8_t kind = reader.u8();
    if (kind > kNewLabels) return false;
    if (kind == kNewLabels) {
      std::vector<Labels::Pair> pairs;
      for (uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
        const std::string_view name = reader.text();
        const std::string_view value = reader.text();
        pairs.emplace_back(name, value);
      }
      labels = Labels(std::move(pairs));
    }
    at_ms += static_cast<uint64_t>(reader.zigzag());
    const std::string_view text = reader.text();
    if (!reader.ok()) return false;
    use({.at = from_unix_ms(static_cast<int64_t>(at_ms)), .labels = labels, .text = std::string(text)});
  }
  return reader.ok();
}

}  // namespace capstan::telemetry
