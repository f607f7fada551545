#include "connect/kubernetes/json_splitter.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::kubernetes {
namespace {

constexpr size_t kMaxDepth = 1'000;
constexpr size_t kMostOfAWord = 8;  // More than "items" has.

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

// Bytes that mean nothing to the splitter outside of a string.
bool is_plain(char c) { return c != '"' && c != '{' && c != '}' && c != '[' && c != ']'; }

}  // namespace

Status JsonSplitter::feed(std::string_view chunk, const Take& take) {
  while (!chunk.empty()) {
    // Runs of bytes that change nothing are taken over in one piece.
    size_t run = 0;
    if (in_string_ && !escaped_) {
      run = std::min(chunk.find_first_of("\"\\"), chunk.size());
      if (word_.size() < kMostOfAWord) word_.append(chunk, 0, std::min(run, kMostOfAWord));
    } else if (!in_string_ && place_ == Place::kObject) {
      while (run < chunk.size() && is_plain(chunk[run])) ++run;
    }
    if (run > 0) TRY(keep(chunk.substr(0, run)));
    chunk.remove_prefix(run);
    if (chunk.empty()) break;
    TRY(step(chunk.front(), take));
    chunk.remove_prefix(1);
  }
  return {};
}

Status JsonSplitter::step(char c, const Take& take) {
  if (in_string_) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
      word_ += c;  // A key in another spelling is another key to us.
    } else {
      in_string_ = false;
    }
    return keep({&c, 1});
  }
  switch (c) {
    case '{':
    case '[': return open(c);
    case '}':
    case ']': return close(c, take);
    case '"':
      in_string_ = true;
      word_.clear();
      break;
    case ':': items_next_ = place_ == Place::kRest && depth_ == 1 && word_ == "items"; break;
    case ',': items_next_ = false; break;
    default: break;
  }
  const bool between = place_ == Place::kBetween || place_ == Place::kItems;
  if (between && is_space(c)) return {};
  if (place_ == Place::kItems && c == ',') return {};
  if (between) return fail(ErrorCode::kCorrupt, "the answer is not the JSON that was expected: an object must begin");
  return keep({&c, 1});
}

Status JsonSplitter::open(char c) {
  if (depth_ >= kMaxDepth) return fail(ErrorCode::kCorrupt, "the answer is nested too deeply");
  if (place_ == Place::kBetween || place_ == Place::kItems) {
    if (c != '{' || ended_) return fail(ErrorCode::kCorrupt, "the answer has something where an object must begin");
    const bool begins_list = shape_ == Shape::kList && place_ == Place::kBetween;
    place_ = begins_list ? Place::kRest : Place::kObject;
  } else if (c == '[' && items_next_ && depth_ == 1 && place_ == Place::kRest) {
    TRY(keep("["));
    place_ = Place::kItems;
    ++depth_;
    return {};
  }
  items_next_ = false;
  ++depth_;
  return keep({&c, 1});
}

Status JsonSplitter::close(char c, const Take& take) {
  if (depth_ == 0) return fail(ErrorCode::kCorrupt, "the answer closes what was not opened");
  --depth_;
  if (place_ == Place::kItems) {
    if (c != ']') return fail(ErrorCode::kCorrupt, "the answer's list of items does not end as a list");
    place_ = Place::kRest;
    return keep("]");
  }
  TRY(keep({&c, 1}));
  if (place_ == Place::kObject && depth_ == object_depth()) return finish_object(take);
  if (place_ == Place::kRest && depth_ == 0) {
    place_ = Place::kBetween;
    ended_ = true;
  }
  return {};
}

Status JsonSplitter::finish_object(const Take& take) {
  place_ = shape_ == Shape::kStream ? Place::kBetween : Place::kItems;
  const Status taken = take(object_);
  object_.clear();
  if (object_.capacity() > size_t{256} << 10) object_ = {};  // A large one is the exception, its memory not kept.
  return taken;
}

Status JsonSplitter::keep(std::string_view text) {
  std::string& kept = place_ == Place::kObject ? object_ : rest_;
  if (text.size() > max_object_bytes_ - kept.size()) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("an object of the answer is larger than the limit of {} bytes", max_object_bytes_));
  }
  kept.append(text);
  return {};
}

}  // namespace capstan::kubernetes
