#include "base/subprocess.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/file.h"
#include "base/file_handle.h"
#include "base/program_keeper.h"
#include "base/program_start.h"

namespace capstan {
namespace {

using namespace program_start;

constexpr size_t kBytesAtOnce = 1 << 20;  // No pipe holds more, unless root has allowed it.

// A running child, or the keeper of one: its pidfd, and the read ends of its output.
class Child {
 public:
  static Result<Child> start(const ProgramSpec& spec);
  static Result<Child> start_kept(const ProgramSpec& spec);

  void end_gently() const { order(kEndIt, SIGTERM); }
  void kill_all() const { order(kKillIt, SIGKILL); }

  pid_t pid = -1;
  FileHandle pidfd;
  FileHandle out;
  FileHandle err;
  FileHandle orders;   // Open: `pid` is a keeper's.
  FileHandle verdict;  // What it says at its end.

 private:
  void order(char what, int signal) const {
    if (orders.is_open())
      ::send(orders.get(), &what, 1, MSG_NOSIGNAL);
    else
      ::kill(-pid, signal);
  }
  // The program begins only when its end can be noticed.
  Status watch(const Prepared& prepared, int go);
};

Status Child::watch(const Prepared& prepared, int go) {
  pidfd = FileHandle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (pidfd.is_open() && ::send(go, "g", 1, MSG_NOSIGNAL) == 1) return {};
  const int number = errno;
  ::kill(pid, SIGKILL);
  reap(pid);
  return fail(errno_code(number), fmt::format("cannot watch {}: {}", prepared.executable, errno_text(number)));
}

Result<std::array<FileHandle, 2>> make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
    return fail(errno_code(errno), "cannot make a pair of sockets: " + errno_text(errno));
  return std::array<FileHandle, 2>{FileHandle(ends[0]), FileHandle(ends[1])};
}

Result<Child> Child::start(const ProgramSpec& spec) {
  if (spec.whole_family) return start_kept(spec);
  Prepared prepared = TRY(prepare(spec));
  prepared.outlived_by = ::getpid();
  auto out = TRY(make_pipe());
  auto err = TRY(make_pipe());
  auto report = TRY(make_pipe());
  auto go = TRY(make_socket_pair());
  out[1] = TRY(above_standard(std::move(out[1])));
  err[1] = TRY(above_standard(std::move(err[1])));
  report[1] = TRY(above_standard(std::move(report[1])));
  const FileHandle input = TRY(open_input(spec.input));

  Child child;
  child.pid = ::fork();
  if (child.pid < 0) return fail(errno_code(errno), "cannot fork: " + errno_text(errno));
  if (child.pid == 0) {
    ::setsid();
    ::close(go[1].get());
    if (!wait_for_go(go[0].get())) ::_exit(127);
    become_program(prepared, {input.get(), out[1].get(), err[1].get()}, report[1].get());
  }
  TRY(child.watch(prepared, go[1].get()));
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

Result<Child> Child::start_kept(const ProgramSpec& spec) {
  Prepared prepared = TRY(prepare(spec));
  auto out = TRY(make_pipe());
  auto err = TRY(make_pipe());
  auto report = TRY(make_pipe());
  auto verdict = TRY(make_pipe());
  auto orders = TRY(make_socket_pair());
  for (FileHandle* theirs : {&out[1], &err[1], &report[1], &verdict[1], &orders[1]})
    *theirs = TRY(above_standard(std::move(*theirs)));
  const FileHandle input = TRY(open_input(spec.input));
  const Keeping keeping{.streams = {input.get(), out[1].get(), err[1].get()},
                        .outputs = {out[0].get(), err[0].get()},
                        .report = report[1].get(),
                        .orders = orders[1].get(),
                        .verdict = verdict[1].get(),
                        .record = spec.record_fd,
                        .grace = spec.grace.count()};

  Child child;
  child.pid = ::fork();
  if (child.pid < 0) return fail(errno_code(errno), "cannot fork: " + errno_text(errno));
  if (child.pid == 0) keep_program(prepared, keeping);
  orders[1].reset();
  TRY(child.watch(prepared, orders[0].get()));
  report[1].reset();
  verdict[1].reset();
  const Status started = read_report(report[0].get(), prepared.executable);
  if (!started) {
    reap(child.pid);
    return fail(started.error());
  }
  child.out = std::move(out[0]);
  child.err = std::move(err[0]);
  child.orders = std::move(orders[0]);
  child.verdict = std::move(verdict[0]);
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
        child_.end_gently();
        kill_at = now + spec_.grace;
      }
      if (kill_at && now >= *kill_at) child_.kill_all();
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
    // The dead leader is not yet reaped, so its group's number cannot belong to anybody else. A keeper has seen to it.
    if (!child_.orders.is_open()) ::kill(-child_.pid, SIGKILL);
    drain(child_.out, OutputStream::kStdout, spec_, outcome_.out, outcome_.dropped_bytes);
    drain(child_.err, OutputStream::kStderr, spec_, outcome_.err, outcome_.dropped_bytes);
    int status = 0;
    while (::waitpid(child_.pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (child_.orders.is_open()) status = status_by_keeper();
    if (WIFEXITED(status)) outcome_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome_.signal = WTERMSIG(status);
    if (!ended_by_us_)
      outcome_.end = WIFSIGNALED(status) ? ProgramOutcome::End::kSignalled : ProgramOutcome::End::kExited;
  }

  int status_by_keeper() {
    Verdict verdict{};
    // A keeper that was killed has taken the program with it, and nobody looked after the rest.
    if (::read(child_.verdict.get(), &verdict, sizeof(verdict)) != sizeof(verdict)) verdict = {SIGKILL, 1};
    outcome_.left_some = verdict.left_some != 0;
    return verdict.wait_status;
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
  const FileHandle nothing = TRY(open_input(""));
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
