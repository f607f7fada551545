#include "connect/host/host_metrics.h"

#include "connect/host/disk_metrics.h"
#include "connect/host/socket_metrics.h"

namespace capstan::host {

HostMetrics::HostMetrics(HostState& state)
    : state_(state),
      target_({{"instance", state.name()}, {"job", state.config().job}}),
      series_(ProcessSeriesLimits{}, state.memory_bytes()) {}

Result<std::vector<SeriesSample>> HostMetrics::collect(Time now) {
  if (Status looked = state_.look(now); !looked) return fail(looked.error());
  std::vector<SeriesSample> samples;
  samples.reserve(last_count_ + last_count_ / 8);
  SampleWriter out(target_, now, samples);
  KernelFiles& proc = state_.proc();
  cpu_.add(proc, out);
  add_memory_metrics(proc, out);
  add_load_metrics(proc, out);
  add_paging_metrics(proc, out);
  add_pressure_metrics(proc, out);
  add_file_table_metrics(proc, out);
  add_identity_metrics(out);
  add_disk_metrics(proc, out);
  add_socket_metrics(proc, out);
  add_protocol_metrics(proc, out);
  add_network_metrics(state_.links(), out);
  add_filesystem_metrics(state_.filesystems(), out);
  groups_.add(state_.processes(), out);
  series_.add(state_.processes(), state_.work(), state_.writes(), out);
  state_.writes().add(out);
  ended_.complete(to_unix_ms(now), samples);
  last_count_ = samples.size();
  return samples;
}

}  // namespace capstan::host
