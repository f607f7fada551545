// How the evaluator reads selectors and subqueries.
#include <algorithm>

#include "telemetry/promql/evaluator.h"

namespace capstan::telemetry::promql {

WindowShape Evaluator::shape(const TimeModifiers& time, int64_t range_ms) const {
  WindowShape shape{.range_ms = range_ms, .offset_ms = time.offset_ms.value_or(0)};
  if (time.at) {
    switch (time.at->kind) {
      case AtModifier::Kind::kTime: shape.at_ms = time.at->ms; break;
      case AtModifier::Kind::kStart: shape.at_ms = context_.start_ms; break;
      case AtModifier::Kind::kEnd: shape.at_ms = context_.end_ms; break;
    }
  }
  return shape;
}

WindowShape Evaluator::window_shape(const Expr& matrix) const {
  const Expr& inner = without_parens(matrix);
  if (const auto* selector = inner.as<MatrixSelector>()) return shape(selector->selector.time, selector->range_ms);
  if (const auto* subquery = inner.as<Subquery>()) return shape(subquery->time, subquery->range_ms);
  return {};
}

Result<Evaluator::Fetched> Evaluator::fetch(const std::vector<Matcher>& matchers, int64_t after_ms, int64_t to_ms) {
  TRY(budget_.check());
  Fetched fetched;
  if (to_ms <= after_ms) return fetched;
  fetched.series = TRY(reader_.select(matchers, after_ms + 1, to_ms, budget_.samples_left()));
  size_t samples = 0;
  for (const SelectedSeries& series : fetched.series) samples += series.samples.size();
  TRY(budget_.use_samples(samples));
  TRY(budget_.hold_more(fetched.held, samples * sizeof(Sample)));
  return fetched;
}

Status Evaluator::points(const VectorSelector& selector, const Grid& grid, Point what, const SeriesSink& sink) {
  const WindowShape window = shape(selector.time, context_.lookback_ms);
  Fetched fetched = TRY(fetch(selector.matchers, window.end(grid.start_ms) - window.range_ms, window.end(grid.last())));
  for (SelectedSeries& series : fetched.series) {
    TRY(budget_.check());
    StepSeries out{std::move(series.labels), std::vector<double>(grid.count, absent_value())};
    bool any = false;
    size_t past = 0;
    for (size_t i = 0; i < grid.count; ++i) {
      const int64_t end = window.end(grid.at(i));
      while (past < series.samples.size() && series.samples[past].at_ms <= end) ++past;
      if (past == 0) continue;
      const Sample& newest = series.samples[past - 1];
      if (newest.at_ms <= end - window.range_ms || is_absent(newest.value)) continue;
      out.values[i] = what == Point::kValue ? newest.value : static_cast<double>(newest.at_ms) / 1000.0;
      any = true;
    }
    series.samples = {};
    if (any) TRY(sink(std::move(out)));
  }
  return {};
}

Status Evaluator::ranges(const Expr& expr, const Grid& grid, const RangeSink& sink) {
  const Expr& inner = without_parens(expr);
  const WindowShape window = window_shape(inner);
  if (const auto* matrix = inner.as<MatrixSelector>()) return matrix_ranges(*matrix, window, grid, sink);
  if (const auto* subquery = inner.as<Subquery>()) return subquery_ranges(*subquery, window, grid, sink);
  return fail(ErrorCode::kInternal, "an expression of another type stands where a range vector is needed");
}

Status Evaluator::matrix_ranges(const MatrixSelector& matrix, const WindowShape& window, const Grid& grid,
                                const RangeSink& sink) {
  Fetched fetched =
      TRY(fetch(matrix.selector.matchers, window.end(grid.start_ms) - window.range_ms, window.end(grid.last())));
  for (SelectedSeries& series : fetched.series) {
    TRY(budget_.check());
    std::erase_if(series.samples, [](const Sample& sample) { return is_absent(sample.value); });
    if (series.samples.empty()) continue;
    TRY(sink({std::move(series.labels), std::move(series.samples)}));
  }
  return {};
}

// The inner expression is evaluated once, at all multiples of the step that any window holds.
Status Evaluator::subquery_ranges(const Subquery& subquery, const WindowShape& window, const Grid& grid,
                                  const RangeSink& sink) {
  const int64_t step = subquery.step_ms > 0 ? subquery.step_ms : context_.subquery_step_ms;
  const int64_t after = window.end(grid.start_ms) - window.range_ms;
  int64_t first = after / step * step;
  if (first <= after) first += step;
  const int64_t last = window.end(grid.last());
  if (first > last) return {};
  const Grid inner{first, step, static_cast<size_t>((last - first) / step) + 1};
  const Budget::Held row = TRY(budget_.hold(inner.count * (sizeof(double) + sizeof(Sample))));
  return vector(*subquery.expr, inner, [&](StepSeries&& values) -> Status {
    RangeSeries series{std::move(values.labels), {}};
    for (size_t i = 0; i < values.values.size(); ++i) {
      if (!is_absent(values.values[i])) series.samples.push_back({inner.at(i), values.values[i]});
    }
    return series.samples.empty() ? Status() : sink(std::move(series));
  });
}

}  // namespace capstan::telemetry::promql
