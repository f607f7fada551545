// Intermediate results: for every series one value per step, laid out densely.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/labels.h"
#include "telemetry/promql/budget.h"
#include "telemetry/promql/window.h"

namespace capstan::telemetry::promql {

// The steps at which an expression is evaluated. An instant query has one.
struct Grid {
  int64_t start_ms = 0;
  int64_t step_ms = 1;
  size_t count = 1;

  int64_t at(size_t index) const { return start_ms + static_cast<int64_t>(index) * step_ms; }
  int64_t last() const { return at(count - 1); }
};

using SharedLabels = std::shared_ptr<const Labels>;

struct StepSeries {
  SharedLabels labels;
  std::vector<double> values;  // One per step; absent_value() where there is none.

  bool is_empty() const;
};

// Where series go as they are made, one at a time, so that an aggregation never holds its whole input.
using SeriesSink = std::function<Status(StepSeries&&)>;

struct SeriesList {
  std::vector<StepSeries> series;
  Budget::Held held;
};

// Joins series that have the same labels and never a value at the same step; where they do, it is an error, as
// Prometheus says it.
class SeriesMerger {
 public:
  explicit SeriesMerger(Budget& budget) : budget_(budget) {}

  // `allow_disjoint`: false when equal labels are an error even if the series never meet.
  Status add(StepSeries series, bool allow_disjoint = true);
  // Gives all series to the sink, in the order of their first appearance.
  Status finish(const SeriesSink& sink);

 private:
  Budget& budget_;
  SeriesList list_;
  std::unordered_multimap<uint64_t, size_t> by_hash_;
};

SharedLabels without_name(const SharedLabels& labels);

// Only the named labels, or all but those and the metric name.
Labels keep_labels(const Labels& labels, const std::vector<std::string>& names);
Labels drop_labels(const Labels& labels, const std::vector<std::string>& names);

// Text that is equal for label sets that agree in the named labels (`on`), or in all others but the metric name.
// `names` must be sorted.
std::string matching_key(const Labels& labels, bool on, const std::vector<std::string>& names);

}  // namespace capstan::telemetry::promql
