#include "telemetry/promql/over_time_functions.h"

#include <cmath>
#include <vector>

#include "telemetry/promql/kahan.h"
#include "telemetry/promql/quantile.h"

namespace capstan::telemetry::promql {
namespace {

double seconds(int64_t ms) { return static_cast<double>(ms) / 1000.0; }

std::vector<double> values_of(const Window& window) {
  std::vector<double> values;
  values.reserve(window.samples.size());
  for (const Sample& sample : window.samples) values.push_back(sample.value);
  return values;
}

// The last sample for which `better(sample, best so far)` holds; NaN loses against anything.
template <class Better>
const Sample& best_sample(const Window& window, Better better) {
  const Sample* best = &window.samples.front();
  for (const Sample& sample : window.samples.subspan(1)) {
    if (better(sample.value, best->value) || std::isnan(best->value)) best = &sample;
  }
  return *best;
}

// Welford's method with compensated sums.
double variance(const Window& window) {
  KahanSum mean;
  KahanSum squares;
  double count = 0;
  for (const Sample& sample : window.samples) {
    count += 1;
    const double delta = sample.value - mean.value();
    mean.add(delta / count);
    squares.add(delta * (sample.value - mean.value()));
  }
  return squares.value() / count;
}

}  // namespace

double avg_over_time(const Window& window) {
  RunningMean mean;
  for (const Sample& sample : window.samples) mean.add(sample.value);
  return mean.value();
}

double min_over_time(const Window& window) { return best_sample(window, std::less<>()).value; }
double max_over_time(const Window& window) { return best_sample(window, std::greater<>()).value; }

double sum_over_time(const Window& window) {
  KahanSum sum;
  for (const Sample& sample : window.samples) sum.add(sample.value);
  return sum.value();
}

double count_over_time(const Window& window) { return static_cast<double>(window.samples.size()); }
double first_over_time(const Window& window) { return window.samples.front().value; }
double last_over_time(const Window& window) { return window.samples.back().value; }
double present_over_time(const Window&) { return 1; }
double stddev_over_time(const Window& window) { return std::sqrt(variance(window)); }
double stdvar_over_time(const Window& window) { return variance(window); }

double mad_over_time(const Window& window) {
  std::vector<double> values = values_of(window);
  const double median = quantile(0.5, values);
  for (double& value : values) value = std::abs(value - median);
  return quantile(0.5, values);
}

double quantile_over_time(const Window& window) {
  std::vector<double> values = values_of(window);
  return quantile(window.parameters[0], values);
}

double ts_of_first_over_time(const Window& window) { return seconds(window.samples.front().at_ms); }
double ts_of_last_over_time(const Window& window) { return seconds(window.samples.back().at_ms); }
double ts_of_max_over_time(const Window& window) { return seconds(best_sample(window, std::greater_equal<>()).at_ms); }
double ts_of_min_over_time(const Window& window) { return seconds(best_sample(window, std::less_equal<>()).at_ms); }

}  // namespace capstan::telemetry::promql
