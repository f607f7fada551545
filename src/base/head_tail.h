// The beginning and the end of a text that may be long, in bounded memory: what is between is counted and left out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace capstan {

class HeadTail {
 public:
  // Keeps the first `head` bytes, and at least the last `tail`.
  HeadTail(size_t head, size_t tail) : most_head_(head), most_tail_(tail) {}

  void append(std::string_view piece);

  // All bytes that came, kept or not.
  uint64_t size() const { return size_; }
  uint64_t left_out() const { return size_ - head_.size() - tail_.size(); }

  // With a line between that says how much is left out, if anything is. Not cut within a character of UTF-8.
  std::string text() const;

  // What came from a place on (counted in bytes of all that came); `from` moves to where that begins, which is later
  // when what was there is left out.
  std::string_view since(uint64_t& from) const;

 private:
  size_t most_head_;
  size_t most_tail_;
  std::string head_;
  std::string tail_;
  uint64_t size_ = 0;
};

// "… 1234 bytes are left out here …" on a line of its own.
std::string left_out_line(uint64_t bytes);

}  // namespace capstan
