// How a block's two files are laid out; block_writer.h makes them, block.h reads them.
//
// chunks: kChunkMagic, then the chunks' bytes one after the other.
// index:  IndexHeader, then at the offsets it names:
//   symbols   u32 ends[symbol_count], then their texts; rising, so that comparing numbers compares texts
//   pairs     IndexPair[pair_count], rising by name, then value; the pair of two empty texts lists all series
//   postings  u32 series numbers
//   series    u64 offsets[series_count] of records: u32 labels, (u32 name, u32 value)…, u32 chunks, IndexChunk…
//   and at the very end the u32 CRC-32C of all before it.
#pragma once

#include <cstdint>

namespace capstan::telemetry {

inline constexpr uint64_t kIndexMagic = 0x31584449'50414331;  // "1CAPIDX1" in the file's order.
inline constexpr uint64_t kChunkMagic = 0x314b4843'50414331;  // "1CAPCHK1"

struct IndexHeader {
  uint64_t magic = kIndexMagic;
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  uint64_t samples = 0;
  uint64_t symbols = 0;  // Offsets of the parts.
  uint64_t pairs = 0;
  uint64_t postings = 0;
  uint64_t series = 0;
  uint32_t symbol_count = 0;
  uint32_t pair_count = 0;
  uint32_t posting_count = 0;
  uint32_t series_count = 0;
};
static_assert(sizeof(IndexHeader) == 80);

struct IndexPair {
  uint32_t name = 0;  // Symbol numbers.
  uint32_t value = 0;
  uint32_t first = 0;  // Posting.
  uint32_t count = 0;
};
static_assert(sizeof(IndexPair) == 16);

struct IndexChunk {
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  uint64_t offset = 0;  // In the chunks file.
  uint32_t size = 0;
  uint32_t count = 0;
  uint32_t checksum = 0;
  uint32_t unused = 0;
};
static_assert(sizeof(IndexChunk) == 40);

}  // namespace capstan::telemetry
