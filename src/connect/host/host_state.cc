#include "connect/host/host_state.h"

#include <unistd.h>

namespace capstan::host {

HostState::HostState(HostConfig config, const Clock& clock, ProcessTable processes, KernelFiles sys,
                     NetworkLinks network, InetSockets sockets)
    : config_(std::move(config)),
      clock_(clock),
      processes_(std::move(processes)),
      sys_(std::move(sys)),
      network_(std::move(network)),
      sockets_(std::move(sockets)),
      work_(config_.work, &sockets_),
      memory_bytes_(static_cast<uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE))) {
}

Result<std::unique_ptr<HostState>> HostState::open(HostConfig config, const Clock& clock) {
  if (config.name.empty()) config.name = kernel_host_name();
  ProcessTable processes = TRY(ProcessTable::open());
  KernelFiles sys = TRY(KernelFiles::open("/sys"));
  NetworkLinks network = TRY(NetworkLinks::open());
  InetSockets sockets = TRY(InetSockets::open());
  return std::unique_ptr<HostState>(new HostState(std::move(config), clock, std::move(processes), std::move(sys),
                                                  std::move(network), std::move(sockets)));
}

Status HostState::look(Time now) {
  const Duration monotonic = clock_.monotonic();
  if (Status looked = processes_.look(now, monotonic); !looked) return looked;
  filesystems_ = mounted_.list(proc());
  if (auto links = network_.list(sys_, now)) links_ = std::move(*links);
  work_.look(processes_, monotonic);
  writes_.look(processes_, filesystems_);
  return {};
}

}  // namespace capstan::host
