// Two hours of samples that both engines get.
#pragma once

#include <string>
#include <vector>

#include "model/sample.h"
#include "telemetry/promql/fake_series_reader.h"

namespace capstan::peers {

inline constexpr int64_t kBeginMs = 1'672'531'200'000;  // 2023-01-01T00:00:00Z
inline constexpr int64_t kEndMs = kBeginMs + 2 * 3'600'000;

// Counters with restarts, gauges, classic histograms, series with gaps, sparse ones, constants.
std::vector<Series> make_world(uint64_t seed);

telemetry::FakeSeriesReader to_reader(const std::vector<Series>& world);
std::string to_open_metrics(const std::vector<Series>& world);

}  // namespace capstan::peers
