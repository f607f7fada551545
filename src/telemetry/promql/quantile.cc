#include "telemetry/promql/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace capstan::telemetry::promql {

bool less_nan_first(double a, double b) {
  if (std::isnan(a)) return !std::isnan(b);
  return a < b;
}

double quantile(double q, std::span<double> values) {
  if (values.empty() || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  const auto count = static_cast<double>(values.size());
  const double rank = q * (count - 1);
  const double lower = std::max(0.0, std::floor(rank));
  const double upper = std::min(count - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  // Only the two neighbours of the rank need to be in place.
  const auto lower_at = values.begin() + static_cast<std::ptrdiff_t>(lower);
  std::nth_element(values.begin(), lower_at, values.end(), less_nan_first);
  const double low = *lower_at;
  const double high = upper > lower ? *std::min_element(lower_at + 1, values.end(), less_nan_first) : low;
  return low * (1 - weight) + high * weight;
}

}  // namespace capstan::telemetry::promql
