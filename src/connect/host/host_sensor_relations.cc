// The part of HostSensor that finds what hangs together: services and their processes, processes and their files.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "connect/host/host_sensor.h"
#include "connect/host/open_files.h"

namespace capstan::host {
namespace {

constexpr Duration kSystemdAge{10'000};
// Every how many observations a process' open files are looked through for what it writes to.
constexpr uint64_t kOpenFileTurns = 15;
// In how many looks a process is young: it may still open its log, and is looked through every time.
constexpr uint64_t kYoungLooks = 10;

// "/system.slice/nginx.service" belongs to nginx.
std::string service_of_cgroup(std::string_view cgroup) {
  const size_t end = cgroup.rfind(".service");
  if (end == std::string_view::npos) return "";
  const size_t start = cgroup.rfind('/', end) + 1;  // npos + 1 is 0.
  return std::string(cgroup.substr(start, end - start));
}

// Why a main process that has ended did not end as it was asked to; "" for an end that is none of a failure: exit code
// 0, or by a signal that asks to end, as systemd sees it (systemd.service(5), SuccessExitStatus=), also where a shell
// or a Java machine makes a code of that signal.
std::string failure_of(const Json& end) {
  constexpr std::array<int64_t, 4> kAsking = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
  const bool by_signal = end["exit_signal"].is_int();
  const int64_t code = end["exit_status"].int_or(0);
  const int64_t signal = by_signal ? end["exit_signal"].int_or(0) : code - 128;
  if ((!by_signal && code == 0) || std::ranges::find(kAsking, signal) != kAsking.end()) return "";
  if (by_signal) return fmt::format("its main process was ended by {}", end["exit_signal_name"].string_or_empty());
  return fmt::format("its main process exited with code {}", code);
}

}  // namespace

void HostSensor::observe_services(Time now, Observation& seen) {
  if (systemd_runs() && (systemd_asked_ == Time() || now - systemd_asked_ >= kSystemdAge)) {
    systemd_asked_ = now;
    if (auto services = list_systemd_services(clock_, {}))
      systemd_ = std::move(*services);
    else
      notice("systemd's services are not known: " + services.error().message);
  }
  std::vector<Service> services = systemd_;
  for (const DeclaredService& declared : state_.config().services) {
    std::erase_if(services, [&](const Service& other) { return other.name == declared.name; });
    services.push_back(look_at_declared(declared));
  }
  seen.complete_kinds.push_back("host_service");
  service_of_.clear();
  const ProcessTable& table = state_.processes();
  for (const Service& service : services) {
    const ResourceId id = own("host_service", service.name);
    const auto main = table.processes().find(service.main_pid);
    for (const int pid : service.pids) service_of_[pid] = id;
    seen.resources.push_back(
        {.id = id,
         .kind = "host_service",
         .name = service.name,
         .labels = {},
         .fields = Json::object(
             {{"name", service.name},
              {"origin", service.origin},
              {"description", service.description},
              {"state", std::string(to_string(service.state))},
              {"wanted", service.wanted_running ? "running" : "stopped"},
              {"main_pid", service.main_pid == 0 ? Json() : Json(service.main_pid)},
              {"main_process",
               main == table.processes().end() ? Json() : Json(process_resource(table.boot(), main->second.key()))},
              {"says", service.says}})});
    relate(seen, id, "runs_on", host_id_);
  }
  for (const auto& [pid, process] : table.processes()) {
    const std::string name = service_of_cgroup(process.identity.cgroup);
    const bool listed =
        std::any_of(systemd_.begin(), systemd_.end(), [&](const Service& service) { return service.name == name; });
    if (listed) service_of_.emplace(pid, own("host_service", name));
  }
}

Service HostSensor::look_at_declared(const DeclaredService& declared) {
  Service service{.name = declared.name,
                  .origin = "declared",
                  .description = "",
                  .state = ServiceState::kStopped,
                  .wanted_running = declared.wanted_running,
                  .main_pid = 0,
                  .pids = {},
                  .says = ""};
  service.pids = find_service_processes(declared, state_.processes(), [this](int port) { return listeners(port); });
  ServiceMemory& memory = service_memory_[declared.name];
  if (!service.pids.empty()) {
    service.main_pid = service.pids.front();
    service.state = ServiceState::kRunning;
    memory = {.main_pid = service.main_pid, .failure = ""};
    return service;
  }
  if (memory.main_pid != 0 && events_) {
    memory.failure = failure_of(events_->peek_end(memory.main_pid));
  }
  memory.main_pid = 0;
  service.says = memory.failure;
  service.state = memory.failure.empty() ? ServiceState::kStopped : ServiceState::kFailed;
  return service;
}

void HostSensor::observe_open_files(Observation& seen) {
  ProcessTable& table = state_.processes();
  std::erase_if(writes_to_, [&](const auto& entry) { return !known_.contains(entry.first); });
  std::unordered_set<ResourceId> log_files;
  for (const Resource& resource : seen.resources) {
    if (resource.kind == "host_log_file") log_files.insert(resource.id);
  }
  for (const ProcessKey& key : known_) {
    const auto known = writes_to_.find(key);
    const auto process = table.processes().find(key.pid);
    const bool is_young = process != table.processes().end() && process->second.looks < kYoungLooks;
    const bool turn = (observations_ + static_cast<uint64_t>(key.pid)) % kOpenFileTurns == 0;
    if (known == writes_to_.end() || turn || is_young || state_.writes().last_written(key) > 0)
      writes_to_[key] = find_write_targets(key);
    for (const ResourceId& target : writes_to_[key]) {
      if (target.starts_with("host_log_file/") && !log_files.contains(target)) continue;
      relate(seen, process_resource(table.boot(), key), "writes_to", target);
    }
  }
}

std::vector<ResourceId> HostSensor::find_write_targets(const ProcessKey& key) {
  std::vector<ResourceId> targets;
  for (const OpenFile& file : read_open_files(state_.proc(), key.pid).files) {
    if (file.kind != FileKind::kRegular || !file.writable) continue;
    for (const Filesystem& filesystem : state_.filesystems()) {
      if (filesystem.device_id == file.device) targets.push_back(own("host_filesystem", filesystem.mountpoint));
    }
    const std::string path = open_file_path(state_.proc(), key.pid, file.fd);
    if (!path.empty()) targets.push_back(own("host_log_file", path));
  }
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  return targets;
}

}  // namespace capstan::host
