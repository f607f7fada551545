// One function of the language: how it is called, what it gives, and what computes it. To add one, write its kernel
// beside its relatives and add a line to the table in function.cc.
#pragma once

#include <limits>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "telemetry/promql/ast.h"
#include "telemetry/promql/step_series.h"

namespace capstan::telemetry::promql {

class Evaluator;

inline constexpr size_t kUnlimited = std::numeric_limits<size_t>::max();

// What a function without arguments may ask for.
struct StepContext {
  int64_t at_ms = 0;     // The step that is evaluated.
  int64_t start_ms = 0;  // Those of the whole query.
  int64_t end_ms = 0;
  int64_t step_ms = 0;  // 0 for an instant query.
};

// time(), pi()
using ConstantKernel = double (*)(const StepContext&);
// abs(v), clamp(v, min, max): one value at a time; `parameters` are the scalars. May give absent_value().
using MapKernel = double (*)(double value, std::span<const double> parameters);
// rate(v[5m]), quantile_over_time(0.9, v[5m]): one window of samples at a time. May give absent_value().
using RangeKernel = double (*)(const Window& window);
// What needs whole series, labels or several series: absent, sort, label_replace, histogram_quantile.
using SeriesKernel = Status (*)(Evaluator&, const Expr& call, const Grid&, const SeriesSink&);

// Needs native histograms or what else is not kept here; the text says what.
struct Unsupported {
  std::string_view needs;
};

// scalar(v)
struct SingleValue {};

// Refuses parameters that make no sense: a smoothing factor of 2.
using ParameterCheck = Status (*)(std::span<const double> parameters);

struct Function {
  std::string_view name;
  std::vector<ValueType> arguments;  // The last one's type holds for all that follow.
  size_t least_arguments = 0;
  size_t most_arguments = 0;
  ValueType returns = ValueType::kVector;
  std::variant<Unsupported, ConstantKernel, MapKernel, RangeKernel, SeriesKernel, SingleValue> kernel;
  bool keeps_name = false;       // The metric name survives: last_over_time, sort.
  bool depends_on_step = false;  // Gives another value at every step even for constant arguments.
  ParameterCheck check = nullptr;
};

// Nullptr for a name that PromQL does not know.
const Function* find_function(std::string_view name);
// " (did you mean 'rate'?)", or "".
std::string suggest_function(std::string_view name);

}  // namespace capstan::telemetry::promql
