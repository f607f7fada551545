#include "connect/host/service_table.h"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/file.h"
#include "base/subprocess.h"
#include "connect/host/socket_owners.h"
#include "connect/host/text_scan.h"

namespace capstan::host {
namespace {

bool executable_fits(const std::string& pattern, const Process& process) {
  std::string_view path = process.identity.executable;
  constexpr std::string_view kDeleted = " (deleted)";  // The program was upgraded while it runs.
  if (path.ends_with(kDeleted)) path.remove_suffix(kDeleted.size());
  const std::string whole(path);
  if (pattern.find('/') != std::string::npos) return ::fnmatch(pattern.c_str(), whole.c_str(), 0) == 0;
  const std::string name = whole.substr(whole.rfind('/') + 1);  // npos + 1 is 0.
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0 || ::fnmatch(pattern.c_str(), process.comm.c_str(), 0) == 0;
}

bool fits(const DeclaredService::Match& match, const Process& process) {
  if (process.stat.state == 'Z') return false;
  if (!match.executable.empty() && !executable_fits(match.executable, process)) return false;
  return match.command.empty() || process.identity.command.find(match.command) != std::string::npos;
}

void keep_only(std::vector<int>& pids, const std::vector<int>& allowed) {
  std::erase_if(pids, [&](int pid) { return std::find(allowed.begin(), allowed.end(), pid) == allowed.end(); });
}

std::vector<int> pid_from_file(const std::string& path) {
  const auto content = read_file(path, 100);
  if (!content) return {};
  const auto pid = parse_number<int>(FieldScanner(*content).word());
  return pid ? std::vector<int>{*pid} : std::vector<int>{};
}

}  // namespace

std::string_view to_string(ServiceState state) {
  constexpr std::array<std::string_view, 3> kNames = {"running", "stopped", "failed"};
  return kNames[static_cast<size_t>(state)];
}

std::vector<int> find_service_processes(const DeclaredService& service, const ProcessTable& table,
                                        const std::function<std::vector<int>(int port)>& listeners) {
  std::vector<int> pids;
  for (const auto& [pid, process] : table.processes()) {
    if (fits(service.match, process)) pids.push_back(pid);
  }
  if (!service.match.pid_file.empty()) keep_only(pids, pid_from_file(service.match.pid_file));
  if (service.match.port != 0 && !pids.empty()) keep_only(pids, listeners(service.match.port));
  const auto started_by_another = [&](int pid) {
    const int parent = table.processes().at(pid).stat.parent;
    return std::find(pids.begin(), pids.end(), parent) != pids.end();
  };
  std::vector<std::tuple<bool, uint64_t, int>> order;
  for (const int pid : pids)
    order.emplace_back(started_by_another(pid), table.processes().at(pid).key().start_ticks, pid);
  std::sort(order.begin(), order.end());
  std::transform(order.begin(), order.end(), pids.begin(), [](const auto& entry) { return std::get<2>(entry); });
  return pids;
}

std::vector<int> find_listeners(ProcessTable& table, int port) {
  auto sockets = InetSockets::open();
  if (!sockets) return {};
  const auto listening = sockets->listening();
  if (!listening) return {};
  std::vector<uint64_t> inodes;
  for (const ListeningSocket& socket : *listening) {
    if (socket.port == port && socket.inode != 0) inodes.push_back(socket.inode);
  }
  SocketOwners owners;
  owners.find(table, inodes, table.processes().size());
  std::vector<int> pids;
  for (const uint64_t inode : inodes) {
    for (const ProcessKey& owner : owners.owners(inode)) pids.push_back(owner.pid);
  }
  return pids;
}

bool systemd_runs() {
  struct stat status{};
  return ::stat("/run/systemd/system", &status) == 0;
}

Result<std::vector<Service>> list_systemd_services(const Clock& clock, const std::stop_token& stop) {
  const ProgramSpec spec{
      .argv = {"systemctl", "show", "--no-pager",
               "--property=Id,Description,LoadState,ActiveState,MainPID,UnitFileState,Result,Type", "*.service"},
      .time_limit = Duration(10'000),
      .output_limit = 8 << 20};
  const ProgramOutcome outcome = TRY(run_program(spec, clock, stop));
  if (!outcome.succeeded())
    return fail(ErrorCode::kUnavailable, "systemctl " + outcome.describe(spec) + ": " + outcome.err);
  return parse_systemd_services(outcome.out);
}

std::vector<Service> parse_systemd_services(std::string_view text) {
  std::vector<Service> services;
  Service service;
  bool loaded = false;
  std::string active;
  std::string enabled;
  std::string result;
  std::string type;
  const auto finish = [&] {
    if (loaded && !service.name.empty()) {
      service.origin = "systemd";
      // A oneshot that did its work stays "active (exited)": there is nothing that could be down.
      const bool runs = active == "active" || active == "reloading" || active == "activating";
      service.state = runs                 ? ServiceState::kRunning
                      : active == "failed" ? ServiceState::kFailed
                                           : ServiceState::kStopped;
      service.wanted_running = (enabled == "enabled" || enabled == "enabled-runtime") && type != "oneshot";
      if (service.state == ServiceState::kFailed) service.says = result;
      services.push_back(service);
    }
    service = {};
    loaded = false;
    active.clear();
    enabled.clear();
    result.clear();
    type.clear();
  };
  LineScanner lines(text);
  for (std::string_view line; lines.next(line);) {
    if (line.empty()) {
      finish();
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (key == "Id") service.name = value.ends_with(".service") ? value.substr(0, value.size() - 8) : value;
    if (key == "Description") service.description = value;
    if (key == "LoadState") loaded = value == "loaded";
    if (key == "ActiveState") active = value;
    if (key == "UnitFileState") enabled = value;
    if (key == "Result") result = value;
    if (key == "Type") type = value;
    if (key == "MainPID") service.main_pid = parse_number<int>(value).value_or(0);
  }
  finish();
  return services;
}

}  // namespace capstan::host
