// The machine as resources and relations for the catalog.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "connect/host/host_state.h"
#include "connect/host/largest_files.h"
#include "connect/host/process_events.h"
#include "connect/host/service_table.h"
#include "connect/host/socket_owners.h"
#include "model/resource.h"

namespace capstan::host {

// A log file that is being followed.
struct FollowedFile {
  std::string path;
  uint64_t bytes = 0;
  uint64_t lines = 0;             // Taken since Capstan started.
  uint64_t suppressed_lines = 0;  // Beyond the limit.
};

// Not thread-safe; see HostState.
class HostSensor {
 public:
  // `clock` must outlive this. `log_files` says which files are followed; may be empty.
  HostSensor(HostState& state, const Clock& clock, std::function<std::vector<FollowedFile>()> log_files);

  // What the last look of the state saw; looks itself when there was none.
  Result<Observation> observe(Time now);

  // What limits the sensing here, each said once: "not root: how processes end is not known".
  const std::vector<std::string>& notices() const { return notices_; }

 private:
  void observe_host(Observation& seen);
  void observe_processes(Time now, Observation& seen);
  void observe_process(const Process& process, Time now, Observation& seen);
  void observe_departures(Observation& seen);
  void observe_filesystems(Time now, Observation& seen);
  void observe_disks(Observation& seen);
  void observe_interfaces(Observation& seen);
  void observe_ports(Observation& seen);
  void observe_services(Time now, Observation& seen);
  void observe_log_files(Observation& seen);
  void observe_open_files(Observation& seen);
  Service look_at_declared(const DeclaredService& declared);
  std::vector<ResourceId> find_write_targets(const ProcessKey& key);
  bool matters(const Process& process) const;
  std::vector<int> listeners(int port) const;
  void notice(std::string text);
  std::string own(std::string_view kind, std::string_view name) const;
  void relate(Observation& seen, const ResourceId& source, std::string_view kind, const ResourceId& target) const;

  struct Walked {
    Time at;
    LargestFiles found;
  };
  // What a declared service was like when it was last seen, to tell a failure from a stop.
  struct ServiceMemory {
    int main_pid = 0;
    std::string failure;
  };

  HostState& state_;
  const Clock& clock_;
  std::function<std::vector<FollowedFile>()> log_files_;
  std::optional<ProcessEvents> events_;
  SocketOwners owners_;
  ResourceId host_id_;
  std::optional<Time> booted_at_;
  std::unordered_set<ProcessKey, ProcessKeyHash> known_;  // In the catalog, as of the last observation.
  std::unordered_map<ProcessKey, Time, ProcessKeyHash> started_;
  std::unordered_map<int, ResourceId> service_of_;  // By pid.
  std::unordered_map<ProcessKey, std::vector<ResourceId>, ProcessKeyHash> writes_to_;
  std::vector<ListeningSocket> ports_;
  std::map<std::string, Walked> walked_;  // By mountpoint.
  std::vector<Service> systemd_;
  std::map<std::string, ServiceMemory> service_memory_;
  Time systemd_asked_;
  std::vector<std::string> notices_;
  uint64_t observations_ = 0;
};

}  // namespace capstan::host
