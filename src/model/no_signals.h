// Signals of which there are none, for tests and benchmarks of what does not look at them.
#pragma once

#include <string_view>
#include <vector>

#include "model/signal.h"

namespace capstan {

class NoSignals final : public SignalSource {
 public:
  Result<std::vector<SeriesSample>> query(std::string_view, Time) const override { return std::vector<SeriesSample>(); }
  Result<std::vector<Series>> query_range(std::string_view, Time, Time, Duration) const override {
    return std::vector<Series>();
  }
  Status check(std::string_view) const override { return {}; }
};

}  // namespace capstan
