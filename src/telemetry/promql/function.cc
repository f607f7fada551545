#include "telemetry/promql/function.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <unordered_map>

#include "base/suggest.h"
#include "telemetry/promql/counter_functions.h"
#include "telemetry/promql/histogram.h"
#include "telemetry/promql/math_functions.h"
#include "telemetry/promql/over_time_functions.h"
#include "telemetry/promql/series_functions.h"
#include "telemetry/promql/trend_functions.h"

namespace capstan::telemetry::promql {
namespace {

constexpr auto kScalar = ValueType::kScalar;
constexpr auto kVector = ValueType::kVector;
constexpr auto kMatrix = ValueType::kMatrix;
constexpr auto kString = ValueType::kString;

// A MapKernel of a function of the C++ library.
template <double (*F)(double)>
double plain(double value, std::span<const double>) {
  return F(value);
}

Function map(std::string_view name, MapKernel kernel) { return {name, {kVector}, 1, 1, kVector, kernel}; }
Function date(std::string_view name, MapKernel kernel) {
  return {.name = name,
          .arguments = {kVector},
          .least_arguments = 0,
          .most_arguments = 1,
          .kernel = kernel,
          .depends_on_step = true};
}
Function range(std::string_view name, RangeKernel kernel) { return {name, {kMatrix}, 1, 1, kVector, kernel}; }
Function named_range(std::string_view name, RangeKernel kernel) {
  return {.name = name,
          .arguments = {kMatrix},
          .least_arguments = 1,
          .most_arguments = 1,
          .kernel = kernel,
          .keeps_name = true};
}
Function constant(std::string_view name, ConstantKernel kernel, bool depends_on_step) {
  return {.name = name, .returns = kScalar, .kernel = kernel, .depends_on_step = depends_on_step};
}
Function series(std::string_view name, std::vector<ValueType> arguments, SeriesKernel kernel) {
  const size_t count = arguments.size();
  return {name, std::move(arguments), count, count, kVector, kernel};
}
Function named_series(std::string_view name, std::vector<ValueType> arguments, size_t least, size_t most,
                      SeriesKernel kernel) {
  return {.name = name,
          .arguments = std::move(arguments),
          .least_arguments = least,
          .most_arguments = most,
          .kernel = kernel,
          .keeps_name = true};
}
Function native_only(std::string_view name) {
  return {name, {kVector}, 1, 1, kVector, Unsupported{"native histograms, which are not stored here"}};
}

double seconds(int64_t ms) { return static_cast<double>(ms) / 1000.0; }

Status check_smoothing(std::span<const double> factors) {
  const auto good = [](double factor) { return factor > 0 && factor < 1; };
  if (!good(factors[0]))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("invalid smoothing factor. Expected: 0 < sf < 1, got: {:f}", factors[0]));
  if (!good(factors[1]))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("invalid trend factor. Expected: 0 < tf < 1, got: {:f}", factors[1]));
  return {};
}

Function smoothing(std::string_view name) {
  Function function{name, {kMatrix, kScalar, kScalar}, 3, 3, kVector, RangeKernel(double_exponential_smoothing_of)};
  function.check = check_smoothing;
  return function;
}

void add_range_functions(std::vector<Function>& table) {
  table.insert(table.end(),
               {
                   range("rate", rate_of),
                   range("increase", increase_of),
                   range("delta", delta_of),
                   range("irate", irate_of),
                   range("idelta", idelta_of),
                   range("resets", resets_of),
                   range("changes", changes_of),
                   range("deriv", deriv_of),
                   {.name = "predict_linear",
                    .arguments = {kMatrix, kScalar},
                    .least_arguments = 2,
                    .most_arguments = 2,
                    .kernel = RangeKernel(predict_linear_of),
                    .depends_on_step = true},
                   smoothing("double_exponential_smoothing"),
                   smoothing("holt_winters"),  // Its name before Prometheus 3.
                   range("avg_over_time", avg_over_time),
                   range("min_over_time", min_over_time),
                   range("max_over_time", max_over_time),
                   range("sum_over_time", sum_over_time),
                   range("count_over_time", count_over_time),
                   range("present_over_time", present_over_time),
                   range("stddev_over_time", stddev_over_time),
                   range("stdvar_over_time", stdvar_over_time),
                   range("mad_over_time", mad_over_time),
                   named_range("first_over_time", first_over_time),
                   named_range("last_over_time", last_over_time),
                   range("ts_of_first_over_time", ts_of_first_over_time),
                   range("ts_of_last_over_time", ts_of_last_over_time),
                   range("ts_of_max_over_time", ts_of_max_over_time),
                   range("ts_of_min_over_time", ts_of_min_over_time),
                   {"quantile_over_time", {kScalar, kMatrix}, 2, 2, kVector, RangeKernel(quantile_over_time)},
                   series("absent_over_time", {kMatrix}, absent_over_time),
               });
}

void add_math_functions(std::vector<Function>& table) {
  table.insert(table.end(),
               {
                   map("abs", plain<std::fabs>),
                   map("ceil", plain<std::ceil>),
                   map("floor", plain<std::floor>),
                   map("exp", plain<std::exp>),
                   map("sqrt", plain<std::sqrt>),
                   map("ln", plain<std::log>),
                   map("log2", plain<std::log2>),
                   map("log10", plain<std::log10>),
                   map("sgn", sign_of),
                   map("sin", plain<std::sin>),
                   map("cos", plain<std::cos>),
                   map("tan", plain<std::tan>),
                   map("asin", plain<std::asin>),
                   map("acos", plain<std::acos>),
                   map("atan", plain<std::atan>),
                   map("sinh", plain<std::sinh>),
                   map("cosh", plain<std::cosh>),
                   map("tanh", plain<std::tanh>),
                   map("asinh", plain<std::asinh>),
                   map("acosh", plain<std::acosh>),
                   map("atanh", plain<std::atanh>),
                   map("deg", [](double value, std::span<const double>) { return value * 180 / std::numbers::pi; }),
                   map("rad", [](double value, std::span<const double>) { return value * std::numbers::pi / 180; }),
                   {"round", {kVector, kScalar}, 1, 2, kVector, MapKernel(round_to)},
                   {"clamp", {kVector, kScalar, kScalar}, 3, 3, kVector, MapKernel(clamp_between)},
                   {"clamp_min", {kVector, kScalar}, 2, 2, kVector, MapKernel(clamp_to_min)},
                   {"clamp_max", {kVector, kScalar}, 2, 2, kVector, MapKernel(clamp_to_max)},
                   date("minute", minute_of),
                   date("hour", hour_of),
                   date("day_of_week", day_of_week),
                   date("day_of_month", day_of_month),
                   date("day_of_year", day_of_year),
                   date("days_in_month", days_in_month),
                   date("month", month_of),
                   date("year", year_of),
                   constant(
                       "pi", [](const StepContext&) { return std::numbers::pi; }, false),
                   constant(
                       "time", [](const StepContext& step) { return seconds(step.at_ms); }, true),
                   constant(
                       "start", [](const StepContext& step) { return seconds(step.start_ms); }, false),
                   constant(
                       "end", [](const StepContext& step) { return seconds(step.end_ms); }, false),
                   constant(
                       "step", [](const StepContext& step) { return seconds(step.step_ms); }, false),
                   constant(
                       "range", [](const StepContext& step) { return seconds(step.end_ms - step.start_ms); }, false),
               });
}

void add_series_functions(std::vector<Function>& table) {
  table.insert(
      table.end(),
      {
          series("absent", {kVector}, absent_of),
          series("vector", {kScalar}, vector_of),
          {.name = "scalar",
           .arguments = {kVector},
           .least_arguments = 1,
           .most_arguments = 1,
           .returns = kScalar,
           .kernel = SingleValue{}},
          {.name = "timestamp",
           .arguments = {kVector},
           .least_arguments = 1,
           .most_arguments = 1,
           .kernel = SeriesKernel(timestamp_of),
           .depends_on_step = true},
          named_series("sort", {kVector}, 1, 1, sort_by_value),
          named_series("sort_desc", {kVector}, 1, 1, sort_by_value_falling),
          named_series("sort_by_label", {kVector, kString}, 1, kUnlimited, sort_by_label),
          named_series("sort_by_label_desc", {kVector, kString}, 1, kUnlimited, sort_by_label_falling),
          named_series("label_replace", {kVector, kString, kString, kString, kString}, 5, 5, label_replace),
          named_series("label_join", {kVector, kString, kString, kString}, 3, kUnlimited, label_join),
          series("histogram_quantile", {kScalar, kVector}, histogram_quantile),
          {"histogram_quantiles", {kVector, kString, kScalar}, 3, 12, kVector, SeriesKernel(histogram_quantiles)},
          series("histogram_fraction", {kScalar, kScalar, kVector}, histogram_fraction),
          native_only("histogram_avg"),
          native_only("histogram_count"),
          native_only("histogram_sum"),
          native_only("histogram_stddev"),
          native_only("histogram_stdvar"),
          {"info",
           {kVector, kVector},
           1,
           2,
           kVector,
           Unsupported{"the join with info metrics, which Prometheus calls experimental"}},
          {"integral",
           {kMatrix, kScalar},
           1,
           2,
           kVector,
           Unsupported{"integration, which Prometheus calls experimental"}},
      });
}

const std::unordered_map<std::string_view, Function>& functions() {
  static const std::unordered_map<std::string_view, Function> by_name = [] {
    std::vector<Function> table;
    add_range_functions(table);
    add_math_functions(table);
    add_series_functions(table);
    std::unordered_map<std::string_view, Function> map;
    for (Function& function : table) map.emplace(function.name, std::move(function));
    return map;
  }();
  return by_name;
}

}  // namespace

const Function* find_function(std::string_view name) {
  const auto found = functions().find(name);
  return found == functions().end() ? nullptr : &found->second;
}

std::string suggest_function(std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& [known, function] : functions()) names.push_back(known);
  std::ranges::sort(names);
  return did_you_mean(name, names);
}

}  // namespace capstan::telemetry::promql
