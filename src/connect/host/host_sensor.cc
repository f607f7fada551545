#include "connect/host/host_sensor.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.h"
#include "connect/host/disk_metrics.h"

namespace capstan::host {
namespace {

// A process becomes a resource when it has lived this long, or used this much processor time.
constexpr Duration kLivedLong{2'000};
constexpr uint64_t kUsedMuchMs = 500;
constexpr size_t kMostProcessResources = 5'000;
constexpr Duration kWalkAge{30'000};
constexpr double kNearlyFull = 0.2;

Json null_if_empty(const std::string& text) { return text.empty() ? Json() : Json(text); }

// Nobody has waited for it yet: it has ended all the same.
bool has_ended(const Process& process) { return process.stat.state == 'Z'; }

}  // namespace

HostSensor::HostSensor(HostState& state, const Clock& clock, std::function<std::vector<FollowedFile>()> log_files)
    : state_(state), clock_(clock), log_files_(std::move(log_files)), host_id_("host/" + state.name()) {
  auto events = ProcessEvents::open();
  if (events)
    events_ = std::move(*events);
  else
    notice("how processes end is not known: " + events.error().message);
}

void HostSensor::notice(std::string text) {
  if (std::find(notices_.begin(), notices_.end(), text) != notices_.end()) return;
  log::warning("host", text);
  notices_.push_back(std::move(text));
}

std::string HostSensor::own(std::string_view kind, std::string_view name) const {
  return fmt::format("{}/{}:{}", kind, state_.name(), name);
}

void HostSensor::relate(Observation& seen, const ResourceId& source, std::string_view kind,
                        const ResourceId& target) const {
  seen.relations.push_back({source, std::string(kind), target, Origin::kDeclared});
}

Result<Observation> HostSensor::observe(Time now) {
  if (state_.looks() == 0) {
    if (Status looked = state_.look(now); !looked) return fail(looked.error());
  }
  ++observations_;
  Observation seen{.scope = "host:" + state_.name(),
                   .at = now,
                   .resources = {},
                   .relations = {},
                   .complete_kinds = {},
                   .departures = {}};
  seen.complete_kinds = {"host",      "host_process",           "host_filesystem",
                         "host_disk", "host_network_interface", "host_log_file"};
  if (events_) events_->take();
  observe_host(seen);
  observe_filesystems(now, seen);
  observe_disks(seen);
  observe_interfaces(seen);
  observe_log_files(seen);
  observe_ports(seen);
  observe_services(now, seen);
  observe_departures(seen);
  observe_processes(now, seen);
  observe_open_files(seen);
  std::sort(seen.relations.begin(), seen.relations.end());
  seen.relations.erase(std::unique(seen.relations.begin(), seen.relations.end()), seen.relations.end());
  return seen;
}

void HostSensor::observe_host(Observation& seen) {
  utsname names{};
  ::uname(&names);
  // Computed from the uptime, it wobbles by milliseconds: the first answer is kept.
  if (!booted_at_) booted_at_ = from_unix_ms(to_unix_ms(state_.processes().started_at({})) / 1000 * 1000);
  seen.resources.push_back(
      {.id = host_id_,
       .kind = "host",
       .name = state_.name(),
       .labels = {},
       .fields = Json::object({{"kernel", names.release},
                               {"architecture", names.machine},
                               {"boot", state_.processes().boot()},
                               {"booted_at", format_time(*booted_at_)},
                               {"cpus", static_cast<int64_t>(::sysconf(_SC_NPROCESSORS_ONLN))},
                               {"memory_bytes", state_.memory_bytes()},
                               {"processes", static_cast<int64_t>(state_.processes().processes().size())}})});
}

bool HostSensor::matters(const Process& process) const {
  if (has_ended(process)) return false;
  if (known_.contains(process.key())) return true;
  // What was there before the watch may be known from an earlier one: to leave it out, even for one look, would be to
  // say that it is gone.
  if (process.predates_watch || process.stat.cpu_ms() >= kUsedMuchMs) return true;
  const auto age = Duration(static_cast<int64_t>(process.looks - 1) * state_.processes().interval().count());
  return age >= kLivedLong;
}

void HostSensor::observe_processes(Time now, Observation& seen) {
  ProcessTable& table = state_.processes();
  std::vector<int> pids;
  for (const auto& [pid, process] : table.processes()) {
    if (matters(process)) pids.push_back(pid);
  }
  if (pids.size() > kMostProcessResources) {
    // The old ones stay, so that what is shown does not flap; what is left out is told.
    std::sort(pids.begin(), pids.end(), [&](int a, int b) {
      return table.processes().at(a).key().start_ticks < table.processes().at(b).key().start_ticks;
    });
    pids.resize(kMostProcessResources);
    notice(fmt::format("more than {} processes: the youngest are not shown as resources", kMostProcessResources));
  }
  known_.clear();
  for (const int pid : pids) {
    if (table.identify(pid)) known_.insert(table.processes().at(pid).key());
  }
  for (const ProcessKey& key : known_) observe_process(*table.find(key), now, seen);
  std::erase_if(started_, [this](const auto& entry) { return !known_.contains(entry.first); });
}

void HostSensor::observe_process(const Process& process, Time now, Observation& seen) {
  ProcessTable& table = state_.processes();
  const ProcessStat& stat = process.stat;
  const ResourceId id = process_resource(table.boot(), stat.key);
  const double seconds = std::max(to_seconds(table.interval()), 0.001);
  const auto service = service_of_.find(stat.key.pid);
  const Time started = table.started_at(stat.key);
  // Computed from the uptime, a start wobbles by milliseconds: the first answer is kept.
  const Time rounded = from_unix_ms(to_unix_ms(started) / 1000 * 1000);
  Json fields = Json::object(
      {{"pid", stat.key.pid},
       {"ppid", stat.parent},
       {"comm", process.comm},
       {"exe", null_if_empty(process.identity.executable)},
       {"command", process.identity.command},
       {"user", process.identity.user},
       {"uid", static_cast<int64_t>(process.identity.uid)},
       {"session", stat.session},
       {"nice", stat.nice},
       {"cgroup", null_if_empty(process.identity.cgroup)},
       {"service", service == service_of_.end() ? Json() : Json(service->second)},
       {"state", std::string(1, stat.state)},
       {"age_seconds", to_seconds(now - started)},
       {"cpu_percent", table.interval().count() > 0 ? static_cast<double>(process.cpu_ms_since()) / 10 / seconds : 0.0},
       {"cpu_seconds", static_cast<double>(stat.cpu_ms()) / 1000},
       {"unproductive_cpu_seconds", state_.work().unproductive_seconds(stat.key)},
       {"work", null_if_empty(state_.work().verdict(stat.key))},
       {"rss_bytes", stat.resident_bytes},
       {"threads", stat.threads},
       {"open_files", process.io.open_files},
       {"written_bytes", state_.writes().written(stat.key)}});
  fields.set("started_at", format_time(started_.try_emplace(stat.key, rounded).first->second));
  seen.resources.push_back(
      {.id = id, .kind = "host_process", .name = process.comm, .labels = {}, .fields = std::move(fields)});
  relate(seen, id, "runs_on", host_id_);
  const auto parent = table.processes().find(stat.parent);
  if (parent != table.processes().end() && known_.contains(parent->second.key())) {
    relate(seen, id, "started_by", process_resource(table.boot(), parent->second.key()));
  }
  if (service != service_of_.end()) relate(seen, id, "belongs_to", service->second);
}

void HostSensor::observe_departures(Observation& seen) {
  if (!events_) return;
  const ProcessTable& table = state_.processes();
  for (const ProcessKey& key : known_) {
    const Process* process = table.find(key);
    if (process != nullptr && !has_ended(*process)) continue;
    Json end = events_->take_end(key.pid);
    if (!end.is_null()) seen.departures.emplace_back(process_resource(table.boot(), key), std::move(end));
  }
  if (events_->lost_events()) notice("processes end faster than can be followed: how some ended is not known");
}

void HostSensor::observe_filesystems(Time now, Observation& seen) {
  const std::vector<Disk> disks = list_disks(state_.proc());
  for (const Filesystem& filesystem : state_.filesystems()) {
    const ResourceId id = own("host_filesystem", filesystem.mountpoint);
    Json fields = Json::object({{"mountpoint", filesystem.mountpoint},
                                {"device", filesystem.device},
                                {"fstype", filesystem.type},
                                {"read_only", filesystem.read_only},
                                {"size_bytes", filesystem.size},
                                {"avail_bytes", filesystem.available},
                                {"files_free", filesystem.files_free},
                                {"device_error", filesystem.device_error}});
    const bool nearly_full =
        filesystem.size > 0 && !filesystem.read_only && !filesystem.device_error &&
        static_cast<double>(filesystem.available) < kNearlyFull * static_cast<double>(filesystem.size);
    if (nearly_full) {
      Walked& walked = walked_[filesystem.mountpoint];
      if (walked.at == Time() || now - walked.at >= kWalkAge) {
        walked = {now, find_largest_files(filesystem.mountpoint, now, clock_, state_.processes().users())};
      }
      fields.set("largest_recent_files", walked.found.files);
      fields.set("largest_recent_files_complete", walked.found.complete);
    } else {
      walked_.erase(filesystem.mountpoint);
    }
    seen.resources.push_back({.id = id,
                              .kind = "host_filesystem",
                              .name = filesystem.mountpoint,
                              .labels = {},
                              .fields = std::move(fields)});
    relate(seen, id, "part_of", host_id_);
    for (const Disk& disk : disks) {
      const bool on_disk =
          disk.device == filesystem.device_numbers || filesystem.device.starts_with("/dev/" + disk.name);
      if (on_disk) relate(seen, id, "stored_on", own("host_disk", disk.name));
    }
  }
}

void HostSensor::observe_disks(Observation& seen) {
  for (const Disk& disk : list_disks(state_.proc())) {
    const ResourceId id = own("host_disk", disk.name);
    seen.resources.push_back({.id = id,
                              .kind = "host_disk",
                              .name = disk.name,
                              .labels = {},
                              .fields = Json::object({{"device", disk.name}, {"numbers", disk.device}})});
    relate(seen, id, "part_of", host_id_);
  }
}

void HostSensor::observe_interfaces(Observation& seen) {
  for (const NetworkLink& link : state_.links()) {
    const ResourceId id = own("host_network_interface", link.name);
    seen.resources.push_back(
        {.id = id,
         .kind = "host_network_interface",
         .name = link.name,
         .labels = {},
         .fields = Json::object({{"device", link.name},
                                 {"address", null_if_empty(link.address)},
                                 {"state", link.state},
                                 {"mtu", link.mtu},
                                 {"received_bytes", static_cast<uint64_t>(link.counters.rx_bytes)},
                                 {"transmitted_bytes", static_cast<uint64_t>(link.counters.tx_bytes)}})});
    relate(seen, id, "part_of", host_id_);
  }
}

void HostSensor::observe_ports(Observation& seen) {
  auto ports = state_.sockets().listening();
  if (!ports) {
    notice("listening ports are not known: " + ports.error().message);
    return;
  }
  seen.complete_kinds.push_back("host_listening_port");
  ports_ = std::move(*ports);
  std::vector<uint64_t> inodes;
  for (const ListeningSocket& port : ports_) inodes.push_back(port.inode);
  owners_.find(state_.processes(), inodes);
  std::unordered_set<ResourceId> given;  // Workers may listen on one port with a socket each.
  for (const ListeningSocket& port : ports_) {
    const ResourceId id = own("host_listening_port", fmt::format("{}:{}:{}", port.protocol, port.address, port.port));
    if (given.insert(id).second) {
      seen.resources.push_back({.id = id,
                                .kind = "host_listening_port",
                                .name = fmt::format("{}/{}", port.port, port.protocol),
                                .labels = {},
                                .fields = Json::object({{"address", port.address},
                                                        {"port", static_cast<int64_t>(port.port)},
                                                        {"protocol", port.protocol},
                                                        {"user", state_.processes().users().name(port.uid)}})});
      relate(seen, id, "part_of", host_id_);
    }
    for (const ProcessKey& owner : owners_.owners(port.inode)) {
      if (const Process* process = state_.processes().find(owner); process != nullptr && matters(*process)) {
        relate(seen, process_resource(state_.processes().boot(), owner), "listens_on", id);
      }
    }
  }
}

std::vector<int> HostSensor::listeners(int port) const {
  std::vector<int> pids;
  for (const ListeningSocket& socket : ports_) {
    if (socket.port != port) continue;
    for (const ProcessKey& owner : owners_.owners(socket.inode)) pids.push_back(owner.pid);
  }
  return pids;
}

void HostSensor::observe_log_files(Observation& seen) {
  if (!log_files_) return;
  for (const FollowedFile& file : log_files_()) {
    const ResourceId id = own("host_log_file", file.path);
    seen.resources.push_back({.id = id,
                              .kind = "host_log_file",
                              .name = file.path,
                              .labels = {},
                              .fields = Json::object({{"path", file.path},
                                                      {"size_bytes", file.bytes},
                                                      {"lines", file.lines},
                                                      {"suppressed_lines", file.suppressed_lines}})});
    relate(seen, id, "part_of", host_id_);
  }
}

}  // namespace capstan::host
