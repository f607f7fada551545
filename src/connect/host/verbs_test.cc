#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "connect/host/host_verbs.h"
#include "connect/host/process_handle.h"

namespace capstan::host {
namespace {

class VerbsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/capstan-verbs-XXXXXX";
    directory_ = ::mkdtemp(name);
    ::chmod(directory_.c_str(), 0755);
    HostConfig config;
    config.scripts_directory = directory_;
    marker_ = "capstan-test-" + std::to_string(::getpid());
    config.services.push_back({.name = "web",
                               .match = {.command = marker_},
                               .start = "exec sh -c 'while :; do sleep 1; done' " + marker_,
                               .time_limit = Duration(10'000)});
    config.services.push_back(
        {.name = "broken", .match = {.command = marker_ + "-broken"}, .start = "exit 3", .time_limit = Duration(300)});
    config_.set(config);
    ASSERT_TRUE(add_host_verbs(verbs_, config_, directory_, clock_));
  }
  ~VerbsTest() override {
    if (child_ > 0) {
      ::kill(child_, SIGKILL);
      ::waitpid(child_, nullptr, 0);
    }
    std::filesystem::remove_all(directory_);
  }

  Resource start_child() {
    child_ = ::fork();
    if (child_ == 0) {
      while (true) ::pause();
    }
    const auto stat = read_process_stat(child_);
    return {.id = process_resource(*read_boot_name("/proc"), stat->key),
            .kind = "host_process",
            .name = "x",
            .labels = {},
            .fields = {}};
  }
  Resource service(const std::string& name) {
    return {.id = "host_service/testhost:" + name, .kind = "host_service", .name = name, .labels = {}, .fields = {}};
  }
  CurrentHostConfig config_{HostConfig()};
  void script(const std::string& name, std::string_view text, unsigned mode) {
    std::ofstream(directory_ + "/" + name) << text;
    ::chmod((directory_ + "/" + name).c_str(), mode);
  }
  static Action action(const Resource& target, Json parameters = Json::object()) {
    return {.id = "a1", .verb = "", .target = target.id, .parameters = std::move(parameters)};
  }

  SystemClock clock_;
  VerbRegistry verbs_;
  std::string directory_;
  std::string marker_;
  pid_t child_ = -1;
};

TEST_F(VerbsTest, LoweringAPriorityCanBeTakenBack) {
  Verb& verb = *verbs_.find("host.lower_priority");
  const Resource target = start_child();
  ASSERT_TRUE(verb.check(target, Json::object()));
  const Json before = *verb.state_before(target, Json::object());
  EXPECT_EQ(verb.probe(action(target), target, before), ProbeAnswer::kDidNotHappen);
  EXPECT_EQ(verb.perform(action(target), target, before, {}).state, ActionState::kSucceeded);
  EXPECT_EQ(::getpriority(PRIO_PROCESS, static_cast<id_t>(child_)), 19);
  EXPECT_EQ(verb.probe(action(target), target, before), ProbeAnswer::kHappened);
  EXPECT_EQ(verb.undo(action(target), target, before, {}).state, ActionState::kSucceeded);
  EXPECT_EQ(::getpriority(PRIO_PROCESS, static_cast<id_t>(child_)), before["nice"].int_or(-100));
  EXPECT_FALSE(verb.check(target, Json::object({{"nice", 40}})));
}

TEST_F(VerbsTest, ASuspendedProcessGoesOnAfterUndo) {
  Verb& verb = *verbs_.find("host.suspend_process");
  const Resource target = start_child();
  const Json before = *verb.state_before(target, Json::object());
  EXPECT_EQ(verb.perform(action(target), target, before, {}).state, ActionState::kSucceeded);
  EXPECT_EQ(read_process_stat(child_)->state, 'T');
  EXPECT_EQ(verb.probe(action(target), target, before), ProbeAnswer::kHappened);
  EXPECT_EQ(verb.undo(action(target), target, before, {}).state, ActionState::kSucceeded);
  EXPECT_NE(read_process_stat(child_)->state, 'T');
}

TEST_F(VerbsTest, AServiceIsStartedRestartedAndStopped) {
  Verb& start = *verbs_.find("host.start_service");
  Verb& restart = *verbs_.find("host.restart_service");
  Verb& stop = *verbs_.find("host.stop_service");
  const Resource target = service("web");
  ASSERT_TRUE(start.check(target, Json::object()));
  const Json stopped = *start.state_before(target, Json::object());
  EXPECT_EQ(stopped["state"].string_or_empty(), "stopped");
  EXPECT_EQ(start.probe(action(target), target, stopped), ProbeAnswer::kDidNotHappen);
  const Performed started = start.perform(action(target), target, stopped, {});
  EXPECT_EQ(started.state, ActionState::kSucceeded) << started.says;
  EXPECT_EQ(start.probe(action(target), target, stopped), ProbeAnswer::kHappened);

  const Json running = *restart.state_before(target, Json::object());
  EXPECT_EQ(restart.probe(action(target), target, running), ProbeAnswer::kDidNotHappen);
  const Performed restarted = restart.perform(action(target), target, running, {});
  EXPECT_EQ(restarted.state, ActionState::kSucceeded) << restarted.says;
  EXPECT_EQ(restart.probe(action(target), target, running), ProbeAnswer::kHappened);

  EXPECT_EQ(start.undo(action(target), target, stopped, {}).state, ActionState::kSucceeded);
  EXPECT_EQ(stop.probe(action(target), target, running), ProbeAnswer::kHappened);
}

TEST_F(VerbsTest, AServiceThatDoesNotComeUpIsToldAsFailed) {
  Verb& start = *verbs_.find("host.start_service");
  EXPECT_EQ(start.perform(action(service("broken")), service("broken"), {}, {}).state, ActionState::kFailed);
  EXPECT_FALSE(start.check(service("unknown"), Json::object()));
  EXPECT_FALSE(start.check(service("--help"), Json::object()));
}

TEST_F(VerbsTest, AScriptRunsAsItsUserWithItsArguments) {
  Verb& verb = *verbs_.find("host.run_script");
  const Resource target{.id = "host/testhost", .kind = "host", .name = "testhost", .labels = {}, .fields = {}};
  script("say", "#!/bin/sh\nid -un\necho \"$1\" \"$CAPSTAN_TARGET\"\necho no >&2\nexit $2\n", 0755);
  const auto run = [&](std::string_view code) {
    return verb.perform(action(target, Json::object({{"script", "say"}, {"arguments", Json::array({"a b", code})}})),
                        target, {}, {});
  };
  const Performed good = run("0");
  EXPECT_EQ(good.state, ActionState::kSucceeded) << good.says;
  EXPECT_EQ(good.result["stdout"].string_or_empty(),
            std::string(::geteuid() == 0 ? "nobody" : ::getlogin()) + "\na b host/testhost\n");
  EXPECT_EQ(good.result["stderr"].string_or_empty(), "no\n");
  const Performed bad = run("3");
  EXPECT_EQ(bad.state, ActionState::kFailed);
  EXPECT_EQ(bad.result["exit_code"].int_or(0), 3);
}

TEST_F(VerbsTest, AScriptThatTakesTooLongIsEndedAndCountsAsPartlyDone) {
  Verb& verb = *verbs_.find("host.run_script");
  const Resource target{.id = "host/testhost", .kind = "host", .name = "testhost", .labels = {}, .fields = {}};
  script("slow", "#!/bin/sh\nsleep 60\n", 0755);
  const Performed performed =
      verb.perform(action(target, Json::object({{"script", "slow"}, {"time_limit", "200ms"}})), target, {}, {});
  EXPECT_EQ(performed.state, ActionState::kPartial) << performed.says;
}

TEST_F(VerbsTest, OnlyScriptsOfTheDirectoryAreRun) {
  Verb& verb = *verbs_.find("host.run_script");
  const Resource target{.id = "host/testhost", .kind = "host", .name = "testhost", .labels = {}, .fields = {}};
  script("open", "#!/bin/sh\n", 0777);
  script("plain", "#!/bin/sh\n", 0644);
  std::filesystem::create_symlink("/bin/true", directory_ + "/link");
  for (const char* name : {"../../bin/true", "/bin/true", "missing", "open", "plain", "link", ".", ""}) {
    EXPECT_FALSE(verb.check(target, Json::object({{"script", name}}))) << name;
  }
}

}  // namespace
}  // namespace capstan::host
