// Computes expressions over a grid of steps. Every selector is read once; series flow one at a time through functions
// and aggregations into the sink of the caller.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "telemetry/promql/ast.h"
#include "telemetry/promql/step_series.h"
#include "telemetry/series_reader.h"

namespace capstan::telemetry::promql {

// What holds for the whole query.
struct QueryContext {
  int64_t start_ms = 0;
  int64_t end_ms = 0;
  int64_t step_ms = 0;  // 0 for an instant query.
  int64_t lookback_ms = 300'000;
  int64_t subquery_step_ms = 60'000;
};

// Which samples the steps of a range expression look at: those after end - range, up to and including end.
struct WindowShape {
  int64_t range_ms = 0;
  int64_t offset_ms = 0;
  std::optional<int64_t> at_ms;  // Fixed by @; else it follows the step.

  int64_t end(int64_t step_ms) const { return at_ms.value_or(step_ms) - offset_ms; }
};

struct RangeSeries {
  SharedLabels labels;
  std::vector<Sample> samples;  // For all windows together; no stale markers.
};
using RangeSink = std::function<Status(RangeSeries&&)>;

// Not thread-safe; lives for one query.
class Evaluator {
 public:
  Evaluator(const SeriesReader& reader, const QueryContext& context, Budget& budget)
      : reader_(reader), context_(context), budget_(budget) {}

  // The expression must have the type that the function is named after.
  Result<std::vector<double>> scalar(const Expr& expr, const Grid& grid);
  Status vector(const Expr& expr, const Grid& grid, const SeriesSink& sink);
  Status ranges(const Expr& expr, const Grid& grid, const RangeSink& sink);

  WindowShape window_shape(const Expr& matrix) const;
  Result<SeriesList> collect(const Expr& vector_expr, const Grid& grid);

  // The newest sample of each series within the lookback, or the time of that sample in seconds.
  enum class Point { kValue, kTimestamp };
  Status points(const VectorSelector& selector, const Grid& grid, Point what, const SeriesSink& sink);

  // Applies `change` to every value that is there; `drop_name` removes the metric name and merges what then is equal.
  using Change = std::function<double(double value, size_t step)>;
  Status transform(const Expr& input, const Grid& grid, bool drop_name, const Change& change, const SeriesSink& sink);

  Budget& budget() { return budget_; }
  const QueryContext& context() const { return context_; }

 private:
  Status vector_node(const Expr& expr, const Grid& grid, const SeriesSink& sink);
  Status call(const Expr& expr, const Grid& grid, const SeriesSink& sink);
  Status map_call(const Call& call, const Grid& grid, const SeriesSink& sink);
  Status range_call(const Call& call, const Grid& grid, const SeriesSink& sink);
  Result<std::vector<double>> scalar_call(const Call& call, const Grid& grid);
  Result<std::vector<double>> single_value(const Expr& vector_expr, const Grid& grid);
  Status matrix_ranges(const MatrixSelector& matrix, const WindowShape& shape, const Grid& grid, const RangeSink& sink);
  Status subquery_ranges(const Subquery& subquery, const WindowShape& shape, const Grid& grid, const RangeSink& sink);
  WindowShape shape(const TimeModifiers& time, int64_t range_ms) const;

  struct Fetched {
    std::vector<SelectedSeries> series;
    Budget::Held held;
  };
  // Series with samples after `after_ms`, up to and including `to_ms`.
  Result<Fetched> fetch(const std::vector<Matcher>& matchers, int64_t after_ms, int64_t to_ms);

  const SeriesReader& reader_;
  const QueryContext& context_;
  Budget& budget_;
};

// Whether all series that the expression yields have the same metric name, or none: then dropping it cannot make two
// series equal.
bool yields_one_name(const Expr& expr);

}  // namespace capstan::telemetry::promql
