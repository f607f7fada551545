#include "base/subprocess.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "base/file.h"
#include "base/file_handle.h"

namespace capstan {
namespace {

constexpr size_t kBytesAtOnce = 1 << 20;  // No pipe holds more, unless root has allowed it.

struct Identity {
  uid_t uid;
  gid_t gid;
  std::vector<gid_t> groups;
};

Result<Identity> find_user(const std::string& name) {
  std::vector<char> buffer(16384);
  passwd entry{};
  passwd* found = nullptr;
  const int number = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    return fail(ErrorCode::kNotFound, number == 0
                                          ? fmt::format("there is no user '{}'", name)
                                          : fmt::format("cannot look up user '{}': {}", name, errno_text(number)));
  }
  int count = 64;
  std::vector<gid_t> groups(static_cast<size_t>(count));
  if (::getgrouplist(name.c_str(), entry.pw_gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<size_t>(count));
    ::getgrouplist(name.c_str(), entry.pw_gid, groups.data(), &count);
  }
  groups.resize(static_cast<size_t>(std::max(count, 0)));
  return Identity{entry.pw_uid, entry.pw_gid, std::move(groups)};
}

Result<std::string> find_executable(const ProgramSpec& spec) {
  if (spec.argv.empty()) return fail(ErrorCode::kInvalidArgument, "no program to run was given");
  const std::string& name = spec.argv.front();
  if (name.find('/') != std::string::npos) return name;
  std::string_view path;
  for (const auto& [key, value] : spec.environment) {
    if (key == "PATH") path = value;
  }
  while (!path.empty()) {
    const size_t end = std::min(path.find(':'), path.size());
    const std::string candidate = std::string(path.substr(0, end)) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return fail(ErrorCode::kNotFound, fmt::format("there is no program '{}' in PATH", name));
}

// Everything the child needs, made before the fork: between fork and exec only async-signal-safe calls are allowed.
struct Prepared {
  std::string executable;
  std::vector<std::string> environment;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::optional<Identity> identity;
  std::string directory;
  pid_t outlived_by = -1;  // Whose death is the program's; -1: it lives on.
};

Result<Prepared> prepare(const ProgramSpec& spec) {
  Prepared prepared;
  prepared.executable = TRY(find_executable(spec));
  prepared.directory = spec.directory;
  if (!spec.user.empty()) prepared.identity = TRY(find_user(spec.user));
  for (const auto& [key, value] : spec.environment) prepared.environment.push_back(key + "=" + value);
  for (const std::string& argument : spec.argv) prepared.argv.push_back(const_cast<char*>(argument.c_str()));
  prepared.argv.push_back(nullptr);
  for (std::string& entry : prepared.environment) prepared.envp.push_back(entry.data());
  prepared.envp.push_back(nullptr);
  return prepared;
}

// What failed in the child before exec, sent through a pipe that exec closes.
struct StartFailure {
  int step;
  int error_number;
};
constexpr std::array<std::string_view, 5> kSteps = {"set up its streams", "become the user", "enter its directory",
                                                    "reset signals", "execute it"};

[[noreturn]] void give_up(int report_fd, int step) {
  const StartFailure failure{step, errno};
  [[maybe_unused]] const ssize_t written = ::write(report_fd, &failure, sizeof(failure));
  ::_exit(127);
}

// Runs in the child. The three descriptors become 0, 1 and 2.
[[noreturn]] void become_program(const Prepared& prepared, std::array<int, 3> streams, int report_fd) {
  for (int target = 0; target < 3; ++target) {
    if (::dup2(streams[static_cast<size_t>(target)], target) < 0) give_up(report_fd, 0);
  }
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (prepared.identity) {
    const Identity& identity = *prepared.identity;
    if (::geteuid() == 0 && ::setgroups(identity.groups.size(), identity.groups.data()) < 0) give_up(report_fd, 1);
    if (::setresgid(identity.gid, identity.gid, identity.gid) < 0) give_up(report_fd, 1);
    if (::setresuid(identity.uid, identity.uid, identity.uid) < 0) give_up(report_fd, 1);
  }
  if (prepared.outlived_by >= 0) {
    // After the user has changed, which would clear it. Who has died already cannot die any more.
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) give_up(report_fd, 3);
    if (::getppid() != prepared.outlived_by) ::_exit(127);
  }
  if (::chdir(prepared.directory.c_str()) < 0) give_up(report_fd, 2);
  ::umask(022);
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < 32; ++number) {
    if (number != SIGKILL && number != SIGSTOP) ::sigaction(number, &standard, nullptr);
  }
  sigset_t none;
  ::sigemptyset(&none);
  if (::sigprocmask(SIG_SETMASK, &none, nullptr) < 0) give_up(report_fd, 3);
  ::execve(prepared.executable.c_str(), prepared.argv.data(), prepared.envp.data());
  give_up(report_fd, 4);
}

Result<std::array<FileHandle, 2>> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return fail(errno_code(errno), "cannot make a pipe: " + errno_text(errno));
  return std::array<FileHandle, 2>{FileHandle(ends[0]), FileHandle(ends[1])};
}

// A child must not inherit a standard descriptor's number for its report pipe: dup2 would overwrite it.
Result<FileHandle> above_standard(FileHandle handle) {
  if (handle.get() > 2) return handle;
  FileHandle above(::fcntl(handle.get(), F_DUPFD_CLOEXEC, 3));
  if (!above.is_open()) return fail(errno_code(errno), "cannot copy a descriptor: " + errno_text(errno));
  return above;
}

Result<FileHandle> open_nothing() {
  FileHandle nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing.is_open()) return fail(errno_code(errno), "cannot open /dev/null: " + errno_text(errno));
  return above_standard(std::move(nothing));
}

// Waits for a byte. False when the other end was closed instead.
bool wait_for_go(int fd) {
  char go = 0;
  ssize_t got = 0;
  do {
    got = ::read(fd, &go, 1);
  } while (got < 0 && errno == EINTR);
  return got == 1;
}

void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Status read_report(int fd, const std::string& executable) {
  StartFailure failure{};
  ssize_t got = 0;
  do {
    got = ::read(fd, &failure, sizeof(failure));
  } while (got < 0 && errno == EINTR);
  if (got < static_cast<ssize_t>(sizeof(failure))) return {};
  return fail(errno_code(failure.error_number),
              fmt::format("cannot start {}: failed to {}: {}", executable, kSteps[static_cast<size_t>(failure.step)],
                          errno_text(failure.error_number)));
}

// A running child: its pidfd, and the read ends of its output.
class Child {
 public:
  static Result<Child> start(const ProgramSpec& spec);

  pid_t pid = -1;
  FileHandle pidfd;
  FileHandle out;
  FileHandle err;
};

Result<Child> Child::start(const ProgramSpec& spec) {
  Prepared prepared = TRY(prepare(spec));
  prepared.outlived_by = ::getpid();
  auto out = TRY(make_pipe());
  auto err = TRY(make_pipe());
  auto report = TRY(make_pipe());
  auto go = TRY(make_pipe());
  out[1] = TRY(above_standard(std::move(out[1])));
  err[1] = TRY(above_standard(std::move(err[1])));
  report[1] = TRY(above_standard(std::move(report[1])));
  const FileHandle nothing = TRY(open_nothing());

  Child child;
  child.pid = ::fork();
  if (child.pid < 0) return fail(errno_code(errno), "cannot fork: " + errno_text(errno));
  if (child.pid == 0) {
    ::setsid();
    ::close(go[1].get());
    if (!wait_for_go(go[0].get())) ::_exit(127);
    become_program(prepared, {nothing.get(), out[1].get(), err[1].get()}, report[1].get());
  }
  // The program begins only when its end can be noticed.
  child.pidfd = FileHandle(static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
  if (!child.pidfd.is_open() || ::write(go[1].get(), "g", 1) != 1) {
    const int number = errno;
    ::kill(child.pid, SIGKILL);
    reap(child.pid);
    return fail(errno_code(number), fmt::format("cannot watch {}: {}", prepared.executable, errno_text(number)));
  }
  report[1].reset();
  if (Status started = read_report(report[0].get(), prepared.executable); !started) {
    reap(child.pid);
    return fail(started.error());
  }
  child.out = std::move(out[0]);
  child.err = std::move(err[0]);
  for (const int fd : {child.out.get(), child.err.get()}) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return child;
}

// Reads what is there, up to a limit: programs that write faster than this reads must not keep it from looking at the
// time, nor from returning when the program that was started has ended.
void drain(FileHandle& from, OutputStream stream, const ProgramSpec& spec, std::string& into, uint64_t& dropped) {
  char buffer[16384];
  for (size_t taken = 0; from.is_open() && taken < kBytesAtOnce;) {
    const ssize_t got = ::read(from.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      from.reset();
      return;
    }
    taken += static_cast<size_t>(got);
    const std::string_view piece(buffer, static_cast<size_t>(got));
    const size_t room = spec.output_limit - std::min(spec.output_limit, into.size());
    into.append(piece.substr(0, room));
    dropped += piece.size() - std::min(room, piece.size());
    if (spec.on_output) spec.on_output(stream, piece);
  }
}

// Waits for a child and ends it when time is up or somebody asks.
class Watch {
 public:
  Watch(Child child, const ProgramSpec& spec, const Clock& clock)
      : child_(std::move(child)), spec_(spec), clock_(clock) {}

  ProgramOutcome run(const std::stop_token& stop) {
    const FileHandle wake(::eventfd(0, EFD_CLOEXEC));
    const std::stop_callback on_stop(stop, [&wake] { ::eventfd_write(wake.get(), 1); });
    const Duration started = clock_.monotonic();
    std::optional<Duration> kill_at;
    while (true) {
      const Duration now = clock_.monotonic();
      if (!kill_at && (stop.stop_requested() || now - started >= spec_.time_limit)) {
        outcome_.end = stop.stop_requested() ? ProgramOutcome::End::kCancelled : ProgramOutcome::End::kTimedOut;
        ended_by_us_ = true;
        ::kill(-child_.pid, SIGTERM);
        kill_at = now + spec_.grace;
      }
      if (kill_at && now >= *kill_at) ::kill(-child_.pid, SIGKILL);
      const Duration until = kill_at ? std::max(*kill_at - now, Duration(50)) : spec_.time_limit - (now - started);
      if (wait_once(kill_at ? -1 : wake.get(), until)) break;
    }
    finish();
    outcome_.took = clock_.monotonic() - started;
    return std::move(outcome_);
  }

 private:
  // True when the child has ended.
  bool wait_once(int wake_fd, Duration until) {
    std::array<pollfd, 4> waits = {{{child_.pidfd.get(), POLLIN, 0},
                                    {wake_fd, POLLIN, 0},
                                    {child_.out.get(), POLLIN, 0},
                                    {child_.err.get(), POLLIN, 0}}};
    // A second at most, so that a virtual or jumping clock cannot make this wait forever.
    ::poll(waits.data(), waits.size(), static_cast<int>(std::clamp<int64_t>(until.count(), 0, 1000)));
    if (waits[2].revents != 0) drain(child_.out, OutputStream::kStdout, spec_, outcome_.out, outcome_.dropped_bytes);
    if (waits[3].revents != 0) drain(child_.err, OutputStream::kStderr, spec_, outcome_.err, outcome_.dropped_bytes);
    return (waits[0].revents & POLLIN) != 0;
  }

  void finish() {
    // The dead leader is not yet reaped, so its group's number cannot belong to anybody else.
    ::kill(-child_.pid, SIGKILL);
    drain(child_.out, OutputStream::kStdout, spec_, outcome_.out, outcome_.dropped_bytes);
    drain(child_.err, OutputStream::kStderr, spec_, outcome_.err, outcome_.dropped_bytes);
    int status = 0;
    while (::waitpid(child_.pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status)) outcome_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome_.signal = WTERMSIG(status);
    if (!ended_by_us_)
      outcome_.end = WIFSIGNALED(status) ? ProgramOutcome::End::kSignalled : ProgramOutcome::End::kExited;
  }

  Child child_;
  const ProgramSpec& spec_;
  const Clock& clock_;
  ProgramOutcome outcome_;
  bool ended_by_us_ = false;
};

Result<FileHandle> open_output(const std::string& path) {
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
  FileHandle file(path.empty() ? ::open("/dev/null", O_WRONLY | O_CLOEXEC) : ::open(path.c_str(), flags, 0640));
  if (!file.is_open()) return fail(errno_code(errno), fmt::format("cannot open {}: {}", path, errno_text(errno)));
  return above_standard(std::move(file));
}

}  // namespace

std::vector<std::string> shell_command(std::string_view command) { return {"/bin/sh", "-c", std::string(command)}; }

std::string ProgramOutcome::describe(const ProgramSpec& spec) const {
  switch (end) {
    case End::kExited: return fmt::format("exited with code {}", exit_code);
    case End::kSignalled: return fmt::format("was killed by signal {} ({})", signal, ::strsignal(signal));
    case End::kTimedOut: return fmt::format("was ended after its time limit of {}", format_duration(spec.time_limit));
    case End::kCancelled: return "was ended because a stop was requested";
  }
  return "";
}

Result<ProgramOutcome> run_program(const ProgramSpec& spec, const Clock& clock, const std::stop_token& stop) {
  Child child = TRY(Child::start(spec));
  return Watch(std::move(child), spec, clock).run(stop);
}

Result<pid_t> start_detached(const ProgramSpec& spec, const std::string& out_path, const std::string& err_path) {
  const Prepared prepared = TRY(prepare(spec));
  const FileHandle out = TRY(open_output(out_path));
  const FileHandle err = TRY(open_output(err_path));
  const FileHandle nothing = TRY(open_nothing());
  auto report = TRY(make_pipe());
  auto told_pid = TRY(make_pipe());
  report[1] = TRY(above_standard(std::move(report[1])));

  const pid_t middle = ::fork();
  if (middle < 0) return fail(errno_code(errno), "cannot fork: " + errno_text(errno));
  if (middle == 0) {
    ::setsid();
    const pid_t pid = ::fork();
    if (pid == 0) become_program(prepared, {nothing.get(), out.get(), err.get()}, report[1].get());
    [[maybe_unused]] const ssize_t written = ::write(told_pid[1].get(), &pid, sizeof(pid));
    ::_exit(0);
  }
  report[1].reset();
  told_pid[1].reset();
  reap(middle);
  if (Status started = read_report(report[0].get(), prepared.executable); !started) return fail(started.error());
  pid_t pid = -1;
  if (::read(told_pid[0].get(), &pid, sizeof(pid)) != sizeof(pid) || pid <= 0) {
    return fail(ErrorCode::kResourceExhausted, "cannot start " + prepared.executable + ": no process was made");
  }
  return pid;
}

}  // namespace capstan
