// Reads a block: two files mapped into memory, so that only what a query touches is read from disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "telemetry/metrics/block_format.h"
#include "telemetry/metrics/found_series.h"
#include "telemetry/metrics/postings.h"
#include "telemetry/storage/file_handle.h"

namespace capstan::telemetry {

// The label index of a block over bytes that must outlive it. Every number in them is checked when it is used, so
// that damage leads to missing series, never to a crash.
class BlockIndex final : public LabelIndex {
 public:
  // kCorrupt when the checksum or the layout is wrong.
  static Result<BlockIndex> parse(std::string_view bytes);

  const IndexHeader& header() const { return header_; }
  PostingsView all() const override { return with("", ""); }
  PostingsView with(std::string_view name, std::string_view value) const override;
  void each_value(std::string_view name,
                  const std::function<void(std::string_view value, PostingsView series)>& use) const override;
  void each_name(const std::function<void(std::string_view name)>& use) const override;

  struct Entry {
    Labels labels;
    std::vector<IndexChunk> chunks;
  };
  // kCorrupt when the record makes no sense.
  Result<Entry> series(SeriesNumber number) const;

 private:
  std::string_view symbol(uint32_t number) const;
  // The first pair that is not before (name, value).
  size_t lower_bound(std::string_view name, std::string_view value) const;
  PostingsView postings_of(const IndexPair& pair) const;

  std::string_view bytes_;
  IndexHeader header_;
  std::span<const uint32_t> symbol_ends_;
  std::string_view symbol_texts_;
  std::span<const IndexPair> pairs_;
  PostingsView postings_;
  std::span<const uint64_t> series_offsets_;
};

// Thread-safe; lives on in the hands of readers after the store forgot it.
class Block : public std::enable_shared_from_this<Block> {
 public:
  static Result<std::shared_ptr<const Block>> open(std::filesystem::path directory);

  const std::filesystem::path& directory() const { return directory_; }
  int64_t from_ms() const { return index_.header().from_ms; }
  int64_t to_ms() const { return index_.header().to_ms; }
  uint64_t samples() const { return index_.header().samples; }
  uint64_t series_count() const { return index_.header().series_count; }
  uint64_t bytes() const { return index_file_.bytes().size() + chunks_file_.bytes().size(); }
  bool overlaps(int64_t from_ms_wanted, int64_t to_ms_wanted) const {
    return from_ms() <= to_ms_wanted && to_ms() >= from_ms_wanted;
  }
  const BlockIndex& index() const { return index_; }

  // Series with chunks that reach into the window. Damaged ones are left out and raise `corrupt_chunks`.
  std::vector<FoundSeries> find(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms,
                                uint64_t& corrupt_chunks) const;

 private:
  Block(std::filesystem::path directory, MappedFile index_file, MappedFile chunks_file, BlockIndex index)
      : directory_(std::move(directory)),
        index_file_(std::move(index_file)),
        chunks_file_(std::move(chunks_file)),
        index_(std::move(index)) {}

  std::filesystem::path directory_;
  MappedFile index_file_;
  MappedFile chunks_file_;
  BlockIndex index_;
};

}  // namespace capstan::telemetry
