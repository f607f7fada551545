#include "telemetry/promql/trend_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "telemetry/promql/kahan.h"

namespace capstan::telemetry::promql {
namespace {

struct Line {
  double slope = 0;
  double intercept = 0;
};

// Least squares over seconds counted from `origin_ms`. A constant series is told apart, so that rounding gives it no
// slope.
Line fit(std::span<const Sample> samples, int64_t origin_ms) {
  const double first = samples.front().value;
  const bool constant = std::ranges::all_of(samples, [&](const Sample& s) { return s.value == first; });
  if (constant) {
    if (!std::isinf(first)) return {0, first};
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    return {kNan, kNan};
  }
  KahanSum x_sum, y_sum, xy_sum, xx_sum;
  const auto n = static_cast<double>(samples.size());
  for (const Sample& sample : samples) {
    const double x = static_cast<double>(sample.at_ms - origin_ms) / 1000.0;
    x_sum.add(x);
    y_sum.add(sample.value);
    xy_sum.add(x * sample.value);
    xx_sum.add(x * x);
  }
  const double covariance = xy_sum.value() - x_sum.value() * y_sum.value() / n;
  const double variance = xx_sum.value() - x_sum.value() * x_sum.value() / n;
  const double slope = covariance / variance;
  return {slope, y_sum.value() / n - slope * x_sum.value() / n};
}

}  // namespace

double deriv_of(const Window& window) {
  if (window.samples.size() < 2) return absent_value();
  return fit(window.samples, window.samples.front().at_ms).slope;
}

double predict_linear_of(const Window& window) {
  if (window.samples.size() < 2) return absent_value();
  const Line line = fit(window.samples, window.at_ms);
  return line.slope * window.parameters[0] + line.intercept;
}

double double_exponential_smoothing_of(const Window& window) {
  const auto& samples = window.samples;
  if (samples.size() < 2) return absent_value();
  const double smoothing = window.parameters[0];
  const double trend_factor = window.parameters[1];
  double before = 0;
  double level = samples[0].value;
  double trend = samples[1].value - samples[0].value;
  for (size_t i = 1; i < samples.size(); ++i) {
    if (i > 1) trend = trend_factor * (level - before) + (1 - trend_factor) * trend;
    const double next = smoothing * samples[i].value + (1 - smoothing) * (level + trend);
    before = level;
    level = next;
  }
  return level;
}

}  // namespace capstan::telemetry::promql
