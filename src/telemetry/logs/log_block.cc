#include "telemetry/logs/log_block.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "telemetry/storage/bytes.h"
#include "telemetry/storage/crc32c.h"

namespace capstan::telemetry {
namespace {

constexpr std::string_view kMagic = "CAPLOG1\n";
// Small enough that one does not take long to unpack for a single line.
constexpr size_t kChunkLines = 8192;
constexpr size_t kChunkBytes = 2 << 20;
constexpr size_t kTailBytes = 16;  // u64 offset of the index, u32 its checksum, u32 zero.

LogChunkPlace write_chunk(const std::vector<LogEntry>& entries, ByteWriter& out) {
  const std::string bytes = encode_log_chunk(entries);
  LogChunkPlace place{.from_ms = entries.front().at_ms,
                      .to_ms = entries.back().at_ms,
                      .lines = entries.size(),
                      .offset = out.size(),
                      .size = bytes.size(),
                      .checksum = crc32c(bytes)};
  out.raw(bytes);
  return place;
}

std::vector<LogChunkPlace> write_stream(std::vector<LogEntry> entries, ByteWriter& out) {
  std::ranges::stable_sort(entries, {}, &LogEntry::at_ms);
  std::vector<LogChunkPlace> places;
  std::vector<LogEntry> chunk;
  size_t bytes = 0;
  for (LogEntry& entry : entries) {
    bytes += entry.bytes() + entry.text->text.size();
    chunk.push_back(std::move(entry));
    if (chunk.size() < kChunkLines && bytes < kChunkBytes) continue;
    places.push_back(write_chunk(chunk, out));
    chunk.clear();
    bytes = 0;
  }
  if (!chunk.empty()) places.push_back(write_chunk(chunk, out));
  return places;
}

void write_index(const LogBlockIndex& index, ByteWriter& out) {
  out.i64(index.from_ms);
  out.i64(index.to_ms);
  out.u64(index.log_segment);
  out.varint(index.streams.size());
  for (const LogBlockIndex::Stream& stream : index.streams) {
    out.varint(stream.labels.size());
    for (const auto& [name, value] : stream.labels) {
      out.text(name);
      out.text(value);
    }
    out.varint(stream.chunks.size());
    for (const LogChunkPlace& place : stream.chunks) {
      out.i64(place.from_ms);
      out.i64(place.to_ms);
      out.varint(place.lines);
      out.varint(place.offset);
      out.varint(place.size);
      out.u32(place.checksum);
    }
  }
}

LogBlockIndex::Stream read_stream(ByteReader& reader) {
  LogBlockIndex::Stream stream;
  std::vector<Labels::Pair> pairs;
  for (uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
    const std::string_view name = reader.text();
    const std::string_view value = reader.text();
    pairs.emplace_back(name, value);
  }
  stream.labels = Labels(std::move(pairs));
  for (uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) {
    LogChunkPlace place;
    place.from_ms = reader.i64();
    place.to_ms = reader.i64();
    place.lines = reader.varint();
    place.offset = reader.varint();
    place.size = reader.varint();
    place.checksum = reader.u32();
    stream.chunks.push_back(place);
  }
  return stream;
}

}  // namespace

std::string encode_log_block(const LogBatch& batch, uint64_t log_segment) {
  ByteWriter out;
  out.raw(kMagic);
  LogBlockIndex index{.from_ms = std::numeric_limits<int64_t>::max(),
                      .to_ms = std::numeric_limits<int64_t>::min(),
                      .log_segment = log_segment,
                      .streams = {}};
  for (const auto& [labels, entries] : batch) {
    if (entries.empty()) continue;
    index.streams.push_back({labels, write_stream(entries, out)});
    index.from_ms = std::min(index.from_ms, index.streams.back().chunks.front().from_ms);
    index.to_ms = std::max(index.to_ms, index.streams.back().chunks.back().to_ms);
  }
  ByteWriter footer;
  write_index(index, footer);
  const uint64_t offset = out.size();
  out.raw(footer.bytes());
  out.u64(offset);
  out.u32(crc32c(footer.bytes()));
  out.u32(0);
  return out.take();
}

Result<LogBlockIndex> parse_log_block(std::string_view bytes) {
  if (!bytes.starts_with(kMagic) || bytes.size() < kMagic.size() + kTailBytes) {
    return fail(ErrorCode::kCorrupt, "this is no file of log lines of a version known here, or it is torn");
  }
  const std::string_view body = bytes.substr(0, bytes.size() - kTailBytes);
  ByteReader tail(bytes.substr(body.size()));
  const uint64_t offset = tail.u64();
  const uint32_t checksum = tail.u32();
  if (offset > body.size() || crc32c(body.substr(offset)) != checksum) {
    return fail(ErrorCode::kCorrupt, "the index does not match its checksum");
  }
  ByteReader reader(body.substr(offset));
  LogBlockIndex index;
  index.from_ms = reader.i64();
  index.to_ms = reader.i64();
  index.log_segment = reader.u64();
  for (uint64_t left = reader.varint(); left > 0 && reader.ok(); --left) index.streams.push_back(read_stream(reader));
  if (!reader.ok()) return fail(ErrorCode::kCorrupt, "the index is torn");
  return index;
}

Result<std::shared_ptr<const LogBlock>> LogBlock::open(std::filesystem::path path) {
  const std::string doing = "opening log file " + path.string();
  MappedFile file = TRY(during(doing, MappedFile::open(path)));
  LogBlockIndex index = TRY(during(doing, parse_log_block(file.bytes())));
  return std::shared_ptr<const LogBlock>(new LogBlock(std::move(path), std::move(file), std::move(index)));
}

Result<std::vector<LogEntry>> LogBlock::read(const LogChunkPlace& place) const {
  const std::string_view all = file_.bytes();
  if (place.offset > all.size() || place.size > all.size() - place.offset) {
    return fail(ErrorCode::kCorrupt, fmt::format("{}: a chunk lies beyond the end", path_.string()));
  }
  const std::string_view bytes = all.substr(place.offset, place.size);
  if (crc32c(bytes) != place.checksum) {
    return fail(ErrorCode::kCorrupt, fmt::format("{}: a chunk does not match its checksum", path_.string()));
  }
  return decode_log_chunk(bytes);
}

}  // namespace capstan::telemetry
