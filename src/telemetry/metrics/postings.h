// Which series have which label: sorted lists of series numbers, and how matchers are answered by intersecting them.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "telemetry/matcher.h"

namespace capstan::telemetry {

using SeriesNumber = uint32_t;
// Rising, without repetition.
using Postings = std::vector<SeriesNumber>;
using PostingsView = std::span<const SeriesNumber>;

// An inverted index, in memory or in a block. Views live as long as the index is not changed.
class LabelIndex {
 public:
  virtual ~LabelIndex() = default;
  virtual PostingsView all() const = 0;
  // Empty for a label or value that does not occur.
  virtual PostingsView with(std::string_view name, std::string_view value) const = 0;
  // Every value of a label, rising.
  virtual void each_value(std::string_view name,
                          const std::function<void(std::string_view value, PostingsView series)>& use) const = 0;
  virtual void each_name(const std::function<void(std::string_view name)>& use) const = 0;
};

// The series that pass all matchers; no matchers mean all.
Postings find_series(const LabelIndex& index, const std::vector<Matcher>& matchers);

// Whether two lists share a number.
bool overlap(PostingsView a, PostingsView b);

}  // namespace capstan::telemetry
