#include "base/subprocess.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file_handle.h"

namespace capstan {
namespace {

Result<ProgramOutcome> run_shell(std::string_view command, Duration limit = Duration(10'000)) {
  const SystemClock clock;
  return run_program({.argv = shell_command(command), .time_limit = limit, .grace = Duration(200)}, clock, {});
}

bool group_is_gone(pid_t pid) { return ::kill(pid, 0) != 0; }

TEST(Subprocess, CapturesBothStreamsAndTheExitCode) {
  const auto outcome = run_shell("echo hello; echo trouble >&2; exit 3");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->out, "hello\n");
  EXPECT_EQ(outcome->err, "trouble\n");
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_FALSE(outcome->succeeded());
}

TEST(Subprocess, PassesArgumentsWithoutAShell) {
  const SystemClock clock;
  const auto outcome = run_program({.argv = {"echo", "$HOME; `id`", "a b"}}, clock, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->out, "$HOME; `id` a b\n");
}

TEST(Subprocess, InheritsNothingFromOurEnvironmentAndHasNoInput) {
  ::setenv("CAPSTAN_TEST_LEAK", "leaked", 1);
  const auto outcome = run_shell("echo \"[$CAPSTAN_TEST_LEAK]\"; cat; ls /proc/self/fd | wc -l");
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->out, "[]\n4\n");  // 0, 1, 2, and the one `ls` reads the directory with.
}

TEST(Subprocess, EndsTheWholeGroupAtTheTimeLimit) {
  const auto outcome = run_shell("sleep 60 & echo $!; trap '' TERM; while :; do sleep 60; done", Duration(300));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, ProgramOutcome::End::kTimedOut);
  EXPECT_LT(outcome->took, Duration(5'000));
  const pid_t background = std::atoi(outcome->out.c_str());
  ASSERT_GT(background, 0);
  for (int i = 0; i < 100 && !group_is_gone(background); ++i) std::this_thread::sleep_for(Duration(20));
  EXPECT_TRUE(group_is_gone(background));
}

TEST(Subprocess, DoesNotWaitForChildrenThatKeepTheOutputOpen) {
  const auto outcome = run_shell("sleep 60 & exit 0");
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->succeeded());
  EXPECT_LT(outcome->took, Duration(5'000));
}

TEST(Subprocess, EndsSoonAfterAStopIsRequested) {
  const SystemClock clock;
  std::stop_source stop;
  ProgramSpec spec{.argv = shell_command("echo ready; exec sleep 60")};
  spec.on_output = [&](OutputStream, std::string_view) { stop.request_stop(); };
  const auto outcome = run_program(spec, clock, stop.get_token());
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->end, ProgramOutcome::End::kCancelled);
  EXPECT_LT(outcome->took, Duration(5'000));
}

TEST(Subprocess, KeepsOnlyTheLimitOfOutputAndCountsTheRest) {
  const SystemClock clock;
  const auto outcome =
      run_program({.argv = shell_command("head -c 100000 /dev/zero"), .output_limit = 1000}, clock, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->out.size(), 1000u);
  EXPECT_EQ(outcome->dropped_bytes, 99'000u);
}

TEST(Subprocess, AFloodOfOutputStopsNeitherTheTimeLimitNorTheEnd) {
  const auto ended = run_shell("yes & yes & yes & wait", Duration(300));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->end, ProgramOutcome::End::kTimedOut);
  EXPECT_LT(ended->took, Duration(5'000));
  // These left the group, so they write on until nobody reads.
  const auto left = run_shell("setsid yes & setsid yes & setsid yes & sleep 0.1; exit 0");
  ASSERT_TRUE(left);
  EXPECT_TRUE(left->succeeded());
  EXPECT_LT(left->took, Duration(5'000));
}

TEST(Subprocess, EndsWithUs) {
  char directory[] = "/tmp/capstan-subprocess-XXXXXX";
  ASSERT_NE(::mkdtemp(directory), nullptr);
  const std::string file = std::string(directory) + "/pid";
  const pid_t other = ::fork();
  if (other == 0) {
    const SystemClock clock;
    const std::string command = "echo $$ > " + file + ".draft; mv " + file + ".draft " + file + "; exec sleep 100";
    (void)run_program({.argv = shell_command(command), .time_limit = Duration(100'000)}, clock, {});
    ::_exit(0);
  }
  while (!std::filesystem::exists(file)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  pid_t program = 0;
  std::ifstream(file) >> program;
  ASSERT_GT(program, 0);
  ASSERT_EQ(::kill(program, 0), 0);
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  // Dead is as good as gone where nobody takes note of the dead.
  const auto ended = [&] {
    std::string state;
    std::ifstream stat("/proc/" + std::to_string(program) + "/stat");
    std::string ignored;
    return !(stat >> ignored >> ignored >> state) || state == "Z";
  };
  for (int i = 0; i < 1'000 && !ended(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(ended());
  std::filesystem::remove_all(directory);
}

TEST(Subprocess, BeginsNothingThatItHasNoDescriptorsToWatch) {
  const SystemClock clock;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const FileHandle lowest(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  int failures = 0;
  Result<ProgramOutcome> outcome;
  do {
    const rlimit now{static_cast<rlim_t>(lowest.get() + failures), before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &now), 0);
    ProgramSpec spec{.argv = {"/bin/echo", "begun"}, .time_limit = Duration(10'000)};
    outcome = run_program(spec, clock, {});
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_TRUE(outcome || outcome.error().code == ErrorCode::kResourceExhausted) << outcome.error().message;
  } while (!outcome && ++failures < 50);
  EXPECT_GE(failures, 9);  // The streams' pipes, two for the start, /dev/null and the process.
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->succeeded());
  EXPECT_LT(outcome->took, Duration(5'000));
}

TEST(Subprocess, RunsAsAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const SystemClock clock;
  const auto outcome = run_program({.argv = {"id", "-un"}, .user = "nobody"}, clock, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->out, "nobody\n");
}

// A family of processes in a directory of its own, where each writes its number into a file.
class WholeFamily : public ::testing::Test {
 protected:
  WholeFamily() {
    char name[] = "/tmp/capstan-family-XXXXXX";
    directory_ = ::mkdtemp(name);
  }
  ~WholeFamily() override { std::filesystem::remove_all(directory_); }

  ProgramSpec spec(std::string_view command, Duration limit = Duration(20'000)) const {
    return {.argv = shell_command(command),
            .directory = directory_,
            .time_limit = limit,
            .grace = Duration(200),
            .whole_family = true};
  }
  pid_t wait_for_pid(const std::string& file) const {
    pid_t pid = 0;
    for (int i = 0; i < 1'000 && pid == 0; ++i) {
      std::ifstream(directory_ + "/" + file) >> pid;
      if (pid == 0) std::this_thread::sleep_for(Duration(5));
    }
    return pid;
  }
  static bool has_ended(pid_t pid) {
    for (int i = 0; i < 1'000; ++i) {
      std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
      std::string ignored, state;
      if (!(stat >> ignored >> ignored >> state) || state == "Z") return true;
      std::this_thread::sleep_for(Duration(5));
    }
    return false;
  }
  std::string read(const std::string& file) const {
    std::ifstream in(directory_ + "/" + file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // Leaves its session and its parent, and ignores what asks it to end.
  static constexpr const char* kRunaway =
      "(setsid sh -c 'trap \"\" TERM HUP; echo $$ > draft; mv draft runaway; while :; do sleep 1; done' &) & wait; ";
  std::string directory_;
  const SystemClock clock_;
};

TEST_F(WholeFamily, GivesTheProgramsOwnExitCode) {
  const auto outcome = run_program(spec("cat; echo trouble >&2; exit 103"), clock_, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 103);
  EXPECT_EQ(outcome->err, "trouble\n");
  EXPECT_FALSE(outcome->left_some);
  const auto killed = run_program(spec("kill -USR1 $$"), clock_, {});
  ASSERT_TRUE(killed);
  EXPECT_EQ(killed->end, ProgramOutcome::End::kSignalled);
  EXPECT_EQ(killed->signal, SIGUSR1);
}

TEST_F(WholeFamily, GetsItsInput) {
  ProgramSpec wanted = spec("head -c 3; cat | wc -c");
  wanted.input = "abc" + std::string(3'000'000, 'x');
  const auto outcome = run_program(wanted, clock_, {});
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->out.starts_with("abc")) << outcome->out;
  // What is not read holds nobody up.
  wanted.argv = {"true"};
  EXPECT_TRUE(run_program(wanted, clock_, {})->succeeded());
}

TEST_F(WholeFamily, LeavesNobodyBehindWhoLeftTheGroup) {
  const std::string until = "while [ ! -e runaway ]; do sleep 0.01; done; exit 0";
  const auto outcome = run_program(spec(kRunaway + until), clock_, {});
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->succeeded());
  EXPECT_TRUE(has_ended(wait_for_pid("runaway")));
}

TEST_F(WholeFamily, EndsAllOfItAtTheTimeLimitAndWhenStopped) {
  const auto late = run_program(spec(std::string(kRunaway) + "trap '' TERM; sleep 100", Duration(600)), clock_, {});
  ASSERT_TRUE(late);
  EXPECT_EQ(late->end, ProgramOutcome::End::kTimedOut);
  EXPECT_TRUE(has_ended(wait_for_pid("runaway")));
  std::filesystem::remove(directory_ + "/runaway");

  std::stop_source stop;
  std::jthread stopper([&] {
    (void)wait_for_pid("runaway");
    stop.request_stop();
  });
  const auto stopped = run_program(spec(std::string(kRunaway) + "sleep 100"), clock_, stop.get_token());
  ASSERT_TRUE(stopped);
  EXPECT_EQ(stopped->end, ProgramOutcome::End::kCancelled);
  EXPECT_TRUE(has_ended(wait_for_pid("runaway")));
}

TEST_F(WholeFamily, EndsWithUsAndHoldsItsRecordUntilThen) {
  const std::string path = directory_ + "/record";
  const pid_t other = ::fork();
  if (other == 0) {
    ProgramSpec wanted = spec(std::string(kRunaway) + "sleep 100");
    wanted.record_fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::flock(wanted.record_fd, LOCK_EX);
    (void)run_program(wanted, clock_, {});
    ::_exit(0);
  }
  const pid_t runaway = wait_for_pid("runaway");
  ASSERT_GT(runaway, 0);
  const FileHandle record(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_NE(::flock(record.get(), LOCK_EX | LOCK_NB), 0);
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  EXPECT_EQ(::flock(record.get(), LOCK_EX), 0);
  EXPECT_EQ(read("record"), "cut off\n");
  EXPECT_TRUE(has_ended(runaway));
}

TEST_F(WholeFamily, MayPrintWhileItCleansUpAfterUs) {
  const pid_t other = ::fork();
  if (other == 0) {
    ProgramSpec wanted = spec(
        "trap 'yes cleaning | head -c 300000; yes up | head -c 300000 >&2; touch cleaned; exit' TERM; "
        "echo $$ > draft; mv draft begun; while :; do sleep 0.02; done");
    wanted.grace = Duration(20'000);
    (void)run_program(wanted, clock_, {});
    ::_exit(0);
  }
  const pid_t program = wait_for_pid("begun");
  ASSERT_GT(program, 0);
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  EXPECT_TRUE(has_ended(program));
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/cleaned"));
}

TEST_F(WholeFamily, RecordsAnEndThatNobodyWaitedFor) {
  ProgramSpec wanted = spec("exit 7");
  const FileHandle record(::open((directory_ + "/record").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  wanted.record_fd = record.get();
  ASSERT_TRUE(run_program(wanted, clock_, {}));
  EXPECT_EQ(read("record"), "exit 7\n");
}

TEST_F(WholeFamily, SaysWhatCouldNotBeStarted) {
  ProgramSpec wanted = spec("");
  wanted.argv = {"/no/such/program"};
  const auto missing = run_program(wanted, clock_, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  wanted.argv = {"true"};
  wanted.directory = directory_ + "/gone";
  EXPECT_EQ(run_program(wanted, clock_, {}).error().code, ErrorCode::kNotFound);
}

TEST_F(WholeFamily, HoldsNoneOfOurDescriptors) {
  const FileHandle ours(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const FileHandle locked(::open((directory_ + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::flock(locked.get(), LOCK_EX), 0);
  const auto outcome = run_program(spec("ls -l /proc/$PPID/fd"), clock_, {});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->out.find(directory_), std::string::npos) << outcome->out;
}

TEST(Subprocess, SaysWhatCouldNotBeStarted) {
  const SystemClock clock;
  const auto missing = run_program({.argv = {"/no/such/program"}}, clock, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_NE(missing.error().message.find("/no/such/program"), std::string::npos);
  EXPECT_FALSE(run_program({.argv = {"true"}, .user = "no-such-user"}, clock, {}));
  EXPECT_FALSE(run_program({.argv = {}}, clock, {}));
}

TEST(Subprocess, DetachedProgramsLeadTheirOwnLife) {
  const auto pid = start_detached({.argv = {"sleep", "60"}}, "", "");
  ASSERT_TRUE(pid);
  EXPECT_EQ(::kill(*pid, 0), 0);
  EXPECT_NE(::getsid(*pid), ::getsid(0));
  ::kill(*pid, SIGKILL);
  EXPECT_FALSE(start_detached({.argv = {"/no/such/program"}}, "", ""));
}

}  // namespace
}  // namespace capstan
