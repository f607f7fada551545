#include "connect/kubernetes/json_splitter.h"

#include <fmt/format.h>

#include <utility>

namespace capstan::kubernetes {
namespace {

constexpr size_t kMaxDepth = 1'000;
constexpr size_t kMostOfAWord = 8;  // More than "items" has.

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

Status JsonSplitter::feed(std::string_view chunk, const Take& take) {
  while (!chunk.empty()) {
    if (place_ == Place::kObject) {
      const std::string_view part = chunk.substr(0, scan_object(chunk));
      chunk.remove_prefix(part.size());
      TRY(keep(part));
      if (depth_ > kMaxDepth) return too_deep();
      if (depth_ == object_depth()) TRY(finish_object(take));
    } else {
      TRY(step(chunk.front()));
      chunk.remove_prefix(1);
    }
  }
  return {};
}

// Nearly all bytes come by here, so it looks at each but once.
size_t JsonSplitter::scan_object(std::string_view chunk) {
  const size_t end_depth = object_depth();
  size_t at = 0;
  for (; at < chunk.size(); ++at) {
    if (in_string_) {
      if (std::exchange(escaped_, false)) continue;
      while (at < chunk.size() && chunk[at] != '"' && chunk[at] != '\\') ++at;
      if (at == chunk.size()) break;
      if (chunk[at] == '\\') {
        escaped_ = true;
      } else {
        in_string_ = false;
      }
      continue;
    }
    const char c = chunk[at];
    if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      if (++depth_ > kMaxDepth) return at + 1;
    } else if ((c == '}' || c == ']') && --depth_ == end_depth) {
      return at + 1;
    }
  }
  return at;
}

Status JsonSplitter::step(char c) {
  if (in_string_) {
    if (c == '"' && !escaped_) {
      in_string_ = false;
    } else if (word_.size() < kMostOfAWord) {
      word_ += c;
    }
    escaped_ = c == '\\' && !escaped_;
    return keep({&c, 1});
  }
  switch (c) {
    case '{':
    case '[': return open(c);
    case '}':
    case ']': return close(c);
    case '"':
      in_string_ = true;
      word_.clear();
      break;
    case ':': items_next_ = depth_ == 1 && word_ == "items"; break;
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
  if (depth_ >= kMaxDepth) return too_deep();
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

Status JsonSplitter::close(char c) {
  if (depth_ == 0) return fail(ErrorCode::kCorrupt, "the answer closes what was not opened");
  --depth_;
  if (place_ == Place::kItems) {
    if (c != ']') return fail(ErrorCode::kCorrupt, "the answer's list of items does not end as a list");
    place_ = Place::kRest;
    return keep("]");
  }
  TRY(keep({&c, 1}));
  if (depth_ == 0) {
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

std::unexpected<Error> JsonSplitter::too_deep() { return fail(ErrorCode::kCorrupt, "the answer is nested too deeply"); }

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
