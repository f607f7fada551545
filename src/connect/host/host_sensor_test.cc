#include "connect/host/host_sensor.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <thread>

namespace capstan::host {
namespace {

class HostSensorTest : public testing::Test {
 protected:
  void SetUp() override {
    HostConfig config;
    config.name = "testhost";
    config.services.push_back({.name = "sleeper", .match = {.command = "sleep 987654"}});
    auto state = HostState::open(std::move(config), clock_);
    ASSERT_TRUE(state) << state.error().to_string();
    state_ = std::move(*state);
    sensor_ = std::make_unique<HostSensor>(*state_, clock_, nullptr);
  }

  Observation look() {
    EXPECT_TRUE(state_->look(clock_.now()));
    auto seen = sensor_->observe(clock_.now());
    EXPECT_TRUE(seen);
    return seen.value_or(Observation{});
  }
  // Two looks so far apart that what runs is taken for lasting.
  Observation look_twice() {
    look();
    std::this_thread::sleep_for(Duration(50));
    return look();
  }

  static const Resource* find(const Observation& seen, std::string_view kind, std::string_view key, const Json& value) {
    const auto found = std::find_if(seen.resources.begin(), seen.resources.end(), [&](const Resource& resource) {
      return resource.kind == kind && resource.fields[key] == value;
    });
    return found == seen.resources.end() ? nullptr : &*found;
  }
  static bool related(const Observation& seen, std::string_view source, std::string_view kind,
                      std::string_view target) {
    return std::any_of(seen.relations.begin(), seen.relations.end(), [&](const Relation& relation) {
      return relation.source == source && relation.kind == kind && relation.target == target;
    });
  }

  SystemClock clock_;
  std::unique_ptr<HostState> state_;
  std::unique_ptr<HostSensor> sensor_;
};

TEST_F(HostSensorTest, SeesThisProcessItsHostAndItsParent) {
  const Observation seen = look_twice();
  const Resource* self = find(seen, "host_process", "pid", ::getpid());
  ASSERT_NE(self, nullptr);
  EXPECT_EQ(self->fields["comm"].string_or_empty(), "connect_host_te");
  EXPECT_TRUE(related(seen, self->id, "runs_on", "host/testhost"));
  const Resource* parent = find(seen, "host_process", "pid", ::getppid());
  if (parent != nullptr) {
    EXPECT_TRUE(related(seen, self->id, "started_by", parent->id));
  }
  EXPECT_EQ(find(seen, "host_process", "comm", "kthreadd"), nullptr);
}

TEST_F(HostSensorTest, FindsWhoListensOnAPort) {
  const int server = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ASSERT_EQ(::listen(server, 1), 0);
  socklen_t length = sizeof(address);
  ::getsockname(server, reinterpret_cast<sockaddr*>(&address), &length);
  const int port = ntohs(address.sin_port);

  const Observation seen = look_twice();
  const Resource* found = find(seen, "host_listening_port", "port", port);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->fields["address"].string_or_empty(), "127.0.0.1");
  const Resource* self = find(seen, "host_process", "pid", ::getpid());
  ASSERT_NE(self, nullptr);
  EXPECT_TRUE(related(seen, self->id, "listens_on", found->id));
  ::close(server);
  const Observation later = look();
  EXPECT_EQ(find(later, "host_listening_port", "port", port), nullptr);
}

TEST_F(HostSensorTest, ALogThatAYoungProcessOpensIsKnownAtTheNextLook) {
  std::string path = (std::filesystem::temp_directory_path() / "capstan-young-XXXXXX").string();
  const int log = ::mkstemp(path.data());
  ASSERT_GE(log, 0);
  ::close(log);
  sensor_ = std::make_unique<HostSensor>(*state_, clock_, [&] { return std::vector<FollowedFile>{{.path = path}}; });
  look_twice();
  const int opened = ::open(path.c_str(), O_WRONLY);
  const Observation seen = look();
  const Resource* self = find(seen, "host_process", "pid", ::getpid());
  ASSERT_NE(self, nullptr);
  EXPECT_TRUE(related(seen, self->id, "writes_to", "host_log_file/testhost:" + path));
  ::close(opened);
  std::filesystem::remove(path);
}

// Also while nobody has waited for it.
TEST_F(HostSensorTest, TellsHowAProcessEnded) {
  if (!sensor_->notices().empty()) GTEST_SKIP() << sensor_->notices().front();
  const pid_t child = ::fork();
  if (child == 0) {
    while (true) ::pause();
  }
  look();  // The first look takes what is there as lasting.
  const Observation seen = look();
  const Resource* found = find(seen, "host_process", "pid", child);
  ASSERT_NE(found, nullptr);
  ::kill(child, SIGKILL);
  siginfo_t ended{};
  ::waitid(P_PID, child, &ended, WEXITED | WNOWAIT);
  const Observation later = look();
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(find(later, "host_process", "pid", child), nullptr);
  const auto departure = std::ranges::find(later.departures, found->id, [](const auto& each) { return each.first; });
  ASSERT_NE(departure, later.departures.end());  // Others of this machine may have ended in that moment, too.
  EXPECT_EQ(departure->second["exit_signal_name"].string_or_empty(), "SIGKILL");
}

TEST_F(HostSensorTest, ADeclaredServiceRunsAndFails) {
  Observation seen = look();
  ASSERT_NE(find(seen, "host_service", "name", "sleeper"), nullptr);
  EXPECT_EQ(find(seen, "host_service", "name", "sleeper")->fields["state"].string_or_empty(), "stopped");
  const auto start = [] {
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::execlp("sleep", "sleep", "987654", nullptr);
    ::_exit(127);
  };
  const auto state_of = [&] {
    return std::string(find(seen, "host_service", "name", "sleeper")->fields["state"].string_or_empty());
  };
  const auto wait_until_it_runs = [&] {
    for (int i = 0; i < 100 && state_of() != "running"; ++i) {
      std::this_thread::sleep_for(Duration(10));
      seen = look();
    }
    EXPECT_EQ(state_of(), "running");
  };
  pid_t child = start();
  wait_until_it_runs();
  EXPECT_EQ(find(seen, "host_service", "name", "sleeper")->fields["main_pid"], Json(child));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  seen = look();
  EXPECT_EQ(state_of(), sensor_->notices().empty() ? "failed" : "stopped");
  child = start();
  wait_until_it_runs();
  ::kill(child, SIGTERM);
  ::waitpid(child, nullptr, 0);
  seen = look();
  EXPECT_EQ(state_of(), "stopped") << "it was asked to end";
}

// Whoever knows it from before a restart would take it for gone.
TEST_F(HostSensorTest, WhatRanBeforeTheFirstLookIsThereAtOnce) {
  const pid_t child = ::fork();
  if (child == 0) {
    while (true) ::pause();
  }
  const Observation seen = look();
  const Resource* found = find(seen, "host_process", "pid", child);
  ASSERT_NE(found, nullptr);
  EXPECT_NE(found->fields["command"].string_or_empty(), "");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(HostSensorTest, ShortLivedProcessesAreNoResources) {
  look();
  const pid_t child = ::fork();
  if (child == 0) {
    while (true) ::pause();
  }
  const Observation seen = look();
  EXPECT_EQ(find(seen, "host_process", "pid", child), nullptr);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

}  // namespace
}  // namespace capstan::host
