#include "model/labels.h"

#include <algorithm>

namespace capstan {
namespace {

uint64_t mix(uint64_t hash, std::string_view text) {
  // FNV-1a with a final avalanche per text; the length separates "ab","c" from "a","bc".
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  hash ^= text.size();
  hash ^= hash >> 32;
  return hash * 0x9e3779b97f4a7c15ULL;
}

std::string escape(std::string_view value) {
  std::string out;
  for (char c : value) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

Labels::Labels(std::vector<Pair> pairs) : pairs_(std::move(pairs)) {
  std::ranges::stable_sort(pairs_, {}, &Pair::first);
  std::vector<Pair> unique;
  unique.reserve(pairs_.size());
  for (Pair& pair : pairs_) {
    if (!unique.empty() && unique.back().first == pair.first) {
      unique.back() = std::move(pair);
    } else {
      unique.push_back(std::move(pair));
    }
  }
  std::erase_if(unique, [](const Pair& pair) { return pair.second.empty(); });
  pairs_ = std::move(unique);
}

std::string_view Labels::get(std::string_view name) const {
  const auto found = std::ranges::lower_bound(pairs_, name, {}, &Pair::first);
  return found != pairs_.end() && found->first == name ? std::string_view(found->second) : std::string_view();
}

void Labels::set(std::string_view name, std::string_view value) {
  const auto found = std::ranges::lower_bound(pairs_, name, {}, &Pair::first);
  const bool present = found != pairs_.end() && found->first == name;
  if (value.empty()) {
    if (present) pairs_.erase(found);
  } else if (present) {
    found->second = value;
  } else {
    pairs_.emplace(found, std::string(name), std::string(value));
  }
}

uint64_t Labels::hash() const {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const auto& [name, value] : pairs_) hash = mix(mix(hash, name), value);
  return hash;
}

std::string Labels::to_string() const {
  std::string text(get(kMetricName));
  std::string inner;
  for (const auto& [name, value] : pairs_) {
    if (name == kMetricName) continue;
    if (!inner.empty()) inner += ',';
    inner += name + "=\"" + escape(value) + '"';
  }
  if (!inner.empty() || text.empty()) text += '{' + inner + '}';
  return text;
}

}  // namespace capstan
