// promql('…') as of one time after the other: asked once for many steps, so that a walk through a month does not ask
// forty thousand times.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/signal.h"
#include "model/table.h"

namespace capstan::foresee {

// Owned by one thread. Signals and `function` outlive it.
class PastSignals final : public TableFunction {
 public:
  // `function` answers what is no plain expression: promql('…', '5m', '15s').
  PastSignals(const SignalSource& signals, const TableFunction& function, Duration step)
      : signals_(signals), function_(function), step_(step) {}

  std::string_view name() const override { return function_.name(); }
  // For one argument `now` is a multiple of the step, and does not fall.
  Result<Table> fetch(const std::vector<SqlValue>& arguments, Time now) const override;

 private:
  struct Chunk {
    Time from;
    Time to;
    std::vector<Series> series;
  };

  const SignalSource& signals_;
  const TableFunction& function_;
  const Duration step_;
  mutable std::map<std::string, Chunk> chunks_;  // By expression.
};

}  // namespace capstan::foresee
