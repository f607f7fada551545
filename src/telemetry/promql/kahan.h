// Sums that lose little: Kahan's summation with Neumaier's improvement, as Prometheus sums.
#pragma once

#include <cmath>

namespace capstan::telemetry::promql {

struct KahanSum {
  double sum = 0;
  double compensation = 0;

  void add(double value) {
    const double next = sum + value;
    if (std::isinf(next)) {
      compensation = 0;
    } else if (std::abs(sum) >= std::abs(value)) {
      compensation += (sum - next) + value;
    } else {
      compensation += (value - next) + sum;
    }
    sum = next;
  }
  double value() const { return sum + compensation; }
};

// The mean as sum / count, until the sum would overflow; from there on as a running mean.
struct RunningMean {
  KahanSum total;  // The sum, or once it would overflow the mean.
  double count = 0;
  bool incremental = false;

  void add(double value) {
    count += 1;
    if (count == 1) {
      total.sum = value;
      return;
    }
    if (!incremental) {
      KahanSum next = total;
      next.add(value);
      if (!std::isinf(next.sum)) {
        total = next;
        return;
      }
      incremental = true;
      total.sum /= count - 1;
      total.compensation /= count - 1;
    }
    const double share = (count - 1) / count;
    total.sum *= share;
    total.compensation *= share;
    total.add(value / count);
  }
  double value() const { return incremental ? total.value() : total.sum / count + total.compensation / count; }
};

}  // namespace capstan::telemetry::promql
