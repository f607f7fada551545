// Label sets, as Prometheus means them: sorted by name, no empty values, "__name__" among them.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan {

inline constexpr std::string_view kMetricName = "__name__";

class Labels {
 public:
  using Pair = std::pair<std::string, std::string>;

  Labels() = default;
  // Sorts, drops empty values; of equal names the last wins.
  explicit Labels(std::vector<Pair> pairs);
  Labels(std::initializer_list<Pair> pairs) : Labels(std::vector<Pair>(pairs)) {}

  // "" when absent, as in Prometheus.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const { return !get(name).empty(); }
  // An empty value removes the label.
  void set(std::string_view name, std::string_view value);

  bool empty() const { return pairs_.empty(); }
  size_t size() const { return pairs_.size(); }
  auto begin() const { return pairs_.begin(); }
  auto end() const { return pairs_.end(); }

  // Stable across runs and machines (xxHash-like mixing over names and values); 0 is as likely as any other.
  uint64_t hash() const;

  // up{instance="a",job="b"}, values escaped as in the exposition format.
  std::string to_string() const;

  auto operator<=>(const Labels&) const = default;

 private:
  std::vector<Pair> pairs_;
};

}  // namespace capstan
