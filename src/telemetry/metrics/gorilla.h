// Samples squeezed into a few bits each: "Gorilla: A Fast, Scalable, In-Memory Time Series Database", Pelkonen et al.,
// VLDB 2015, section 4.1. Times are stored as the difference of differences, values as the XOR with the one before;
// every bit of a value comes back, whatever kind of NaN it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/sample.h"

namespace capstan::telemetry {

// A finished run of samples of one series, rising in time.
struct Chunk {
  int64_t from_ms = 0;  // Of the first sample.
  int64_t to_ms = 0;    // Of the last.
  uint32_t count = 0;
  std::string bytes;
};

// Takes samples one by one. Not thread-safe.
class ChunkWriter {
 public:
  void add(Sample sample);

  bool empty() const { return chunk_.count == 0; }
  // What was added so far; the writer can go on.
  const Chunk& chunk() const { return chunk_; }
  // Takes it out and starts anew.
  Chunk take();

 private:
  void write_time(int64_t at_ms);
  void write_value(uint64_t bits);
  void put(uint64_t bits, unsigned count);

  Chunk chunk_;
  unsigned free_bits_ = 0;  // In the last byte.
  uint64_t delta_ = 0;      // Unsigned, so that far-apart times wrap instead of overflowing.
  uint64_t value_bits_ = 0;
  unsigned leading_ = 64;  // Of the XOR window in use; 64: none yet.
  unsigned trailing_ = 0;
};

// Reads a chunk's samples in order. Damaged bytes end it early; they never crash it.
class ChunkCursor {
 public:
  ChunkCursor(std::string_view bytes, uint32_t count) : bytes_(bytes), left_(count) {}

  // False at the end.
  bool next(Sample& sample);
  // Fewer samples were there than promised.
  bool corrupt() const { return corrupt_; }

 private:
  uint64_t take(unsigned count);
  uint64_t read_delta_of_delta();
  void read_value();

  std::string_view bytes_;
  size_t position_ = 0;  // In bits.
  uint32_t left_;
  bool first_ = true;
  bool corrupt_ = false;
  uint64_t at_ = 0;
  uint64_t delta_ = 0;
  uint64_t value_bits_ = 0;
  unsigned leading_ = 64;
  unsigned trailing_ = 0;
};

}  // namespace capstan::telemetry
