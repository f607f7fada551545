// The φ-quantile of a list of values, as Prometheus interpolates it.
#pragma once

#include <span>

namespace capstan::telemetry::promql {

// Reorders `values`. NaN counts as the smallest value. NaN for an empty list or a NaN quantile, -Inf below 0, +Inf
// above 1.
double quantile(double q, std::span<double> values);

// Orders NaN before everything else.
bool less_nan_first(double a, double b);

}  // namespace capstan::telemetry::promql
