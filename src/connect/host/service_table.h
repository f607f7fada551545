// The services of the machine and how they are: systemd's units where it runs, and those declared in the configuration.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "connect/host/host_config.h"
#include "connect/host/inet_sockets.h"
#include "connect/host/process_table.h"

namespace capstan::host {

enum class ServiceState { kRunning, kStopped, kFailed };
std::string_view to_string(ServiceState state);

struct Service {
  std::string name;
  std::string origin;  // "systemd" or "declared"
  std::string description;
  ServiceState state = ServiceState::kStopped;
  bool wanted_running = false;
  int main_pid = 0;       // 0 when it does not run.
  std::vector<int> pids;  // All its processes, of a declared service.
  std::string says;       // Why it failed, where that is known.
};

// The processes of a declared service, the main one first: the oldest that no other of them started. Identities in the
// table must be known. `ports` are asked for only by services that are told by one.
std::vector<int> find_service_processes(const DeclaredService& service, const ProcessTable& table,
                                        const std::function<std::vector<int>(int port)>& listeners);

// The processes that hold a listening socket on a port, found by looking into all of them.
std::vector<int> find_listeners(ProcessTable& table, int port);

// Whether systemd runs this machine.
bool systemd_runs();

// Asks systemctl for all service units. Thread-safe.
Result<std::vector<Service>> list_systemd_services(const Clock& clock, const std::stop_token& stop);
// What `systemctl show --property=…` prints: blocks of KEY=VALUE lines.
std::vector<Service> parse_systemd_services(std::string_view text);

}  // namespace capstan::host
