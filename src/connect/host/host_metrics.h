// Everything the machine can be measured by, as samples under the names that existing dashboards know.
#pragma once

#include <vector>

#include "connect/host/ended_series.h"
#include "connect/host/host_state.h"
#include "connect/host/kernel_metrics.h"
#include "connect/host/process_groups.h"
#include "connect/host/process_series.h"
#include "model/sample.h"

namespace capstan::host {

// Not thread-safe; see HostState.
class HostMetrics {
 public:
  explicit HostMetrics(HostState& state);

  // Looks, and gives the samples of this look. Series that ended get a last sample that is the stale marker. Samples of
  // a few series may be older than `now` (never than the call before), where what was before is known.
  Result<std::vector<SeriesSample>> collect(Time now);

 private:
  HostState& state_;
  Labels target_;
  CpuMetrics cpu_;
  ProcessGroups groups_;
  ProcessSeries series_;
  EndedSeries ended_;
  size_t last_count_ = 0;
};

}  // namespace capstan::host
