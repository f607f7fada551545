#include "base/head_tail.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::string_view without_broken_end(std::string_view text) {
  size_t end = text.size();
  for (size_t back = 0; back < 4 && end > 0; ++back) {
    const auto c = static_cast<unsigned char>(text[end - 1]);
    if (c < 0x80) return text;
    --end;
    if (c < 0xc0) continue;
    const size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    return length == back + 1 ? text : text.substr(0, end);
  }
  return text;
}

std::string_view without_broken_begin(std::string_view text) {
  while (!text.empty() && is_continuation(text.front())) text.remove_prefix(1);
  return text;
}

}  // namespace

std::string left_out_line(uint64_t bytes) { return fmt::format("… {} bytes are left out here …\n", bytes); }

void HeadTail::append(std::string_view piece) {
  size_ += piece.size();
  const size_t room = most_head_ - head_.size();
  const size_t first = std::min(room, piece.size());
  head_.append(piece.substr(0, first));
  piece.remove_prefix(first);
  if (piece.size() > most_tail_) {
    tail_.clear();
    piece.remove_prefix(piece.size() - most_tail_);
  }
  tail_.append(piece);
  // Seldom, as moving the bytes costs time.
  if (tail_.size() > 2 * most_tail_) tail_.erase(0, tail_.size() - most_tail_);
}

std::string HeadTail::text() const {
  if (left_out() == 0) return head_ + tail_;
  std::string text(without_broken_end(head_));
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += left_out_line(left_out());
  text += without_broken_begin(tail_);
  return text;
}

std::string_view HeadTail::since(uint64_t& from) const {
  from = std::min(from, size_);
  if (from < head_.size()) return std::string_view(head_).substr(from);
  const uint64_t tail_from = size_ - tail_.size();
  from = std::max(from, tail_from);
  return std::string_view(tail_).substr(from - tail_from);
}

}  // namespace capstan
