#include "connect/host/stop_process_verb.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "connect/host/process_handle.h"

namespace capstan::host {
namespace {

class StopProcessVerbTest : public testing::Test {
 protected:
  ~StopProcessVerbTest() override {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
  }
  Resource start(bool ignore_term) {
    int ready[2];
    EXPECT_EQ(::pipe(ready), 0);
    child_ = ::fork();
    if (child_ == 0) {
      if (ignore_term) ::signal(SIGTERM, SIG_IGN);
      EXPECT_EQ(::write(ready[1], "x", 1), 1);
      while (true) ::pause();
    }
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
    return resource_of(child_);
  }
  static Resource resource_of(int pid) {
    const auto stat = read_process_stat(pid);
    return {.id = process_resource(*read_boot_name("/proc"), stat ? stat->key : ProcessKey{pid, 0}),
            .kind = "host_process",
            .name = "x",
            .labels = {},
            .fields = {}};
  }

  SystemClock clock_;
  StopProcessVerb verb_{clock_};
  pid_t child_ = -1;
};

TEST_F(StopProcessVerbTest, EndsAProcessThatListens) {
  const Resource target = start(false);
  const Action action{.verb = "host.stop_process", .target = target.id, .parameters = Json::object()};
  ASSERT_TRUE(verb_.check(target, action.parameters));
  EXPECT_EQ(verb_.probe(action, target, {}), ProbeAnswer::kDidNotHappen);
  const Performed performed = verb_.perform(action, target, {}, {});
  EXPECT_EQ(performed.state, ActionState::kSucceeded) << performed.says;
  EXPECT_NE(performed.says.text.find("SIGTERM; gone"), std::string::npos) << performed.says;
  EXPECT_EQ(verb_.probe(action, target, {}), ProbeAnswer::kHappened);
}

TEST_F(StopProcessVerbTest, KillsOneThatDoesNotListenAfterTheGraceTime) {
  const Resource target = start(true);
  const Action action{
      .verb = "host.stop_process", .target = target.id, .parameters = Json::object({{"grace", "100ms"}})};
  const Performed performed = verb_.perform(action, target, {}, {});
  EXPECT_EQ(performed.state, ActionState::kSucceeded);
  EXPECT_NE(performed.says.text.find("SIGKILL"), std::string::npos) << performed.says;
}

TEST_F(StopProcessVerbTest, EndsASuspendedProcess) {
  const Resource target = start(false);
  ::kill(child_, SIGSTOP);
  const Performed performed = verb_.perform({.target = target.id, .parameters = Json::object()}, target, {}, {});
  EXPECT_EQ(performed.state, ActionState::kSucceeded) << performed.says;
}

TEST_F(StopProcessVerbTest, NeverTouchesAnotherProcessThatGotThePid) {
  Resource target = start(false);
  const auto named = parse_process_resource(target.id);
  target.id = process_resource(named->boot, {named->key.pid, named->key.start_ticks + 1});
  EXPECT_EQ(verb_.check(target, Json::object()).error().code, ErrorCode::kNotFound);
  verb_.perform({.target = target.id, .parameters = Json::object()}, target, {}, {});
  EXPECT_EQ(::kill(child_, 0), 0);
  EXPECT_EQ(::waitpid(child_, nullptr, WNOHANG), 0);
  target.id = process_resource("00000000", named->key);
  EXPECT_EQ(verb_.check(target, Json::object()).error().code, ErrorCode::kNotFound);
}

TEST_F(StopProcessVerbTest, DoesNotTakeForEndedWhatItCannotLookAt) {
  const Resource target = start(false);
  const Action action{.verb = "host.stop_process", .target = target.id, .parameters = Json::object()};
  // Descriptors for the boot's name, then for the process, but none for its numbers.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ::close(next);
  const rlimit few{static_cast<rlim_t>(next) + 1, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const ProbeAnswer shows = verb_.probe(action, target, {});
  const Performed performed = verb_.perform(action, target, {}, {});
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(shows, ProbeAnswer::kCannotTell);
  EXPECT_EQ(performed.state, ActionState::kFailed) << performed.says;
  EXPECT_EQ(::kill(child_, 0), 0);
}

TEST_F(StopProcessVerbTest, RefusesInitKernelThreadsItselfAndItsAncestors) {
  for (const int pid : {1, 2, ::getpid(), ::getppid()}) {
    const Status checked = verb_.check(resource_of(pid), Json::object());
    ASSERT_FALSE(checked) << pid;
    EXPECT_EQ(checked.error().code, ErrorCode::kPermissionDenied) << checked.error().message;
  }
}

TEST_F(StopProcessVerbTest, SaysWhatIsWrongWithItsParameters) {
  const Resource target = start(false);
  EXPECT_NE(verb_.check(target, Json::object({{"graze", "1s"}})).error().message.find("did you mean 'grace'"),
            std::string::npos);
  EXPECT_FALSE(verb_.check(target, Json::object({{"grace", "forever"}})));
  EXPECT_FALSE(verb_.check(target, Json::object({{"grace", 5}})));
}

}  // namespace
}  // namespace capstan::host
