#include "connect/host/work_tracker.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <unordered_set>

namespace capstan::host {
namespace {

// Looking into a process' open files takes some 50 µs: so many are looked into at once, the busiest first.
constexpr size_t kMostLookedInto = 128;
// A process is looked into well before it is busy enough to be judged.
constexpr double kSuspectPart = 0.5;
constexpr int kMostThreads = 32;

WorkLook to_look(const Process& process) {
  const ProcessStat& stat = process.stat;
  return {
      .key = stat.key,
      .parent = stat.parent,
      .session = stat.session,
      .uid = process.identity.uid,
      .program = process.identity.executable.empty() ? 0 : std::hash<std::string>{}(process.identity.executable) | 1,
      .state = stat.state,
      .cpu_ms = stat.cpu_ms(),
      .reaped_faults = stat.reaped_faults,
      .reaped_ms = stat.reaped_ms,
      .faults = stat.minor_faults,
      .major_faults = stat.major_faults,
      .resident_bytes = stat.resident_bytes,
      .io = process.io,
      .open = {},
      .socket_bytes = 0};
}

// Whether another thread than the first is ready to run.
bool has_ready_thread(KernelFiles& proc, int pid) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(
      ::fdopendir(::openat(proc.fd(), fmt::format("{}/task", pid).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      &::closedir);
  if (!listing) return false;
  int threads = 0;
  while (const dirent* entry = ::readdir(listing.get())) {
    if (entry->d_name[0] == '.') continue;
    if (++threads > kMostThreads) return false;
    const auto line = proc.read(fmt::format("{}/task/{}/stat", pid, entry->d_name).c_str());
    ProcessStat stat;
    std::string_view comm;
    if (line && parse_stat(*line, stat, comm) && stat.state == 'R') return true;
  }
  return false;
}

}  // namespace

bool WorkTracker::is_suspect(const Process& process, Duration interval) const {
  const double share =
      static_cast<double>(process.cpu_ms_since()) / std::max(1.0, static_cast<double>(interval.count()));
  if (share >= kSuspectPart * rules_.busy_share) return true;
  // The state is that of the first thread, which may wait for the others.
  const bool may_be_ready = process.stat.state == 'R' || process.stat.threads > 1;
  return may_be_ready && share >= rules_.starved_share;
}

void WorkTracker::take_snapshot(ProcessTable& table, Duration monotonic) {
  WorkSnapshot snapshot{.at = monotonic, .processes = {}};
  snapshot.processes.reserve(table.processes().size());
  std::unordered_set<int> sessions;
  std::unordered_set<int> look_into;
  for (const auto& [pid, process] : table.processes()) {
    snapshot.processes.push_back(to_look(process));
    if (!is_suspect(process, table.interval()) || look_into.size() >= kMostLookedInto) continue;
    look_into.insert(pid);
    look_into.insert(process.stat.parent);
    sessions.insert(process.stat.session);
  }
  // Who may be at the other end of a suspect's pipe: the active ones of its session.
  for (const auto& [pid, process] : table.processes()) {
    const bool active = process.cpu_ms_since() > 0 && process.looks > 1;
    if (active && sessions.contains(process.stat.session) && look_into.size() < kMostLookedInto) look_into.insert(pid);
  }
  std::sort(snapshot.processes.begin(), snapshot.processes.end(),
            [](const WorkLook& a, const WorkLook& b) { return a.key < b.key; });

  bool sockets_seen = false;
  for (WorkLook& look : snapshot.processes) {
    if (!look_into.contains(look.key.pid)) continue;
    look.open = read_open_files(table.files(), look.key.pid);
    const Process* process = table.find(look.key);
    if (look.state != 'R' && process->stat.threads > 1 && has_ready_thread(table.files(), look.key.pid))
      look.state = 'R';
    for (const OpenFile& file : look.open.files) sockets_seen = sockets_seen || file.kind == FileKind::kSocket;
  }
  std::unordered_map<uint64_t, uint64_t> traffic;
  if (sockets_seen && sockets_ != nullptr && sockets_->traffic(traffic)) {
    for (WorkLook& look : snapshot.processes) {
      for (const OpenFile& file : look.open.files) {
        const auto bytes = file.kind == FileKind::kSocket ? traffic.find(file.inode) : traffic.end();
        if (bytes != traffic.end()) look.socket_bytes += bytes->second;
      }
    }
  }
  snapshots_.push_back(std::move(snapshot));
}

void WorkTracker::look(ProcessTable& table, Duration monotonic) {
  take_snapshot(table, monotonic);
  // The oldest snapshot needed is the youngest that is at least a window old.
  while (snapshots_.size() > 2 && monotonic - snapshots_[1].at >= rules_.window) snapshots_.erase(snapshots_.begin());
  verdicts_.clear();
  if (monotonic - snapshots_.front().at >= rules_.window) verdicts_ = judge_work(snapshots_, rules_);
  count(table);
}

void WorkTracker::count(const ProcessTable& table) {
  for (auto& [key, total] : totals_) total.seconds_before = total.seconds;
  for (const WorkVerdict& verdict : verdicts_) {
    const Process* process = table.find(verdict.key);
    if (!verdict.unproductive || process == nullptr) continue;
    const uint64_t now_ms = process->stat.cpu_ms();
    const auto window_ms = static_cast<uint64_t>(verdict.cpu_seconds * 1000 + 0.5);
    Total& total = totals_[verdict.key];
    const uint64_t from_ms = std::max(total.counted_until_ms, now_ms - std::min(now_ms, window_ms));
    total.seconds += static_cast<double>(now_ms - from_ms) / 1000;
    total.counted_until_ms = now_ms;
  }
  for (const Process& ended : table.ended()) totals_.erase(ended.key());
}

double WorkTracker::unproductive_seconds(const ProcessKey& key) const {
  const auto found = totals_.find(key);
  return found == totals_.end() ? 0 : found->second.seconds;
}

double WorkTracker::unproductive_seconds_before(const ProcessKey& key) const {
  const auto found = totals_.find(key);
  return found == totals_.end() ? 0 : found->second.seconds_before;
}

std::string WorkTracker::verdict(const ProcessKey& key) const {
  for (const WorkVerdict& verdict : verdicts_) {
    if (verdict.key == key) return verdict.reason;
  }
  return "";
}

}  // namespace capstan::host
