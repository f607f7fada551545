#include "telemetry/promql/accumulator.h"

#include <cmath>
#include <limits>

#include "telemetry/promql/kahan.h"
#include "telemetry/promql/quantile.h"
#include "telemetry/promql/window.h"

namespace capstan::telemetry::promql {
namespace {

// One state per step, each with add(value) and value(); steps that never saw a value stay absent.
template <class State>
class PerStep final : public Accumulator {
 public:
  explicit PerStep(size_t steps) : states_(steps), seen_(steps, 0) {}

  void add(const std::vector<double>& values) override {
    for (size_t i = 0; i < values.size(); ++i) {
      if (is_absent(values[i])) continue;
      states_[i].add(values[i]);
      seen_[i] = 1;
    }
  }
  std::vector<double> finish() override {
    std::vector<double> values(states_.size(), absent_value());
    for (size_t i = 0; i < values.size(); ++i) {
      if (seen_[i] != 0) values[i] = states_[i].value();
    }
    return values;
  }

 private:
  std::vector<State> states_;
  std::vector<char> seen_;
};

struct Count {
  double count = 0;
  void add(double) { count += 1; }
  double value() const { return count; }
};

struct One {
  void add(double) {}
  double value() const { return 1; }
};

// NaN gives way to any number.
struct Least {
  double least = std::numeric_limits<double>::quiet_NaN();
  void add(double value) {
    if (value < least || std::isnan(least)) least = value;
  }
  double value() const { return least; }
};
struct Most {
  double most = std::numeric_limits<double>::quiet_NaN();
  void add(double value) {
    if (value > most || std::isnan(most)) most = value;
  }
  double value() const { return most; }
};

// Welford's method.
struct Variance {
  double count = 0;
  double mean = 0;
  double squares = 0;
  void add(double value) {
    count += 1;
    const double delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
  }
  double value() const { return squares / count; }
};
struct Deviation : Variance {
  double value() const { return std::sqrt(Variance::value()); }
};

class Quantile final : public Accumulator {
 public:
  Quantile(size_t steps, const std::vector<double>& quantiles) : values_(steps), quantiles_(quantiles) {}

  void add(const std::vector<double>& values) override {
    for (size_t i = 0; i < values.size(); ++i) {
      if (!is_absent(values[i])) values_[i].push_back(values[i]);
    }
  }
  std::vector<double> finish() override {
    std::vector<double> results(values_.size(), absent_value());
    for (size_t i = 0; i < results.size(); ++i) {
      if (!values_[i].empty()) results[i] = quantile(quantiles_[i], values_[i]);
    }
    return results;
  }

 private:
  std::vector<std::vector<double>> values_;
  const std::vector<double>& quantiles_;
};

}  // namespace

std::unique_ptr<Accumulator> make_accumulator(AggregateOp op, size_t steps, const std::vector<double>& quantiles) {
  switch (op) {
    case AggregateOp::kSum: return std::make_unique<PerStep<KahanSum>>(steps);
    case AggregateOp::kAvg: return std::make_unique<PerStep<RunningMean>>(steps);
    case AggregateOp::kCount: return std::make_unique<PerStep<Count>>(steps);
    case AggregateOp::kMin: return std::make_unique<PerStep<Least>>(steps);
    case AggregateOp::kMax: return std::make_unique<PerStep<Most>>(steps);
    case AggregateOp::kStddev: return std::make_unique<PerStep<Deviation>>(steps);
    case AggregateOp::kStdvar: return std::make_unique<PerStep<Variance>>(steps);
    case AggregateOp::kQuantile: return std::make_unique<Quantile>(steps, quantiles);
    default: return std::make_unique<PerStep<One>>(steps);
  }
}

size_t accumulator_bytes(AggregateOp op) {
  switch (op) {
    case AggregateOp::kAvg: return sizeof(RunningMean) + 1;
    case AggregateOp::kQuantile: return sizeof(std::vector<double>);
    default: return sizeof(Variance) + 1;
  }
}

}  // namespace capstan::telemetry::promql
