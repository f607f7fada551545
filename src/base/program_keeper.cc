#include "base/program_keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace capstan::program_start {
namespace {

constexpr int64_t kMostKillingTime = 10'000;  // What does not end by then, SIGKILL cannot end: it belongs to others.
constexpr int64_t kLookAgain = 5;
constexpr int64_t kReapEvery = 10'000;

int64_t now_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

void sleep_ms(int64_t time) {
  const timespec wait{time / 1000, (time % 1000) * 1'000'000};
  ::nanosleep(&wait, nullptr);
}

// The keeper has but one thread, so all its children are that thread's.
template <class Each>
void each_child(Each each) {
  const int fd = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  char text[16384];
  const ssize_t got = ::read(fd, text, sizeof(text));
  ::close(fd);
  pid_t number = 0;
  // A number at the very end may be cut off; its turn comes with the next look.
  for (ssize_t i = 0; i < got; ++i) {
    if (text[i] >= '0' && text[i] <= '9') {
      number = number * 10 + (text[i] - '0');
    } else if (number > 0) {
      each(number);
      number = 0;
    }
  }
}

class Keeper {
 public:
  Keeper(Prepared& prepared, const Keeping& keeping)
      : prepared_(prepared), keeping_(keeping), outputs_(keeping.outputs) {}

  [[noreturn]] void run() {
    stand_apart();
    begin();
    const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, program_, 0));
    // What cannot be watched is not begun.
    while (pidfd >= 0 && !watch(pidfd)) {
    }
    conclude();
  }

 private:
  // Whatever ends Capstan, a terminal's Ctrl-C or its supervisor, must not end who cleans up after it.
  void stand_apart() {
    ::setsid();
    ::prctl(PR_SET_NAME, "capstan-keeper");
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2}) ::signal(number, SIG_IGN);
    ::signal(SIGCHLD, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    close_others();
  }

  // A lock or a listening socket held here would keep the next Capstan from starting.
  void close_others() {
    std::array<int, 9> kept = {outputs_[0],         outputs_[1],         keeping_.streams[0],
                               keeping_.streams[1], keeping_.streams[2], keeping_.report,
                               keeping_.orders,     keeping_.verdict,    keeping_.record};
    std::sort(kept.begin(), kept.end());
    unsigned from = 0;
    for (const int fd : kept) {
      if (fd < 0 || static_cast<unsigned>(fd) < from) continue;
      if (static_cast<unsigned>(fd) > from) ::close_range(from, static_cast<unsigned>(fd) - 1, 0);
      from = static_cast<unsigned>(fd) + 1;
    }
    ::close_range(from, ~0U, 0);
  }

  void begin() {
    char order = 0;
    if (!take_order(order)) ::_exit(0);  // Capstan went before it began.
    const pid_t here = ::getpid();
    program_ = ::fork();
    if (program_ == 0) {
      ::setsid();
      prepared_.outlived_by = here;  // In a copy that is this process' alone.
      become_program(prepared_, keeping_.streams, keeping_.report);
    }
    if (program_ < 0) give_up(keeping_.report, kStepFork);
    for (const int fd : keeping_.streams) ::close(fd);
    ::close(keeping_.report);
  }

  bool take_order(char& order) {
    ssize_t got = 0;
    do {
      got = ::read(keeping_.orders, &order, 1);
    } while (got < 0 && errno == EINTR);
    return got == 1;
  }

  // True when the program has ended.
  bool watch(int pidfd) {
    std::array<pollfd, 4> waits = {{{pidfd, POLLIN, 0},
                                    {alone_ ? -1 : keeping_.orders, POLLIN, 0},
                                    {alone_ ? outputs_[0] : -1, POLLIN, 0},
                                    {alone_ ? outputs_[1] : -1, POLLIN, 0}}};
    const int64_t left = kill_at_ > 0 ? std::max<int64_t>(kill_at_ - now_ms(), 0) : kReapEvery;
    ::poll(waits.data(), waits.size(), static_cast<int>(std::min(left, kReapEvery)));
    if ((waits[0].revents & POLLIN) != 0) return true;
    if (waits[1].revents != 0) obey();
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (waits[2 + i].revents != 0) discard(outputs_[i]);
    }
    reap_orphans();
    if (kill_at_ > 0 && now_ms() >= kill_at_) {
      kill_all();
      kill_at_ = now_ms() + 100;
    }
    return false;
  }

  // Nobody reads any more; but who prints while it cleans up must neither be held up nor killed for that.
  static void discard(int& fd) {
    char buffer[16384];
    const ssize_t got = ::read(fd, buffer, sizeof(buffer));
    const bool more = got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
    if (more) return;
    ::close(fd);
    fd = -1;
  }

  // A program may leave behind thousands in an hour. It itself stays until all is over.
  void reap_orphans() const {
    while (true) {
      siginfo_t ended{};
      const bool found = ::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid != 0;
      if (!found || ended.si_pid == program_) return;
      ::waitpid(ended.si_pid, nullptr, 0);
    }
  }

  void obey() {
    char order = 0;
    if (!take_order(order)) {
      alone_ = true;
      cut_off_ = true;
      end_gently();
      kill_at_ = std::max<int64_t>(now_ms() + keeping_.grace, 1);
    } else if (order == kEndIt) {
      end_gently();
    } else if (order == kKillIt) {
      kill_all();
    }
  }

  void end_gently() {
    ::kill(-program_, SIGTERM);
    each_child([this](pid_t child) {
      if (child != program_) ::kill(child, SIGTERM);
    });
  }

  void kill_all() {
    ::kill(-program_, SIGKILL);
    each_child([](pid_t child) { ::kill(child, SIGKILL); });
  }

  // The dead leader is not reaped before, so its group's number cannot belong to anybody else.
  bool kill_the_rest() {
    const int64_t until = now_ms() + kMostKillingTime;
    while (true) {
      kill_all();
      pid_t reaped = 0;
      do {
        int status = 0;
        reaped = ::waitpid(-1, &status, WNOHANG);
        if (reaped == program_) status_ = status;
      } while (reaped > 0);
      if (reaped < 0 && errno == ECHILD) return true;
      if (now_ms() > until) return false;
      sleep_ms(kLookAgain);
    }
  }

  [[noreturn]] void conclude() {
    const bool all_ended = kill_the_rest();
    const Verdict verdict{status_, all_ended ? 0 : 1};
    write_record();
    [[maybe_unused]] const ssize_t written = ::write(keeping_.verdict, &verdict, sizeof(verdict));
    ::_exit(0);
  }

  void write_record() const {
    if (keeping_.record < 0) return;
    char line[32] = "exit ";
    size_t size = 5;
    if (cut_off_ || WIFSIGNALED(status_)) {
      constexpr std::string_view kCutOff = "cut off";
      size = kCutOff.copy(line, sizeof(line));
    } else {
      const int code = WEXITSTATUS(status_);
      if (code >= 100) line[size++] = static_cast<char>('0' + code / 100);
      if (code >= 10) line[size++] = static_cast<char>('0' + code / 10 % 10);
      line[size++] = static_cast<char>('0' + code % 10);
    }
    line[size++] = '\n';
    [[maybe_unused]] const ssize_t written = ::write(keeping_.record, line, size);
    ::fsync(keeping_.record);
  }

  Prepared& prepared_;
  const Keeping& keeping_;
  std::array<int, 2> outputs_;
  pid_t program_ = -1;
  int status_ = 0;
  bool alone_ = false;    // Nobody gives orders any more.
  bool cut_off_ = false;  // It was ended because of that.
  int64_t kill_at_ = 0;
};

}  // namespace

void keep_program(Prepared& prepared, const Keeping& keeping) { Keeper(prepared, keeping).run(); }

}  // namespace capstan::program_start
