#include "telemetry/metrics/block_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <system_error>

#include "base/file.h"
#include "telemetry/metrics/block_format.h"
#include "telemetry/metrics/postings.h"
#include "telemetry/storage/bytes.h"
#include "telemetry/storage/crc32c.h"
#include "telemetry/storage/file_handle.h"

namespace capstan::telemetry {
namespace {

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(T)};
}

class BlockEncoder {
 public:
  explicit BlockEncoder(const std::vector<FoundSeries>& series) : series_(series) {}

  BlockBytes encode() {
    chunks_.u64(kChunkMagic);
    index_.raw(bytes_of(header_));  // Written again when it is known.
    collect_symbols();
    write_symbols();
    write_pairs_and_postings();
    write_series();
    BlockBytes result{.index = index_.take(), .chunks = chunks_.take()};
    result.index.replace(0, sizeof(header_), bytes_of(header_));
    const uint32_t checksum = crc32c(result.index);
    result.index += bytes_of(checksum);
    return result;
  }

 private:
  void collect_symbols() {
    symbols_.emplace("", 0);  // For the pair that lists all series.
    for (const FoundSeries& one : series_) {
      for (const auto& [name, value] : *one.labels) {
        symbols_.emplace(name, 0);
        symbols_.emplace(value, 0);
      }
    }
    uint32_t number = 0;
    for (auto& [text, its_number] : symbols_) its_number = number++;
  }

  void write_symbols() {
    header_.symbols = index_.size();
    header_.symbol_count = static_cast<uint32_t>(symbols_.size());
    uint32_t end = 0;
    for (const auto& [text, number] : symbols_) index_.u32(end += static_cast<uint32_t>(text.size()));
    for (const auto& [text, number] : symbols_) index_.raw(text);
    index_.pad_to(8);
  }

  void write_pairs_and_postings() {
    std::map<std::pair<uint32_t, uint32_t>, Postings> postings;
    Postings& all = postings[{0, 0}];
    for (SeriesNumber number = 0; number < series_.size(); ++number) {
      all.push_back(number);
      for (const auto& [name, value] : *series_[number].labels) {
        postings[{symbols_.at(name), symbols_.at(value)}].push_back(number);
      }
    }
    header_.pairs = index_.size();
    header_.pair_count = static_cast<uint32_t>(postings.size());
    uint32_t first = 0;
    for (const auto& [pair, numbers] : postings) {
      const auto count = static_cast<uint32_t>(numbers.size());
      index_.raw(bytes_of(IndexPair{pair.first, pair.second, first, count}));
      first += count;
    }
    header_.postings = index_.size();
    header_.posting_count = first;
    for (const auto& [pair, numbers] : postings) {
      for (SeriesNumber number : numbers) index_.u32(number);
    }
    index_.pad_to(8);
  }

  void write_series() {
    ByteWriter records;
    header_.series = index_.size();
    header_.series_count = static_cast<uint32_t>(series_.size());
    header_.from_ms = std::numeric_limits<int64_t>::max();
    header_.to_ms = std::numeric_limits<int64_t>::min();
    const uint64_t records_begin = header_.series + 8 * series_.size();
    for (const FoundSeries& one : series_) {
      index_.u64(records_begin + records.size());
      records.u32(static_cast<uint32_t>(one.labels->size()));
      for (const auto& [name, value] : *one.labels) {
        records.u32(symbols_.at(name));
        records.u32(symbols_.at(value));
      }
      records.u32(static_cast<uint32_t>(one.chunks.size()));
      for (const ChunkView& chunk : one.chunks) write_chunk(chunk, records);
    }
    index_.raw(records.bytes());
  }

  void write_chunk(const ChunkView& chunk, ByteWriter& records) {
    records.raw(bytes_of(IndexChunk{.from_ms = chunk.from_ms,
                                    .to_ms = chunk.to_ms,
                                    .offset = chunks_.size(),
                                    .size = static_cast<uint32_t>(chunk.bytes.size()),
                                    .count = chunk.count,
                                    .checksum = crc32c(chunk.bytes)}));
    chunks_.raw(chunk.bytes);
    header_.samples += chunk.count;
    header_.from_ms = std::min(header_.from_ms, chunk.from_ms);
    header_.to_ms = std::max(header_.to_ms, chunk.to_ms);
  }

  const std::vector<FoundSeries>& series_;
  IndexHeader header_;
  std::map<std::string_view, uint32_t> symbols_;
  ByteWriter index_;
  ByteWriter chunks_;
};

Status write_file(const std::filesystem::path& path, std::string_view bytes) {
  FileHandle file = TRY(FileHandle::create(path));
  TRY(file.write_at(bytes, 0));
  return file.sync();
}

Status write_files(const std::filesystem::path& draft, const std::filesystem::path& directory,
                   const BlockBytes& bytes) {
  TRY(make_directory(draft));
  TRY(write_file(draft / "index", bytes.index));
  TRY(write_file(draft / "chunks", bytes.chunks));
  TRY(sync_directory(draft));
  std::error_code error;
  std::filesystem::rename(draft, directory, error);
  if (error) {
    return fail(errno_code(error.value()), fmt::format("cannot rename {}: {}", draft.string(), error.message()));
  }
  return sync_directory(directory.parent_path());
}

}  // namespace

Result<BlockBytes> encode_block(const std::vector<FoundSeries>& series) {
  uint64_t postings = series.size();
  uint64_t text_bytes = 0;
  for (const FoundSeries& one : series) {
    postings += one.labels->size();
    for (const auto& [name, value] : *one.labels) text_bytes += name.size() + value.size();
  }
  if (std::max(postings, text_bytes) > std::numeric_limits<uint32_t>::max()) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("{} series with {} bytes of labels are too many for one block", series.size(), text_bytes));
  }
  return BlockEncoder(series).encode();
}

Status write_block(const std::filesystem::path& directory, const BlockBytes& bytes) {
  const std::filesystem::path draft = directory.string() + kDraftSuffix;
  Status status = write_files(draft, directory, bytes);
  if (!status) {
    // On a full disk the half-written block would only make things worse.
    std::error_code ignored;
    std::filesystem::remove_all(draft, ignored);
  }
  return status;
}

}  // namespace capstan::telemetry
