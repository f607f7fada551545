#include "base/program_start.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace capstan::program_start {
namespace {

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

// What failed in the child before exec, sent through a pipe that exec closes.
struct StartFailure {
  int step;
  int error_number;
};
constexpr std::array<std::string_view, 6> kSteps = {"set up its streams", "become the user", "enter its directory",
                                                    "reset signals",      "execute it",      "make a process"};

}  // namespace

void give_up(int report_fd, int step) {
  const StartFailure failure{step, errno};
  [[maybe_unused]] const ssize_t written = ::write(report_fd, &failure, sizeof(failure));
  ::_exit(127);
}

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

void become_program(const Prepared& prepared, std::array<int, 3> streams, int report_fd) {
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

Result<FileHandle> above_standard(FileHandle handle) {
  if (handle.get() > 2) return handle;
  FileHandle above(::fcntl(handle.get(), F_DUPFD_CLOEXEC, 3));
  if (!above.is_open()) return fail(errno_code(errno), "cannot copy a descriptor: " + errno_text(errno));
  return above;
}

Result<FileHandle> open_input(std::string_view input) {
  if (input.empty()) {
    FileHandle nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!nothing.is_open()) return fail(errno_code(errno), "cannot open /dev/null: " + errno_text(errno));
    return above_standard(std::move(nothing));
  }
  // In memory, not a pipe: whoever reads none of it, or only a part, holds up nobody.
  FileHandle held(::memfd_create("input", MFD_CLOEXEC));
  if (!held.is_open()) return fail(errno_code(errno), "cannot hold a program's input: " + errno_text(errno));
  for (size_t written = 0; written < input.size();) {
    const ssize_t wrote = ::write(held.get(), input.data() + written, input.size() - written);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return fail(errno_code(errno), "cannot hold a program's input: " + errno_text(errno));
    written += static_cast<size_t>(wrote);
  }
  ::lseek(held.get(), 0, SEEK_SET);
  return above_standard(std::move(held));
}

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

}  // namespace capstan::program_start
