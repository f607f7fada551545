#include "connect/host/process_handle.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/file.h"

namespace capstan::host {
namespace {

// Programs that hold the machine or everybody's sessions together.
constexpr std::array<std::string_view, 10> kRoots = {
    "systemd",         "init",          "sshd",       "dbus-daemon", "dbus-broker", "systemd-logind",
    "systemd-journal", "systemd-udevd", "containerd", "dockerd"};

}  // namespace

Result<ProcessStat> look_at_process(int pid, std::string* comm) {
  const std::string line = TRY(read_file(fmt::format("/proc/{}/stat", pid), 8192));
  ProcessStat stat;
  std::string_view name;
  if (!parse_stat(line, stat, name))
    return fail(ErrorCode::kCorrupt, fmt::format("/proc/{}/stat is not as expected", pid));
  if (comm != nullptr) *comm = name;
  return stat;
}

std::optional<ProcessStat> read_process_stat(int pid) {
  const auto stat = look_at_process(pid);
  return stat ? std::optional(*stat) : std::nullopt;
}

Result<ProcessHandle> ProcessHandle::open(const ResourceId& id) {
  const auto named = parse_process_resource(id);
  if (!named) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is no process: expected host_process/BOOT-PID-START", id));
  }
  if (named->boot != TRY(read_boot_name("/proc"))) {
    return fail(ErrorCode::kNotFound, fmt::format("process {} was of another boot of this machine", named->key.pid));
  }
  // First the handle, then the check: whatever happens to the pid afterwards, the handle stays with what was checked.
  FileHandle pidfd(static_cast<int>(::syscall(SYS_pidfd_open, named->key.pid, 0)));
  const int number = errno;
  const auto gone = [&] { return fail(ErrorCode::kNotFound, fmt::format("process {} has ended", named->key.pid)); };
  if (!pidfd.is_open() && number == ESRCH) return gone();
  if (!pidfd.is_open())
    return fail(errno_code(number), fmt::format("cannot hold process {}: {}", named->key.pid, errno_text(number)));
  std::string comm;
  const auto stat = look_at_process(named->key.pid, &comm);
  // What cannot be looked at, for want of a descriptor for one, has not ended for that.
  if (!stat && stat.error().code != ErrorCode::kNotFound) return fail(stat.error());
  if (!stat || stat->key != named->key || stat->state == 'Z') return gone();
  return ProcessHandle(std::move(pidfd), *stat, std::move(comm));
}

Status ProcessHandle::signal(int number) const {
  if (::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) == 0) return {};
  return fail(errno_code(errno), fmt::format("cannot signal process {}: {}", pid(), errno_text(errno)));
}

bool ProcessHandle::ended() const {
  pollfd wait{pidfd_.get(), POLLIN, 0};
  return ::poll(&wait, 1, 0) > 0;
}

bool ProcessHandle::wait_for_end(Duration limit, const Clock& clock, const std::stop_token& stop) const {
  const Duration until = clock.monotonic() + limit;
  while (!stop.stop_requested()) {
    const Duration left = until - clock.monotonic();
    pollfd wait{pidfd_.get(), POLLIN, 0};
    // In short steps, so that a stop request is seen.
    if (::poll(&wait, 1, static_cast<int>(std::clamp<int64_t>(left.count(), 0, 100))) > 0) return true;
    if (left <= Duration(0)) return false;
  }
  return ended();
}

std::optional<ProcessStat> ProcessHandle::stat_now() const {
  if (ended()) return std::nullopt;
  auto stat = read_process_stat(pid());
  if (!stat || stat->key != stat_.key) return std::nullopt;
  return stat;
}

Status may_touch(const ProcessHandle& process) {
  const int pid = process.pid();
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("process {} ({}) is not to be touched: {}", pid, process.comm(), why));
  };
  if (pid == 1) return refuse("it is init");
  if (process.stat().is_kernel) return refuse("it is a thread of the kernel");
  if (pid == ::getpid()) return refuse("it is Capstan itself");
  int ancestor = ::getppid();
  for (int depth = 0; ancestor > 1 && depth < 100; ++depth) {
    if (ancestor == pid) return refuse("Capstan was started by it");
    const auto stat = look_at_process(ancestor);
    if (!stat && stat.error().code != ErrorCode::kNotFound) return refuse("nobody can tell whether it started Capstan");
    if (!stat) break;
    ancestor = stat->parent;
  }
  const bool is_root = std::find(kRoots.begin(), kRoots.end(), process.comm()) != kRoots.end();
  // By name alone a culprit could hide: only children of init are such.
  if (is_root && process.stat().parent <= 1) return refuse("it holds the machine's sessions together");
  return {};
}

Status signal_all(const std::vector<ProcessKey>& processes, int number) {
  const std::string boot = TRY(read_boot_name("/proc"));
  Status first_problem;
  for (const ProcessKey& key : processes) {
    const auto process = ProcessHandle::open(process_resource(boot, key));
    if (!process) continue;
    Status done = may_touch(*process);
    if (done) done = process->signal(number);
    if (!done && !process->ended() && first_problem) first_problem = done;
  }
  return first_problem;
}

}  // namespace capstan::host
