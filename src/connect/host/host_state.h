// What metrics and resources of the machine are both made from: one look at everything, shared.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "connect/host/disk_metrics.h"
#include "connect/host/filesystems.h"
#include "connect/host/host_config.h"
#include "connect/host/inet_sockets.h"
#include "connect/host/kernel_files.h"
#include "connect/host/network_links.h"
#include "connect/host/process_table.h"
#include "connect/host/work_tracker.h"
#include "connect/host/write_tracker.h"

namespace capstan::host {

// Not thread-safe: HostMetrics and HostSensor over one state are called from one thread.
class HostState {
 public:
  // `clock` gives the time between looks and must outlive this.
  static Result<std::unique_ptr<HostState>> open(HostConfig config, const Clock& clock);

  // Looks at processes, filesystems and interfaces.
  Status look(Time now);
  uint64_t looks() const { return processes_.looks(); }

  const HostConfig& config() const { return config_; }
  const std::string& name() const { return config_.name; }
  ProcessTable& processes() { return processes_; }
  KernelFiles& proc() { return processes_.files(); }
  const std::vector<Filesystem>& filesystems() const { return filesystems_; }
  const std::vector<NetworkLink>& links() const { return links_; }
  InetSockets& sockets() { return sockets_; }
  WorkTracker& work() { return work_; }
  WriteTracker& writes() { return writes_; }
  uint64_t memory_bytes() const { return memory_bytes_; }

 private:
  HostState(HostConfig config, const Clock& clock, ProcessTable processes, KernelFiles sys, NetworkLinks network,
            InetSockets sockets);

  HostConfig config_;
  const Clock& clock_;
  ProcessTable processes_;
  KernelFiles sys_;
  NetworkLinks network_;
  InetSockets sockets_;
  Filesystems mounted_;
  std::vector<Filesystem> filesystems_;
  std::vector<NetworkLink> links_;
  WorkTracker work_;
  WriteTracker writes_;
  uint64_t memory_bytes_ = 0;
};

}  // namespace capstan::host
