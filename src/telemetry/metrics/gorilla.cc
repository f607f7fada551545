#include "telemetry/metrics/gorilla.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace capstan::telemetry {
namespace {

// How a difference of differences is written: so many one bits, a zero, then the number in so many bits. The widths
// differ from the paper's, as ours are milliseconds: regular scraping jitters by less than 64 ms, restarts by seconds.
constexpr std::array<unsigned, 3> kWidths = {7, 14, 21};

bool fits(int64_t value, unsigned width) {
  const int64_t bound = int64_t{1} << (width - 1);
  return value >= -bound && value < bound;
}

uint64_t low_bits(uint64_t value, unsigned count) { return count >= 64 ? value : value & ((uint64_t{1} << count) - 1); }

}  // namespace

void ChunkWriter::put(uint64_t bits, unsigned count) {
  while (count > 0) {
    if (free_bits_ == 0) {
      chunk_.bytes.push_back('\0');
      free_bits_ = 8;
    }
    const unsigned step = std::min(count, free_bits_);
    const uint64_t part = low_bits(bits >> (count - step), step);
    chunk_.bytes.back() = static_cast<char>(static_cast<uint8_t>(chunk_.bytes.back()) | part << (free_bits_ - step));
    free_bits_ -= step;
    count -= step;
  }
}

void ChunkWriter::add(Sample sample) {
  const uint64_t bits = std::bit_cast<uint64_t>(sample.value);
  if (empty()) {
    chunk_.from_ms = sample.at_ms;
    put(static_cast<uint64_t>(sample.at_ms), 64);
    put(bits, 64);
    value_bits_ = bits;
  } else {
    write_time(sample.at_ms);
    write_value(bits);
  }
  chunk_.to_ms = sample.at_ms;
  ++chunk_.count;
}

void ChunkWriter::write_time(int64_t at_ms) {
  const uint64_t delta = static_cast<uint64_t>(at_ms) - static_cast<uint64_t>(chunk_.to_ms);
  const uint64_t change = delta - delta_;
  delta_ = delta;
  if (change == 0) return put(0, 1);
  unsigned ones = 1;
  for (unsigned width : kWidths) {
    if (fits(static_cast<int64_t>(change), width)) {
      put((uint64_t{1} << (ones + 1)) - 2, ones + 1);
      return put(change, width);
    }
    ++ones;
  }
  put(0b1111, 4);
  put(change, 64);
}

void ChunkWriter::write_value(uint64_t bits) {
  const uint64_t difference = bits ^ value_bits_;
  value_bits_ = bits;
  if (difference == 0) return put(0, 1);
  const unsigned leading = std::min(std::countl_zero(difference), 31);  // Five bits say how many.
  const unsigned trailing = static_cast<unsigned>(std::countr_zero(difference));
  if (leading_ <= leading && trailing_ <= trailing) {
    put(0b10, 2);
    return put(difference >> trailing_, 64 - leading_ - trailing_);
  }
  leading_ = leading;
  trailing_ = trailing;
  const unsigned meaningful = 64 - leading - trailing;
  put(0b11, 2);
  put(leading, 5);
  put(meaningful & 63, 6);  // 64 is written as 0, which cannot occur otherwise.
  put(difference >> trailing, meaningful);
}

Chunk ChunkWriter::take() {
  Chunk chunk = std::move(chunk_);
  *this = ChunkWriter();
  return chunk;
}

uint64_t ChunkCursor::take(unsigned count) {
  if (position_ + count > bytes_.size() * 8) {
    corrupt_ = true;
    return 0;
  }
  const size_t byte = position_ / 8;
  const unsigned shift = position_ % 8;
  position_ += count;
  if (byte + 9 <= bytes_.size()) {
    uint64_t word;
    std::memcpy(&word, bytes_.data() + byte, 8);
    word = __builtin_bswap64(word);
    if (shift > 0) word = word << shift | static_cast<uint8_t>(bytes_[byte + 8]) >> (8 - shift);
    return word >> (64 - count);
  }
  uint64_t result = 0;
  for (size_t bit = position_ - count; bit < position_; ++bit) {
    result = result << 1 | ((static_cast<uint8_t>(bytes_[bit / 8]) >> (7 - bit % 8)) & 1);
  }
  return result;
}

bool ChunkCursor::next(Sample& sample) {
  if (left_ == 0 || corrupt_) return false;
  --left_;
  if (first_) {
    first_ = false;
    at_ = take(64);
    value_bits_ = take(64);
  } else {
    delta_ += read_delta_of_delta();
    at_ += delta_;
    read_value();
  }
  if (corrupt_) return false;
  sample.at_ms = static_cast<int64_t>(at_);
  sample.value = std::bit_cast<double>(value_bits_);
  return true;
}

uint64_t ChunkCursor::read_delta_of_delta() {
  if (take(1) == 0) return 0;
  for (unsigned width : kWidths) {
    if (take(1) != 0) continue;
    const unsigned unused = 64 - width;
    return static_cast<uint64_t>(static_cast<int64_t>(take(width) << unused) >> unused);
  }
  return take(64);
}

void ChunkCursor::read_value() {
  if (take(1) == 0) return;
  if (take(1) != 0) {
    leading_ = static_cast<unsigned>(take(5));
    unsigned meaningful = static_cast<unsigned>(take(6));
    if (meaningful == 0) meaningful = 64;
    if (leading_ + meaningful > 64) corrupt_ = true;
    trailing_ = 64 - leading_ - meaningful;
  }
  if (leading_ > 31) corrupt_ = true;  // A window was used before one was given.
  if (corrupt_) return;
  value_bits_ ^= take(64 - leading_ - trailing_) << trailing_;
}

}  // namespace capstan::telemetry
