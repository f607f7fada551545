#include "telemetry/promql/evaluator.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "telemetry/promql/aggregation.h"
#include "telemetry/promql/binary_evaluation.h"
#include "telemetry/promql/function.h"

namespace capstan::telemetry::promql {

bool yields_one_name(const Expr& expr) {
  const Expr& inner = without_parens(expr);
  if (const auto* selector = inner.as<VectorSelector>()) {
    return std::ranges::any_of(selector->matchers, [](const Matcher& m) {
      return m.name() == kMetricName && m.type() == Matcher::Type::kEqual;
    });
  }
  if (const auto* matrix = inner.as<MatrixSelector>()) {
    return std::ranges::any_of(matrix->selector.matchers, [](const Matcher& m) {
      return m.name() == kMetricName && m.type() == Matcher::Type::kEqual;
    });
  }
  if (const auto* subquery = inner.as<Subquery>()) return yields_one_name(*subquery->expr);
  if (const auto* call = inner.as<Call>()) return !call->function->keeps_name;
  if (const auto* aggregate = inner.as<Aggregate>()) {
    const bool chooses = aggregate->op == AggregateOp::kTopk || aggregate->op == AggregateOp::kBottomk ||
                         aggregate->op == AggregateOp::kLimitk || aggregate->op == AggregateOp::kLimitRatio;
    return !chooses &&
           (aggregate->without || std::ranges::find(aggregate->labels, kMetricName) == aggregate->labels.end());
  }
  return false;
}

Status Evaluator::vector(const Expr& expr, const Grid& grid, const SeriesSink& sink) {
  TRY(budget_.check());
  if (!expr.step_invariant || grid.count == 1) return vector_node(expr, grid, sink);
  const Grid once{grid.start_ms, grid.step_ms, 1};
  return vector_node(expr, once, [&](StepSeries&& series) {
    series.values.assign(grid.count, double(series.values.front()));
    return sink(std::move(series));
  });
}

Status Evaluator::vector_node(const Expr& expr, const Grid& grid, const SeriesSink& sink) {
  if (const auto* selector = expr.as<VectorSelector>()) return points(*selector, grid, Point::kValue, sink);
  if (const auto* paren = expr.as<Paren>()) return vector(*paren->expr, grid, sink);
  if (expr.as<Call>() != nullptr) return call(expr, grid, sink);
  if (expr.as<Aggregate>() != nullptr) return aggregate(*this, expr, grid, sink);
  if (expr.as<Binary>() != nullptr) return evaluate_binary(*this, expr, grid, sink);
  if (const auto* unary = expr.as<Unary>()) {
    if (!unary->negative) return vector(*unary->expr, grid, sink);
    return transform(*unary->expr, grid, true, [](double value, size_t) { return -value; }, sink);
  }
  return fail(ErrorCode::kInternal, "an expression of another type stands where an instant vector is needed");
}

Result<SeriesList> Evaluator::collect(const Expr& vector_expr, const Grid& grid) {
  SeriesList list;
  TRY(vector(vector_expr, grid, [&](StepSeries&& series) -> Status {
    TRY(budget_.hold_more(list.held, series.values.size() * sizeof(double) + sizeof(StepSeries)));
    list.series.push_back(std::move(series));
    return {};
  }));
  return list;
}

Status Evaluator::transform(const Expr& input, const Grid& grid, bool drop_name, const Change& change,
                            const SeriesSink& sink) {
  SeriesMerger merger(budget_);
  const bool merges = drop_name && !yields_one_name(input);
  TRY(vector(input, grid, [&](StepSeries&& series) -> Status {
    for (size_t i = 0; i < series.values.size(); ++i) {
      double& value = series.values[i];
      if (!is_absent(value)) value = change(value, i);
    }
    if (series.is_empty()) return {};
    if (drop_name) series.labels = without_name(series.labels);
    return merges ? merger.add(std::move(series)) : sink(std::move(series));
  }));
  return merger.finish(sink);
}

Status Evaluator::call(const Expr& expr, const Grid& grid, const SeriesSink& sink) {
  const Call& node = *expr.as<Call>();
  const auto& kernel = node.function->kernel;
  if (std::holds_alternative<MapKernel>(kernel)) return map_call(node, grid, sink);
  if (std::holds_alternative<RangeKernel>(kernel)) return range_call(node, grid, sink);
  if (const SeriesKernel* run = std::get_if<SeriesKernel>(&kernel)) return (*run)(*this, expr, grid, sink);
  return fail(ErrorCode::kInternal, "a function stands where it cannot be evaluated");
}

namespace {

// The scalar arguments of a call, each at all steps.
class ScalarArguments {
 public:
  static Result<ScalarArguments> evaluate(Evaluator& evaluator, const Call& call, const Grid& grid) {
    ScalarArguments arguments;
    for (const ExprPtr& argument : call.arguments) {
      if (argument->type != ValueType::kScalar) continue;
      arguments.values_.push_back(TRY(evaluator.scalar(*argument, grid)));
    }
    return arguments;
  }
  size_t count() const { return values_.size(); }
  // No function takes more than two.
  std::array<double, 2> at(size_t step) const {
    std::array<double, 2> values{};
    for (size_t i = 0; i < std::min<size_t>(values_.size(), 2); ++i) values[i] = values_[i][step];
    return values;
  }

 private:
  std::vector<std::vector<double>> values_;
};

double step_seconds(const Grid& grid, size_t step) { return static_cast<double>(grid.at(step)) / 1000.0; }

}  // namespace

Status Evaluator::map_call(const Call& call, const Grid& grid, const SeriesSink& sink) {
  const MapKernel kernel = std::get<MapKernel>(call.function->kernel);
  const ScalarArguments scalars = TRY(ScalarArguments::evaluate(*this, call, grid));
  const auto apply = [&](double value, size_t step) {
    const std::array<double, 2> parameters = scalars.at(step);
    return kernel(value, std::span(parameters).first(scalars.count()));
  };
  if (!call.arguments.empty()) return transform(*call.arguments.front(), grid, true, apply, sink);
  // hour() is hour(vector(time())).
  StepSeries series{std::make_shared<const Labels>(), std::vector<double>(grid.count)};
  for (size_t i = 0; i < grid.count; ++i) series.values[i] = apply(step_seconds(grid, i), i);
  return sink(std::move(series));
}

Status Evaluator::range_call(const Call& call, const Grid& grid, const SeriesSink& sink) {
  const Function& function = *call.function;
  const RangeKernel kernel = std::get<RangeKernel>(function.kernel);
  const ScalarArguments scalars = TRY(ScalarArguments::evaluate(*this, call, grid));
  const auto matrix =
      std::ranges::find_if(call.arguments, [](const ExprPtr& a) { return a->type == ValueType::kMatrix; });
  const WindowShape shape = window_shape(**matrix);
  SeriesMerger merger(budget_);
  const bool merges = !function.keeps_name && !yields_one_name(**matrix);
  std::vector<uint32_t> resets;
  TRY(ranges(**matrix, grid, [&](RangeSeries&& series) -> Status {
    const std::vector<Sample>& samples = series.samples;
    resets.assign(samples.size(), 0);
    for (size_t i = 1; i < samples.size(); ++i)
      resets[i] = resets[i - 1] + (samples[i].value < samples[i - 1].value ? 1 : 0);
    StepSeries out{series.labels, std::vector<double>(grid.count, absent_value())};
    bool any = false;
    size_t first = 0;
    size_t past = 0;
    for (size_t i = 0; i < grid.count; ++i) {
      if (i % 256 == 255) TRY(budget_.check());
      const int64_t end = shape.end(grid.at(i));
      while (first < samples.size() && samples[first].at_ms <= end - shape.range_ms) ++first;
      while (past < samples.size() && samples[past].at_ms <= end) ++past;
      if (first >= past) continue;
      const Window window{.samples = std::span(samples).subspan(first, past - first),
                          .resets = std::span<const uint32_t>(resets).subspan(first, past - first),
                          .start_ms = end - shape.range_ms,
                          .end_ms = end,
                          .at_ms = grid.at(i),
                          .parameters = scalars.at(i)};
      if (function.check != nullptr) TRY(function.check(window.parameters));
      out.values[i] = kernel(window);
      any = any || !is_absent(out.values[i]);
    }
    if (!any) return {};
    if (!function.keeps_name) out.labels = without_name(out.labels);
    return merges ? merger.add(std::move(out), false) : sink(std::move(out));
  }));
  return merger.finish(sink);
}

Result<std::vector<double>> Evaluator::scalar(const Expr& expr, const Grid& grid) {
  TRY(budget_.check());
  if (const auto* number = expr.as<NumberLiteral>()) return std::vector<double>(grid.count, number->value);
  if (const auto* paren = expr.as<Paren>()) return scalar(*paren->expr, grid);
  if (const auto* unary = expr.as<Unary>()) {
    std::vector<double> values = TRY(scalar(*unary->expr, grid));
    if (unary->negative) {
      for (double& value : values) value = -value;
    }
    return values;
  }
  if (const auto* binary = expr.as<Binary>()) return evaluate_scalar_binary(*this, *binary, grid);
  if (const auto* node = expr.as<Call>()) return scalar_call(*node, grid);
  return fail(ErrorCode::kInternal, "an expression of another type stands where a scalar is needed");
}

Result<std::vector<double>> Evaluator::scalar_call(const Call& call, const Grid& grid) {
  if (std::holds_alternative<SingleValue>(call.function->kernel)) return single_value(*call.arguments.front(), grid);
  const ConstantKernel kernel = std::get<ConstantKernel>(call.function->kernel);
  std::vector<double> values(grid.count);
  StepContext step{.start_ms = context_.start_ms, .end_ms = context_.end_ms, .step_ms = context_.step_ms};
  for (size_t i = 0; i < grid.count; ++i) {
    step.at_ms = grid.at(i);
    values[i] = kernel(step);
  }
  return values;
}

Result<std::vector<double>> Evaluator::single_value(const Expr& vector_expr, const Grid& grid) {
  std::vector<double> values(grid.count, absent_value());
  std::vector<bool> several(grid.count, false);
  TRY(vector(vector_expr, grid, [&](StepSeries&& series) -> Status {
    for (size_t i = 0; i < grid.count; ++i) {
      if (is_absent(series.values[i])) continue;
      if (!is_absent(values[i])) several[i] = true;
      values[i] = series.values[i];
    }
    return {};
  }));
  for (size_t i = 0; i < grid.count; ++i) {
    if (several[i] || is_absent(values[i])) values[i] = std::numeric_limits<double>::quiet_NaN();
  }
  return values;
}

}  // namespace capstan::telemetry::promql
