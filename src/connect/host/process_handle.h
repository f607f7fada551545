// A hold on one process that cannot slip to another: boot, pid and start time are checked, and signals go through the
// kernel's pidfd.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_handle.h"
#include "base/result.h"
#include "connect/host/process.h"
#include "model/resource.h"

namespace capstan::host {

class ProcessHandle {
 public:
  // Errors: kInvalidArgument when `id` names no process; kNotFound when it has ended, or was of another boot.
  static Result<ProcessHandle> open(const ResourceId& id);

  int pid() const { return stat_.key.pid; }
  const ProcessStat& stat() const { return stat_; }
  const std::string& comm() const { return comm_; }

  Status signal(int number) const;
  // Whether it has ended; a zombie has.
  bool ended() const;
  // Waits for its end. False when `limit` passed or `stop` was requested first.
  bool wait_for_end(Duration limit, const Clock& clock, const std::stop_token& stop) const;
  // Its numbers now; nothing when it has ended.
  std::optional<ProcessStat> stat_now() const;

 private:
  ProcessHandle(FileHandle pidfd, ProcessStat stat, std::string comm)
      : pidfd_(std::move(pidfd)), stat_(stat), comm_(std::move(comm)) {}

  FileHandle pidfd_;
  ProcessStat stat_;
  std::string comm_;
};

// The numbers of a process of this boot; nothing when there is none with this pid.
std::optional<ProcessStat> read_process_stat(int pid);
// The same; kNotFound when there is none, other errors when nobody can tell.
Result<ProcessStat> look_at_process(int pid, std::string* comm = nullptr);

// Whether a process may be touched at all: not init, threads of the kernel, Capstan, its ancestors, and what holds
// everybody's sessions. The error says why not.
Status may_touch(const ProcessHandle& process);

// Signals these processes through handles of their own, all but those that may not be touched. The first error.
Status signal_all(const std::vector<ProcessKey>& processes, int number);

}  // namespace capstan::host
