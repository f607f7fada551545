#include "telemetry/promql/engine.h"

#include <fmt/format.h>

#include <algorithm>

#include "telemetry/promql/evaluator.h"
#include "telemetry/promql/parser.h"

namespace capstan::telemetry {
namespace {

using promql::Budget;
using promql::Evaluator;
using promql::Expr;
using promql::Grid;
using promql::QueryContext;
using promql::QueryLimits;
using promql::StepSeries;
using promql::ValueType;

// Times beyond this are no times that anybody means, and sums with offsets and ranges would leave 64 bits.
constexpr int64_t kFarthestMs = 1'000'000'000'000'000;

QueryLimits limits_for(const PromqlEngine::Options& engine, const QueryOptions& query) {
  QueryLimits limits = engine.limits;
  if (query.time && *query.time < limits.time) limits.time = *query.time;
  return limits;
}

Status check_time(Time time, std::string_view what) {
  const int64_t ms = to_unix_ms(time);
  if (ms > -kFarthestMs && ms < kFarthestMs) return {};
  return fail(ErrorCode::kInvalidArgument, fmt::format("the {} of the query is out of bounds", what));
}

Series to_series(const promql::SharedLabels& labels, const std::vector<double>& values, const Grid& grid) {
  Series series{*labels, {}};
  const auto present = std::ranges::count_if(values, [](double value) { return !promql::is_absent(value); });
  series.samples.reserve(static_cast<size_t>(present));
  for (size_t i = 0; i < values.size(); ++i) {
    if (!promql::is_absent(values[i])) series.samples.push_back({grid.at(i), values[i]});
  }
  return series;
}

// Evaluates what has values at steps: scalars and vectors. Labels are not sorted.
Status evaluate_steps(Evaluator& evaluator, const Expr& expr, const Grid& grid, std::vector<Series>& out) {
  if (expr.type == ValueType::kScalar) {
    const std::vector<double> values = TRY(evaluator.scalar(expr, grid));
    out.push_back(to_series(std::make_shared<const Labels>(), values, grid));
    return {};
  }
  Budget::Held held;
  return evaluator.vector(expr, grid, [&](StepSeries&& series) -> Status {
    Series made = to_series(series.labels, series.values, grid);
    TRY(evaluator.budget().hold_more(held, made.samples.size() * sizeof(Sample) + sizeof(Series)));
    if (!made.samples.empty()) out.push_back(std::move(made));
    return {};
  });
}

// up[5m] as the whole query: the samples themselves.
Status evaluate_samples(Evaluator& evaluator, const Expr& expr, const Grid& grid, std::vector<Series>& out) {
  const promql::WindowShape shape = evaluator.window_shape(expr);
  const int64_t end = shape.end(grid.start_ms);
  return evaluator.ranges(expr, grid, [&](promql::RangeSeries&& series) -> Status {
    std::erase_if(series.samples, [&](const Sample& s) { return s.at_ms <= end - shape.range_ms || s.at_ms > end; });
    if (!series.samples.empty()) out.push_back({*series.labels, std::move(series.samples)});
    return {};
  });
}

}  // namespace

PromqlEngine::PromqlEngine(const SeriesReader& reader, const Clock& clock, Options options)
    : reader_(reader), clock_(clock), options_(std::move(options)) {}

Result<QueryResult> PromqlEngine::query(std::string_view expression, Time at, const QueryOptions& options) const {
  const promql::ExprPtr expr = TRY(promql::parse_expression(expression));
  TRY(check_time(at, "time"));
  const int64_t at_ms = to_unix_ms(at);
  const QueryContext context{.start_ms = at_ms,
                             .end_ms = at_ms,
                             .lookback_ms = options.lookback.value_or(options_.lookback).count(),
                             .subquery_step_ms = options_.subquery_step.count()};
  QueryResult result{.type = expr->type};
  if (const auto* text = promql::without_parens(*expr).as<promql::StringLiteral>()) {
    result.text = text->value;
    return result;
  }
  Budget budget(limits_for(options_, options), clock_, options.stop);
  Evaluator evaluator(reader_, context, budget);
  const Grid grid{at_ms, 1, 1};
  if (expr->type == ValueType::kMatrix) {
    TRY(evaluate_samples(evaluator, *expr, grid, result.series));
    std::ranges::sort(result.series, {}, &Series::labels);
  } else {
    TRY(evaluate_steps(evaluator, *expr, grid, result.series));
  }
  return result;
}

Result<QueryResult> PromqlEngine::query_range(std::string_view expression, Time from, Time to, Duration step,
                                              const QueryOptions& options) const {
  const promql::ExprPtr expr = TRY(promql::parse_expression(expression));
  TRY(check_has_steps(*expr));
  TRY(check_range(from, to, step));
  const auto steps = static_cast<size_t>((to - from) / step) + 1;
  const QueryContext context{.start_ms = to_unix_ms(from),
                             .end_ms = to_unix_ms(to),
                             .step_ms = step.count(),
                             .lookback_ms = options.lookback.value_or(options_.lookback).count(),
                             .subquery_step_ms = options_.subquery_step.count()};
  Budget budget(limits_for(options_, options), clock_, options.stop);
  Evaluator evaluator(reader_, context, budget);
  QueryResult result{.type = ValueType::kMatrix};
  TRY(evaluate_steps(evaluator, *expr, Grid{context.start_ms, context.step_ms, steps}, result.series));
  std::ranges::sort(result.series, {}, &Series::labels);
  return result;
}

Status PromqlEngine::check_range(Time from, Time to, Duration step) const {
  TRY(check_time(from, "start"));
  TRY(check_time(to, "end"));
  if (to < from) return fail(ErrorCode::kInvalidArgument, "end timestamp must not be before start time");
  if (step <= Duration(0)) {
    return fail(ErrorCode::kInvalidArgument,
                "zero or negative query resolution step widths are not accepted. Try a positive integer");
  }
  const auto steps = static_cast<size_t>((to - from) / step) + 1;
  if (steps > options_.limits.points_per_series + 1) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format(
            "exceeded maximum resolution of {} points per timeseries. Try decreasing the query resolution (?step=XX)",
            options_.limits.points_per_series));
  }
  return {};
}

Status PromqlEngine::check_has_steps(const promql::Expr& expr) {
  if (expr.type == ValueType::kVector || expr.type == ValueType::kScalar) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
                          promql::describe(expr.type)));
}

Status PromqlEngine::check(std::string_view expression) const {
  TRY(promql::parse_expression(expression));
  return {};
}

}  // namespace capstan::telemetry
