#include "connect/host/process_table.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "connect/host/mask_secrets.h"
#include "connect/host/text_scan.h"

namespace capstan::host {
namespace {

// Every how many looks a process that seems idle is asked for its I/O, and a known identity is read again.
constexpr uint64_t kIoTurns = 10;
constexpr uint64_t kIdentityTurns = 60;
// A thread of the kernel is looked at again after so many looks, in case its pid was given to a process meanwhile.
constexpr uint64_t kKernelThreadTurns = 10;
constexpr size_t kMostProcesses = 100'000;

// Formats "PID/name" without allocating.
class ProcessPath {
 public:
  ProcessPath(int pid, std::string_view name) {
    *fmt::format_to_n(text_, sizeof(text_) - 1, "{}/{}", pid, name).out = 0;
  }
  const char* get() const { return text_; }

 private:
  char text_[64];
};

uint64_t value_after(std::string_view content, std::string_view key) {
  const size_t at = content.find(key);
  if (at == std::string_view::npos) return 0;
  return FieldScanner(content.substr(at + key.size())).u64();
}

}  // namespace

Result<ProcessTable> ProcessTable::open(const std::string& proc_root) {
  KernelFiles proc = TRY(KernelFiles::open(proc_root));
  return ProcessTable(std::move(proc), TRY(read_boot_name(proc_root)));
}

Status ProcessTable::look(Time now, Duration monotonic) {
  if (Status listed = proc_.list_numbers(pids_); !listed) return listed;
  interval_ = looks_ == 0 ? Duration(0) : monotonic - last_look_;
  last_look_ = monotonic;
  ++looks_;
  if (const auto uptime = proc_.read("uptime")) {
    const double seconds = parse_double(FieldScanner(*uptime).word()).value_or(0);
    boot_time_ = now - Duration(static_cast<int64_t>(seconds * 1000));
  }
  ended_.clear();
  for (const int pid : pids_) look_at(pid);

  for (auto entry = processes_.begin(); entry != processes_.end();) {
    if (seen_[entry->first] == looks_) {
      ++entry;
      continue;
    }
    seen_.erase(entry->first);
    ended_.push_back(std::move(entry->second));
    entry = processes_.erase(entry);
  }
  std::erase_if(kernel_threads_, [this](const auto& entry) { return entry.second + kKernelThreadTurns < looks_; });
  return {};
}

void ProcessTable::look_at(int pid) {
  if (const auto kernel = kernel_threads_.find(pid); kernel != kernel_threads_.end()) {
    if ((looks_ + static_cast<uint64_t>(pid)) % kKernelThreadTurns != 0) {
      kernel->second = looks_;
      return;
    }
  }
  const auto line = proc_.read(ProcessPath(pid, "stat").get());
  if (!line && errno != ENOENT && errno != ESRCH) return keep(pid);
  ProcessStat stat;
  std::string_view comm;
  if (!line || !parse_stat(*line, stat, comm)) return;
  if (stat.is_kernel) {
    kernel_threads_[pid] = looks_;
    return;
  }
  kernel_threads_.erase(pid);
  auto found = processes_.find(pid);
  if (found != processes_.end() && found->second.key() != stat.key) {
    ended_.push_back(std::move(found->second));  // The pid was given to another one.
    processes_.erase(found);
    found = processes_.end();
  }
  if (found == processes_.end()) {
    if (processes_.size() >= kMostProcesses) return;
    found = processes_.emplace(pid, Process{}).first;
    found->second.is_new = looks_ > 1;
    found->second.predates_watch = looks_ == 1;
    // What was there before us had its counters from times we know nothing of; what is new started at zero.
    found->second.before = looks_ > 1 ? ProcessStat{.key = stat.key} : stat;
    found->second.io.known = looks_ > 1;
  } else {
    found->second.before = found->second.stat;
    found->second.is_new = false;
  }
  seen_[pid] = looks_;
  Process& process = found->second;
  if (process.comm != comm) {
    process.comm = comm;
    process.identity_look = 0;  // It became another program.
  }
  process.stat = stat;
  ++process.looks;
  process.io_before = process.io;
  if (wants_io(process)) read_io(process);
  // Thousands of processes that live for milliseconds are not worth more than the line above.
  const bool stale =
      process.identity_look == 0 || process.identity_look + kIdentityTurns < looks_ || process.looks == 3;
  if (process.looks >= 2 && stale) read_identity(process);
}

// What cannot be looked at now, for want of a descriptor for one, has not ended for that.
void ProcessTable::keep(int pid) {
  const auto found = processes_.find(pid);
  if (found == processes_.end()) return;
  seen_[pid] = looks_;
  found->second.before = found->second.stat;
  found->second.is_new = false;
}

bool ProcessTable::wants_io(const Process& process) const {
  if (!process.io.known || process.cpu_ms_since() > 0 || process.stat.minor_faults != process.before.minor_faults)
    return true;
  return (looks_ + static_cast<uint64_t>(process.key().pid)) % kIoTurns == 0;
}

void ProcessTable::read_io(Process& process) {
  const int pid = process.key().pid;
  if (const auto content = proc_.read(ProcessPath(pid, "io").get())) {
    ProcessIo& io = process.io;
    io.read_chars = value_after(*content, "rchar:");
    io.written_chars = value_after(*content, "wchar:");
    io.read_bytes = value_after(*content, "\nread_bytes:");
    const uint64_t written = value_after(*content, "\nwrite_bytes:");
    io.written_bytes =
        std::max(io.written_bytes, written - std::min(written, value_after(*content, "cancelled_write_bytes:")));
    io.known = true;
  }
  if (const auto content = proc_.read(ProcessPath(pid, "status").get())) {
    process.io.swapped_bytes = value_after(*content, "\nVmSwap:") * 1024;
    process.io.voluntary_switches = value_after(*content, "\nvoluntary_ctxt_switches:");
    process.io.involuntary_switches = value_after(*content, "\nnonvoluntary_ctxt_switches:");
  }
  // Since Linux 6.2 the size of the directory is the number of open files; before, it is 0 and not known this way.
  struct stat status{};
  if (::fstatat(proc_.fd(), ProcessPath(pid, "fd").get(), &status, 0) == 0) {
    process.io.open_files = static_cast<uint64_t>(status.st_size);
  }
}

void ProcessTable::read_identity(Process& process) {
  const int pid = process.key().pid;
  ProcessIdentity& identity = process.identity;
  struct stat status{};
  if (::fstatat(proc_.fd(), ProcessPath(pid, "").get(), &status, 0) != 0) return;
  identity.uid = status.st_uid;
  identity.user = users_.name(status.st_uid);
  if (const auto link = proc_.read_link(ProcessPath(pid, "exe").get())) identity.executable = *link;
  if (const auto content = proc_.read(ProcessPath(pid, "cmdline").get())) identity.command = masked_command(*content);
  if (const auto content = proc_.read(ProcessPath(pid, "cgroup").get())) {
    // The unified hierarchy is the line "0::/path"; where only the old ones are, their systemd line says the service.
    identity.cgroup.clear();
    LineScanner lines(*content);
    for (std::string_view line; lines.next(line);) {
      const bool unified = line.starts_with("0::");
      const size_t systemd = line.find(":name=systemd:");
      if (unified && line.size() > 4) identity.cgroup = line.substr(3);
      if (systemd != std::string_view::npos && identity.cgroup.empty()) identity.cgroup = line.substr(systemd + 14);
    }
  }
  identity.known = true;
  process.identity_look = looks_;
}

bool ProcessTable::identify(int pid) {
  const auto found = processes_.find(pid);
  if (found == processes_.end()) return false;
  if (!found->second.identity.known) read_identity(found->second);
  return found->second.identity.known;
}

const Process* ProcessTable::find(const ProcessKey& key) const {
  const auto found = processes_.find(key.pid);
  return found != processes_.end() && found->second.key() == key ? &found->second : nullptr;
}

Time ProcessTable::started_at(const ProcessKey& key) const {
  return boot_time_ + Duration(static_cast<int64_t>(key.start_ticks * 10));
}

}  // namespace capstan::host
