#include "connect/host/process_groups.h"

#include <algorithm>
#include <string_view>

namespace capstan::host {
namespace {

// Programs that give themselves ever new names must not fill the store: beyond this, names share one group.
constexpr size_t kMostGroups = 500;
constexpr std::string_view kRest = "(other)";
// A group without processes is shown this many looks more, then its series end.
constexpr uint64_t kEmptyLooks = 600;

double since(uint64_t now, uint64_t before) { return now > before ? static_cast<double>(now - before) : 0; }

}  // namespace

ProcessGroups::Group& ProcessGroups::group_of(const std::string& name) {
  if (const auto found = groups_.find(name); found != groups_.end()) return found->second;
  if (groups_.size() >= kMostGroups) return groups_[std::string(kRest)];
  return groups_[name];
}

void ProcessGroups::count(const ProcessTable& table, const Process& process) {
  // One that lived for less than two looks and used nothing to speak of makes no group.
  if (process.looks < 2 && process.stat.cpu_ms() < 100) return;
  Group& group = group_of(process.comm);
  const ProcessStat& stat = process.stat;
  group.user_seconds += since(stat.user_ms, process.before.user_ms) / 1000;
  group.system_seconds += since(stat.system_ms, process.before.system_ms) / 1000;
  group.minor_faults += since(stat.minor_faults, process.before.minor_faults);
  group.major_faults += since(stat.major_faults, process.before.major_faults);
  if (process.io_before.known) {
    group.read_bytes += since(process.io.read_bytes, process.io_before.read_bytes);
    group.written_bytes += since(process.io.written_bytes, process.io_before.written_bytes);
    group.voluntary_switches += since(process.io.voluntary_switches, process.io_before.voluntary_switches);
    group.involuntary_switches += since(process.io.involuntary_switches, process.io_before.involuntary_switches);
  }
  ++group.processes;
  group.threads += static_cast<uint64_t>(std::max<int64_t>(stat.threads, 0));
  group.open_files += process.io.open_files;
  group.resident_bytes += stat.resident_bytes;
  group.virtual_bytes += stat.virtual_bytes;
  group.swapped_bytes += process.io.swapped_bytes;
  switch (stat.state) {
    case 'R': ++group.running; break;
    case 'S':
    case 'I': ++group.sleeping; break;
    case 'D': ++group.waiting; break;
    case 'Z': ++group.zombies; break;
    default: ++group.others; break;
  }
  const double start = to_unix_seconds(table.started_at(stat.key));
  if (group.oldest_start == 0 || start < group.oldest_start) group.oldest_start = start;
}

void ProcessGroups::write(const std::string& name, const Group& group, SampleWriter& out) const {
  const auto add = [&](std::string_view metric, auto value) {
    out.add(metric, {{"groupname", name}}, static_cast<double>(value));
  };
  const auto add_by = [&](std::string_view metric, std::string_view label, std::string_view which, auto value) {
    out.add(metric, {{"groupname", name}, {label, which}}, static_cast<double>(value));
  };
  add_by("namedprocess_namegroup_cpu_seconds_total", "mode", "user", group.user_seconds);
  add_by("namedprocess_namegroup_cpu_seconds_total", "mode", "system", group.system_seconds);
  add_by("namedprocess_namegroup_memory_bytes", "memtype", "resident", group.resident_bytes);
  add_by("namedprocess_namegroup_memory_bytes", "memtype", "virtual", group.virtual_bytes);
  add_by("namedprocess_namegroup_memory_bytes", "memtype", "swapped", group.swapped_bytes);
  add("namedprocess_namegroup_num_procs", group.processes);
  add("namedprocess_namegroup_num_threads", group.threads);
  add("namedprocess_namegroup_open_filedesc", group.open_files);
  add("namedprocess_namegroup_read_bytes_total", group.read_bytes);
  add("namedprocess_namegroup_write_bytes_total", group.written_bytes);
  add("namedprocess_namegroup_minor_page_faults_total", group.minor_faults);
  add("namedprocess_namegroup_major_page_faults_total", group.major_faults);
  add_by("namedprocess_namegroup_context_switches_total", "ctxswitchtype", "voluntary", group.voluntary_switches);
  add_by("namedprocess_namegroup_context_switches_total", "ctxswitchtype", "nonvoluntary", group.involuntary_switches);
  add_by("namedprocess_namegroup_states", "state", "Running", group.running);
  add_by("namedprocess_namegroup_states", "state", "Sleeping", group.sleeping);
  add_by("namedprocess_namegroup_states", "state", "Waiting", group.waiting);
  add_by("namedprocess_namegroup_states", "state", "Zombie", group.zombies);
  add_by("namedprocess_namegroup_states", "state", "Other", group.others);
  if (group.oldest_start > 0) add("namedprocess_namegroup_oldest_start_time_seconds", group.oldest_start);
}

void ProcessGroups::forget_empty(SampleWriter& out) {
  for (auto entry = groups_.begin(); entry != groups_.end();) {
    Group& group = entry->second;
    group.empty_looks = group.processes == 0 ? group.empty_looks + 1 : 0;
    if (group.empty_looks <= kEmptyLooks) {
      ++entry;
      continue;
    }
    const size_t first = out.size();
    write(entry->first, group, out);
    out.end_series_from(first);
    entry = groups_.erase(entry);
  }
}

void ProcessGroups::add(const ProcessTable& table, SampleWriter& out) {
  for (auto& [name, group] : groups_) {
    group.processes = group.threads = group.open_files = group.resident_bytes = group.virtual_bytes = 0;
    group.swapped_bytes = group.running = group.sleeping = group.waiting = group.zombies = group.others = 0;
    group.oldest_start = 0;
  }
  for (const auto& [pid, process] : table.processes()) count(table, process);
  for (const auto& [name, group] : groups_) write(name, group, out);
  forget_empty(out);
}

}  // namespace capstan::host
