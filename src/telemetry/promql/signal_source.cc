#include "telemetry/promql/signal_source.h"

#include <fmt/format.h>

namespace capstan::telemetry {

Result<std::vector<SeriesSample>> PromqlSignalSource::query(std::string_view promql, Time at) const {
  QueryResult result = TRY(engine_.query(promql, at));
  if (result.type != promql::ValueType::kScalar && result.type != promql::ValueType::kVector) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("the expression is a {}: expected an instant vector or a scalar", promql::describe(result.type)));
  }
  std::vector<SeriesSample> samples;
  samples.reserve(result.series.size());
  for (Series& series : result.series) samples.push_back({std::move(series.labels), series.samples.front()});
  return samples;
}

Result<std::vector<Series>> PromqlSignalSource::query_range(std::string_view promql, Time from, Time to,
                                                            Duration step) const {
  return TRY(engine_.query_range(promql, from, to, step)).series;
}

Status PromqlSignalSource::check(std::string_view promql) const { return engine_.check(promql); }

}  // namespace capstan::telemetry
