// Collects the samples of one look, all with the same time and the labels of the target.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "model/sample.h"

namespace capstan::host {

class SampleWriter {
 public:
  using Pair = std::pair<std::string_view, std::string_view>;

  // `target` is what every series carries: instance and job.
  SampleWriter(const Labels& target, Time at, std::vector<SeriesSample>& into)
      : target_(target), at_ms_(to_unix_ms(at)), into_(into) {}

  void add(std::string_view name, std::initializer_list<Pair> labels, double value) {
    add_at(name, labels, value, at_ms_);
  }
  void add(std::string_view name, double value) { add(name, {}, value); }
  void add_at(std::string_view name, std::initializer_list<Pair> labels, double value, int64_t at_ms) {
    into_.push_back({this->labels(name, labels), {at_ms, value}});
  }
  // For series whose labels are kept by the caller.
  void add(const Labels& labels, double value) { into_.push_back({labels, {at_ms_, value}}); }
  void add_at(const Labels& labels, double value, int64_t at_ms) { into_.push_back({labels, {at_ms, value}}); }

  Labels labels(std::string_view name, std::initializer_list<Pair> labels) const {
    std::vector<Labels::Pair> pairs;
    pairs.reserve(target_.size() + labels.size() + 1);
    pairs.emplace_back(kMetricName, name);
    for (const auto& pair : target_) pairs.push_back(pair);
    for (const auto& [key, value] : labels) pairs.emplace_back(key, value);
    return Labels(std::move(pairs));
  }
  // How many samples were collected so far.
  size_t size() const { return into_.size(); }
  // Turns the samples from index `first` on into the markers that end their series.
  void end_series_from(size_t first) {
    for (size_t i = first; i < into_.size(); ++i) into_[i].sample.value = stale_nan();
  }
  int64_t at_ms() const { return at_ms_; }

 private:
  const Labels& target_;
  int64_t at_ms_;
  std::vector<SeriesSample>& into_;
};

}  // namespace capstan::host
