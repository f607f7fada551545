// All processes of the machine, look by look: who is there, what they used since the last look, who ended.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "connect/host/kernel_files.h"
#include "connect/host/process.h"
#include "connect/host/user_names.h"

namespace capstan::host {

struct Process {
  std::string comm;
  ProcessStat stat;
  ProcessStat before;  // At the look before; equal to a start at zero for one that is new.
  ProcessIo io;
  ProcessIo io_before;
  ProcessIdentity identity;
  uint64_t looks = 0;  // In how many it was seen.
  uint64_t identity_look = 0;
  bool predates_watch = false;  // Was there at the first look of all.
  bool is_new = true;           // Started since the look before: counting from zero is right.

  const ProcessKey& key() const { return stat.key; }
  uint64_t cpu_ms_since() const { return stat.cpu_ms() - before.cpu_ms(); }
};

// Not thread-safe.
class ProcessTable {
 public:
  static Result<ProcessTable> open(const std::string& proc_root = "/proc");

  // Looks at every process. `now` and `monotonic` are the time of the look.
  Status look(Time now, Duration monotonic);

  const std::unordered_map<int, Process>& processes() const { return processes_; }
  // Those that were there at the look before and are no longer, with their last numbers.
  const std::vector<Process>& ended() const { return ended_; }
  const Process* find(const ProcessKey& key) const;

  const std::string& boot() const { return boot_; }
  // Unix time of a process' start.
  Time started_at(const ProcessKey& key) const;
  // Between the last two looks; 0 at the first.
  Duration interval() const { return interval_; }
  uint64_t looks() const { return looks_; }

  // Makes sure that the identity of a process is known; reads it where it is not. False when the process has ended.
  bool identify(int pid);

  KernelFiles& files() { return proc_; }
  UserNames& users() { return users_; }

 private:
  ProcessTable(KernelFiles proc, std::string boot) : proc_(std::move(proc)), boot_(std::move(boot)) {}

  void look_at(int pid);
  void keep(int pid);
  void read_identity(Process& process);
  void read_io(Process& process);
  bool wants_io(const Process& process) const;

  KernelFiles proc_;
  std::string boot_;
  UserNames users_;
  std::unordered_map<int, Process> processes_;
  std::unordered_map<int, uint64_t> kernel_threads_;  // pid -> the look at which it was last there.
  std::unordered_map<int, uint64_t> seen_;            // pid -> the look at which it was last there.
  std::vector<Process> ended_;
  std::vector<int> pids_;
  uint64_t looks_ = 0;
  Duration last_look_{0};
  Duration interval_{0};
  Time boot_time_;
};

}  // namespace capstan::host
