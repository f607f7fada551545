// What an aggregation keeps of the series of one group, step by step.
#pragma once

#include <memory>
#include <vector>

#include "telemetry/promql/ast.h"

namespace capstan::telemetry::promql {

class Accumulator {
 public:
  virtual ~Accumulator() = default;
  // One value per step, absent ones included.
  virtual void add(const std::vector<double>& values) = 0;
  // The result per step; called once.
  virtual std::vector<double> finish() = 0;
};

// For every operator but those that choose series and count_values. `quantiles` is only read by quantile, and must
// live as long.
std::unique_ptr<Accumulator> make_accumulator(AggregateOp op, size_t steps, const std::vector<double>& quantiles);

// What one accumulator holds per step, for the memory limit; quantile holds a double more for every series.
size_t accumulator_bytes(AggregateOp op);

}  // namespace capstan::telemetry::promql
