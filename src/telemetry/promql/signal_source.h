// The PromQL engine as the stages ask it.
#pragma once

#include "model/signal.h"
#include "telemetry/promql/engine.h"

namespace capstan::telemetry {

// Thread-safe. The engine must outlive it.
class PromqlSignalSource final : public SignalSource {
 public:
  explicit PromqlSignalSource(const PromqlEngine& engine) : engine_(engine) {}

  // Strings and range vectors are refused: they are no signal.
  Result<std::vector<SeriesSample>> query(std::string_view promql, Time at) const override;
  Result<std::vector<Series>> query_range(std::string_view promql, Time from, Time to, Duration step) const override;
  Status check(std::string_view promql) const override;

 private:
  const PromqlEngine& engine_;
};

}  // namespace capstan::telemetry
