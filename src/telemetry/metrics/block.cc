#include "telemetry/metrics/block.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "telemetry/storage/bytes.h"
#include "telemetry/storage/crc32c.h"

namespace capstan::telemetry {
namespace {

// An array inside the file. Nothing when it does not fit or lies askew.
template <class T>
bool array_at(std::string_view bytes, uint64_t offset, uint64_t count, std::span<const T>& array) {
  if (offset > bytes.size() || count > (bytes.size() - offset) / sizeof(T)) return false;
  const char* begin = bytes.data() + offset;
  if (reinterpret_cast<uintptr_t>(begin) % alignof(T) != 0) return false;
  array = {reinterpret_cast<const T*>(begin), count};
  return true;
}

}  // namespace

Result<BlockIndex> BlockIndex::parse(std::string_view bytes) {
  BlockIndex index;
  if (bytes.size() < sizeof(IndexHeader) + sizeof(uint32_t)) return fail(ErrorCode::kCorrupt, "the index is torn");
  const std::string_view checked = bytes.substr(0, bytes.size() - sizeof(uint32_t));
  if (ByteReader(bytes.substr(checked.size())).u32() != crc32c(checked)) {
    return fail(ErrorCode::kCorrupt, "the index does not match its checksum");
  }
  index.bytes_ = checked;
  std::memcpy(&index.header_, checked.data(), sizeof(IndexHeader));
  const IndexHeader& header = index.header_;
  if (header.magic != kIndexMagic) return fail(ErrorCode::kCorrupt, "this is no index of a version known here");
  if (!array_at(checked, header.symbols, header.symbol_count, index.symbol_ends_) ||
      !array_at(checked, header.pairs, header.pair_count, index.pairs_) ||
      !array_at(checked, header.postings, header.posting_count, index.postings_) ||
      !array_at(checked, header.series, header.series_count, index.series_offsets_)) {
    return fail(ErrorCode::kCorrupt, "the index names parts beyond its end");
  }
  index.symbol_texts_ = checked.substr(header.symbols + sizeof(uint32_t) * header.symbol_count);
  return index;
}

std::string_view BlockIndex::symbol(uint32_t number) const {
  if (number >= symbol_ends_.size()) return {};
  const uint32_t begin = number == 0 ? 0 : symbol_ends_[number - 1];
  const uint32_t end = symbol_ends_[number];
  if (begin > end || end > symbol_texts_.size()) return {};
  return symbol_texts_.substr(begin, end - begin);
}

size_t BlockIndex::lower_bound(std::string_view name, std::string_view value) const {
  const auto found = std::ranges::partition_point(pairs_, [&](const IndexPair& pair) {
    return std::pair(symbol(pair.name), symbol(pair.value)) < std::pair(name, value);
  });
  return static_cast<size_t>(found - pairs_.begin());
}

PostingsView BlockIndex::postings_of(const IndexPair& pair) const {
  if (pair.first > postings_.size() || pair.count > postings_.size() - pair.first) return {};
  return postings_.subspan(pair.first, pair.count);
}

PostingsView BlockIndex::with(std::string_view name, std::string_view value) const {
  const size_t at = lower_bound(name, value);
  if (at >= pairs_.size() || symbol(pairs_[at].name) != name || symbol(pairs_[at].value) != value) return {};
  return postings_of(pairs_[at]);
}

void BlockIndex::each_value(std::string_view name,
                            const std::function<void(std::string_view value, PostingsView series)>& use) const {
  for (size_t at = lower_bound(name, ""); at < pairs_.size() && symbol(pairs_[at].name) == name; ++at) {
    use(symbol(pairs_[at].value), postings_of(pairs_[at]));
  }
}

void BlockIndex::each_name(const std::function<void(std::string_view name)>& use) const {
  std::string_view previous;
  for (const IndexPair& pair : pairs_) {
    const std::string_view name = symbol(pair.name);
    if (name.empty() || name == previous) continue;
    use(name);
    previous = name;
  }
}

Result<BlockIndex::Entry> BlockIndex::series(SeriesNumber number) const {
  const auto corrupt = [&] {
    return fail(ErrorCode::kCorrupt, fmt::format("series {} of the block is damaged", number));
  };
  if (number >= series_offsets_.size() || series_offsets_[number] > bytes_.size()) return corrupt();
  ByteReader reader(bytes_.substr(series_offsets_[number]));
  const uint32_t label_count = reader.u32();
  if (label_count > reader.left() / 8) return corrupt();
  std::vector<Labels::Pair> pairs;
  for (uint32_t i = 0; i < label_count; ++i) {
    const std::string_view name = symbol(reader.u32());
    const std::string_view value = symbol(reader.u32());
    pairs.emplace_back(name, value);
  }
  Entry entry{.labels = Labels(std::move(pairs)), .chunks = {}};
  const uint32_t chunk_count = reader.u32();
  const std::string_view chunks = reader.raw(uint64_t{chunk_count} * sizeof(IndexChunk));
  if (!reader.ok()) return corrupt();
  entry.chunks.resize(chunk_count);
  if (chunk_count > 0) std::memcpy(entry.chunks.data(), chunks.data(), chunks.size());
  return entry;
}

Result<std::shared_ptr<const Block>> Block::open(std::filesystem::path directory) {
  const std::string doing = "opening block " + directory.string();
  MappedFile index_file = TRY(during(doing, MappedFile::open(directory / "index")));
  MappedFile chunks_file = TRY(during(doing, MappedFile::open(directory / "chunks")));
  BlockIndex index = TRY(during(doing, BlockIndex::parse(index_file.bytes())));
  if (ByteReader(chunks_file.bytes()).u64() != kChunkMagic) {
    return fail(ErrorCode::kCorrupt, doing + ": the chunks file does not begin as one");
  }
  return std::shared_ptr<const Block>(
      new Block(std::move(directory), std::move(index_file), std::move(chunks_file), std::move(index)));
}

std::vector<FoundSeries> Block::find(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms,
                                     uint64_t& corrupt_chunks) const {
  const std::string_view all_chunks = chunks_file_.bytes();
  std::vector<FoundSeries> found;
  for (SeriesNumber number : find_series(index_, matchers)) {
    Result<BlockIndex::Entry> entry = index_.series(number);
    if (!entry) {
      ++corrupt_chunks;
      continue;
    }
    FoundSeries one;
    for (const IndexChunk& chunk : entry->chunks) {
      if (chunk.from_ms > to_ms || chunk.to_ms < from_ms) continue;
      const bool inside = chunk.offset <= all_chunks.size() && chunk.size <= all_chunks.size() - chunk.offset;
      const std::string_view bytes = inside ? all_chunks.substr(chunk.offset, chunk.size) : std::string_view();
      if (!inside || crc32c(bytes) != chunk.checksum) {
        ++corrupt_chunks;
        continue;
      }
      one.chunks.push_back({chunk.from_ms, chunk.to_ms, chunk.count, bytes, shared_from_this()});
    }
    if (one.chunks.empty()) continue;
    one.labels = std::make_shared<const Labels>(std::move(entry->labels));
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace capstan::telemetry
