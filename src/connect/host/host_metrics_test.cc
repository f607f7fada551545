#include "connect/host/host_metrics.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <set>
#include <thread>

namespace capstan::host {
namespace {

class HostMetricsTest : public testing::Test {
 protected:
  void SetUp() override {
    HostConfig config;
    config.name = "testhost";
    auto state = HostState::open(std::move(config), clock_);
    ASSERT_TRUE(state) << state.error().to_string();
    state_ = std::move(*state);
    metrics_ = std::make_unique<HostMetrics>(*state_);
  }

  std::vector<SeriesSample> collect() {
    auto samples = metrics_->collect(clock_.now());
    EXPECT_TRUE(samples);
    return samples.value_or(std::vector<SeriesSample>{});
  }

  SystemClock clock_;
  std::unique_ptr<HostState> state_;
  std::unique_ptr<HostMetrics> metrics_;
};

TEST_F(HostMetricsTest, EverySeriesIsGivenOnceAndCarriesTheTarget) {
  collect();
  std::set<Labels> seen;
  for (const SeriesSample& sample : collect()) {
    EXPECT_EQ(sample.labels.get("instance"), "testhost");
    EXPECT_EQ(sample.labels.get("job"), "host");
    if (sample.sample.at_ms == 0) continue;
    if (sample.labels.get(kMetricName).starts_with("capstan_process")) continue;  // Two samples where one begins.
    EXPECT_TRUE(seen.insert(sample.labels).second) << sample.labels.to_string();
  }
  EXPECT_GT(seen.size(), 100u);
}

TEST_F(HostMetricsTest, CountersOfAGroupNeverGoBackWhenItsProcessesEnd) {
  const auto group_cpu = [](const std::vector<SeriesSample>& samples) {
    double seconds = -1;
    for (const SeriesSample& sample : samples) {
      if (sample.labels.get(kMetricName) != "namedprocess_namegroup_cpu_seconds_total") continue;
      if (sample.labels.get("groupname") == "grp-burner") seconds = std::max(seconds, 0.0) + sample.sample.value;
    }
    return seconds;
  };
  collect();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/bash", "grp-burner", "-c", "printf grp-burner >/proc/self/comm; while :; do :; done", nullptr);
    ::_exit(127);
  }
  double busy = 0;
  for (int i = 0; i < 500 && busy < 0.1; ++i) {
    std::this_thread::sleep_for(Duration(20));
    busy = group_cpu(collect());
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_GE(busy, 0.1);
  EXPECT_GE(group_cpu(collect()), busy);
  EXPECT_GE(group_cpu(collect()), busy);
}

TEST_F(HostMetricsTest, ABusyProcessHasSeriesFromItsStartAndStaleMarkersAtItsEnd) {
  collect();
  const pid_t child = ::fork();
  if (child == 0) {
    while (true) {
    }
  }
  std::string pid = std::to_string(child);
  std::vector<double> values;
  // On a machine that is busy with other things the child waits for its turn.
  const auto has_grown = [&] { return values.size() >= 2 && values.front() < values.back(); };
  for (int i = 0; i < 500 && !has_grown(); ++i) {
    std::this_thread::sleep_for(Duration(20));
    for (const SeriesSample& sample : collect()) {
      if (sample.labels.get(kMetricName) == "capstan_process_cpu_seconds_total" && sample.labels.get("pid") == pid) {
        values.push_back(sample.sample.value);
        EXPECT_TRUE(sample.labels.get("process").starts_with("host_process/"));
      }
    }
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(has_grown());
  size_t ended = 0;
  for (const SeriesSample& sample : collect()) {
    if (sample.labels.get("pid") == pid && is_stale(sample.sample.value)) ++ended;
  }
  EXPECT_EQ(ended, 4u);
}

}  // namespace
}  // namespace capstan::host
