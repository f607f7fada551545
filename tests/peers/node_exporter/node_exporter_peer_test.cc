// The same machine, measured by Debian's prometheus-node-exporter and by us at nearly the same moment: for every
// collector that we cover, the same names and labels, and values that differ no more than the moment explains.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmath>
#include <map>
#include <set>
#include <thread>

#include "base/subprocess.h"
#include "connect/host/host_metrics.h"

namespace capstan::host {
namespace {

using Values = std::map<std::string, double>;  // By name and labels, without instance and job.

// Names of the collectors that we cover start so.
constexpr std::string_view kCovered[] = {
    "node_cpu_seconds", "node_cpu_guest",         "node_memory_",   "node_load",       "node_filesystem_",
    "node_disk_",       "node_network_",          "node_vmstat_",   "node_pressure_",  "node_procs_",
    "node_forks_",      "node_context_switches_", "node_intr_",     "node_boot_time_", "node_time_seconds",
    "node_uname_info",  "node_filefd_",           "node_sockstat_", "node_netstat_"};
// What node_exporter has beyond, within these.
constexpr std::string_view kLeftOut[] = {"node_network_address_assign_type", "node_network_device_id",
                                         "node_network_dormant", "node_network_name_assign_type"};
// Counters that newer kernels have and node_exporter 1.5 also shows are compared; those of ours that 1.5 lacks:
constexpr std::string_view kNewer[] = {"node_netstat_TcpExt_TCPOFOQueue", "node_netstat_TcpExt_TCPRcvQDrop"};

bool is_in(std::string_view name, auto& list) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}
bool is_covered(std::string_view name) {
  const bool covered = std::any_of(std::begin(kCovered), std::end(kCovered),
                                   [&](std::string_view prefix) { return name.starts_with(prefix); });
  return covered && !is_in(name, kLeftOut);
}

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(socket);
  return ntohs(address.sin_port);
}

class Exporter {
 public:
  Exporter() : port_(free_port()) {
    const auto pid = start_detached(
        {.argv = {"prometheus-node-exporter", fmt::format("--web.listen-address=127.0.0.1:{}", port_),
                  "--collector.netdev.device-exclude=^$",
                  "--collector.diskstats.device-exclude=^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$",
                  "--collector.filesystem.mount-points-exclude=^/(dev|proc|run/credentials/.+|sys|var/lib/docker/"
                  ".+)($|/)"}},
        "", "");
    pid_ = pid.value_or(-1);
  }
  ~Exporter() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
  }
  std::string scrape() const {
    const SystemClock clock;
    const auto answer = run_program({.argv = {"curl", "-s", "--retry", "20", "--retry-connrefused", "--retry-delay",
                                              "1", fmt::format("http://127.0.0.1:{}/metrics", port_)}},
                                    clock, {});
    return answer ? answer->out : "";
  }

 private:
  int port_;
  pid_t pid_ = -1;
};

// Reads the text format; label values here have no escapes but in the kernel's version, which is left as it is.
Values parse(std::string_view text) {
  Values values;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t blank = line.rfind(' ');
    if (line.empty() || line.front() == '#' || blank == std::string_view::npos) continue;
    std::string_view series = line.substr(0, blank);
    const size_t brace = series.find('{');
    std::vector<Labels::Pair> labels = {{std::string(kMetricName), std::string(series.substr(0, brace))}};
    std::string_view rest = brace == std::string_view::npos ? "" : series.substr(brace + 1);
    while (rest.find("=\"") != std::string_view::npos) {
      const size_t equals = rest.find("=\"");
      const size_t close = rest.find('"', equals + 2);
      labels.emplace_back(rest.substr(0, equals), rest.substr(equals + 2, close - equals - 2));
      rest.remove_prefix(std::min(close + 2, rest.size()));
    }
    values[Labels(std::move(labels)).to_string()] = std::strtod(std::string(line.substr(blank + 1)).c_str(), nullptr);
  }
  return values;
}

std::string name_of(const std::string& series) { return series.substr(0, series.find('{')); }

Values ours(HostMetrics& metrics, const Clock& clock) {
  Values values;
  auto samples = metrics.collect(clock.now());
  EXPECT_TRUE(samples);
  for (SeriesSample& sample : *samples) {
    sample.labels.set("instance", "");
    sample.labels.set("job", "");
    values[sample.labels.to_string()] = sample.sample.value;
  }
  return values;
}

TEST(NodeExporterPeer, HasTheSameNamesLabelsAndValues) {
  if (::access("/usr/bin/prometheus-node-exporter", X_OK) != 0)
    GTEST_SKIP() << "prometheus-node-exporter is not installed";
  const SystemClock clock;
  auto state = HostState::open({}, clock);
  ASSERT_TRUE(state);
  HostMetrics metrics(**state);
  const Exporter exporter;
  exporter.scrape();
  const Values before = ours(metrics, clock);
  const Values theirs = parse(exporter.scrape());
  const Values after = ours(metrics, clock);
  ASSERT_GT(theirs.size(), 300u);

  size_t compared = 0;
  for (const auto& [series, value] : theirs) {
    if (!is_covered(name_of(series))) continue;
    const auto low = before.find(series);
    const auto high = after.find(series);
    if (low == before.end() || high == after.end()) {
      ADD_FAILURE() << "missing: " << series;
      continue;
    }
    // The truth at their moment lies between our two looks, give or take 5 % of what jumps about.
    const double least = std::min(low->second, high->second);
    const double most = std::max(low->second, high->second);
    const double tolerance =
        0.05 * std::max(std::abs(least), std::abs(most)) + (name_of(series).starts_with("node_memory_") ? 200e6 : 50);
    EXPECT_GE(value, least - tolerance) << series;
    EXPECT_LE(value, most + tolerance) << series;
    ++compared;
  }
  for (const auto& [series, value] : after) {
    const std::string name = name_of(series);
    if (name.starts_with("node_") && !theirs.contains(series) && !is_in(name, kNewer))
      ADD_FAILURE() << "not theirs: " << series;
  }
  fmt::print("{} series compared with node_exporter\n", compared);
  EXPECT_GT(compared, 250u);
}

}  // namespace
}  // namespace capstan::host
