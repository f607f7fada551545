// Series in a list, for tests.
#pragma once

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "telemetry/series_reader.h"

namespace capstan::telemetry {

class FakeSeriesReader final : public SeriesReader {
 public:
  // Samples of one series must be added in rising time.
  void add(const Labels& labels, Sample sample) {
    const auto place = std::ranges::lower_bound(series_, labels, {},
                                                [](const SelectedSeries& s) -> const Labels& { return *s.labels; });
    if (place != series_.end() && *place->labels == labels) {
      place->samples.push_back(sample);
    } else {
      series_.insert(place, {std::make_shared<const Labels>(labels), {sample}});
    }
  }
  void clear() { series_.clear(); }
  // How often select() was called.
  size_t selects() const { return selects_; }

  Result<std::vector<SelectedSeries>> select(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms,
                                             size_t max_samples) const override {
    ++selects_;
    std::vector<SelectedSeries> found;
    size_t count = 0;
    for (const SelectedSeries& series : series_) {
      if (!passes(*series.labels, matchers)) continue;
      SelectedSeries cut{series.labels, within(series.samples, from_ms, to_ms)};
      count += cut.samples.size();
      if (count > max_samples) return fail(ErrorCode::kResourceExhausted, "too many samples");
      if (!cut.samples.empty()) found.push_back(std::move(cut));
    }
    return found;
  }
  Result<std::vector<Labels>> series(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms,
                                     const StopCheck& check = {}) const override {
    std::vector<Labels> found;
    for (const SelectedSeries& series : series_) {
      if (check) TRY(check());
      if (passes(*series.labels, matchers) && !within(series.samples, from_ms, to_ms).empty())
        found.push_back(*series.labels);
    }
    return found;
  }
  Result<std::vector<std::string>> label_names(const std::vector<Matcher>& matchers, int64_t from_ms, int64_t to_ms,
                                               const StopCheck& check = {}) const override {
    std::set<std::string> names;
    for (const Labels& labels : TRY(series(matchers, from_ms, to_ms, check))) {
      for (const auto& [name, value] : labels) names.insert(name);
    }
    return std::vector(names.begin(), names.end());
  }
  Result<std::vector<std::string>> label_values(std::string_view name, const std::vector<Matcher>& matchers,
                                                int64_t from_ms, int64_t to_ms,
                                                const StopCheck& check = {}) const override {
    std::set<std::string> values;
    for (const Labels& labels : TRY(series(matchers, from_ms, to_ms, check))) {
      if (labels.has(name)) values.emplace(labels.get(name));
    }
    return std::vector(values.begin(), values.end());
  }

 private:
  static bool passes(const Labels& labels, const std::vector<Matcher>& matchers) {
    return std::ranges::all_of(matchers, [&](const Matcher& m) { return m.matches(labels.get(m.name())); });
  }
  static std::vector<Sample> within(const std::vector<Sample>& samples, int64_t from_ms, int64_t to_ms) {
    std::vector<Sample> cut;
    auto at = std::ranges::lower_bound(samples, from_ms, {}, &Sample::at_ms);
    for (; at != samples.end() && at->at_ms <= to_ms; ++at) cut.push_back(*at);
    return cut;
  }

  std::vector<SelectedSeries> series_;  // Sorted by labels.
  mutable size_t selects_ = 0;
};

}  // namespace capstan::telemetry
