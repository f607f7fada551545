#include "telemetry/metrics/journal.h"

#include <bit>
#include <utility>
#include <vector>

namespace capstan::telemetry {
namespace {

enum class Entry : uint8_t { kSeries = 1, kSample = 2, kChunk = 3 };

// Everything is limited again where it is stored; this only keeps damage from asking for the whole memory.
constexpr uint64_t kMaxLabels = 1024;

void read_series(ByteReader& reader, JournalVisitor& visitor) {
  const auto number = static_cast<SeriesNumber>(reader.varint());
  const uint64_t count = reader.varint();
  if (count > kMaxLabels) {
    reader.raw(reader.left() + 1);  // Marks the reader as failed.
    return;
  }
  std::vector<Labels::Pair> pairs;
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    const std::string_view name = reader.text();
    const std::string_view value = reader.text();
    pairs.emplace_back(name, value);
  }
  if (reader.ok()) visitor.on_series(number, Labels(std::move(pairs)));
}

void read_chunk(ByteReader& reader, JournalVisitor& visitor) {
  const auto number = static_cast<SeriesNumber>(reader.varint());
  Chunk chunk;
  chunk.from_ms = reader.i64();
  chunk.to_ms = reader.i64();
  chunk.count = reader.u32();
  chunk.bytes = reader.text();
  if (reader.ok()) visitor.on_chunk(number, chunk);
}

}  // namespace

void JournalWriter::series(SeriesNumber number, const Labels& labels) {
  bytes_.u8(static_cast<uint8_t>(Entry::kSeries));
  bytes_.varint(number);
  bytes_.varint(labels.size());
  for (const auto& [name, value] : labels) {
    bytes_.text(name);
    bytes_.text(value);
  }
}

void JournalWriter::sample(SeriesNumber number, Sample sample) {
  bytes_.u8(static_cast<uint8_t>(Entry::kSample));
  bytes_.varint(number);
  bytes_.zigzag(static_cast<int64_t>(static_cast<uint64_t>(sample.at_ms) - previous_ms_));
  bytes_.u64(std::bit_cast<uint64_t>(sample.value));
  previous_ms_ = static_cast<uint64_t>(sample.at_ms);
}

void JournalWriter::chunk(SeriesNumber number, const Chunk& chunk) {
  bytes_.u8(static_cast<uint8_t>(Entry::kChunk));
  bytes_.varint(number);
  bytes_.i64(chunk.from_ms);
  bytes_.i64(chunk.to_ms);
  bytes_.u32(chunk.count);
  bytes_.text(chunk.bytes);
}

std::string JournalWriter::take() {
  previous_ms_ = 0;
  return bytes_.take();
}

bool read_journal(std::string_view payload, JournalVisitor& visitor) {
  ByteReader reader(payload);
  uint64_t previous_ms = 0;
  while (reader.ok() && !reader.at_end()) {
    switch (static_cast<Entry>(reader.u8())) {
      case Entry::kSeries: read_series(reader, visitor); break;
      case Entry::kChunk: read_chunk(reader, visitor); break;
      case Entry::kSample: {
        const auto number = static_cast<SeriesNumber>(reader.varint());
        previous_ms += static_cast<uint64_t>(reader.zigzag());
        const double value = std::bit_cast<double>(reader.u64());
        if (reader.ok()) visitor.on_sample(number, {static_cast<int64_t>(previous_ms), value});
        break;
      }
      default: return false;
    }
  }
  return reader.ok();
}

}  // namespace capstan::telemetry
