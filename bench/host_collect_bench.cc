// What watching a machine with 500 more processes costs, beside what Debian's node_exporter takes for a scrape, which
// looks at no process at all.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "base/subprocess.h"
#include "connect/host/host_metrics.h"
#include "connect/host/host_sensor.h"
#include "connect/host/process_handle.h"

namespace {

using namespace capstan;

constexpr int kProcesses = 500;
constexpr int kLooks = 20;

class Sleepers {
 public:
  Sleepers() {
    for (int i = 0; i < kProcesses; ++i) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (true) ::pause();
      }
      pids_.push_back(pid);
    }
  }
  ~Sleepers() {
    for (const pid_t pid : pids_) ::kill(pid, SIGKILL);
    for (const pid_t pid : pids_) ::waitpid(pid, nullptr, 0);
  }

 private:
  std::vector<pid_t> pids_;
};

double own_cpu_ms() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

// Processor time in milliseconds of one call, on average.
double cost_ms(const std::function<void()>& call) {
  call();
  const double before = own_cpu_ms();
  for (int i = 0; i < kLooks; ++i) call();
  return (own_cpu_ms() - before) / kLooks;
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

// Processor time in milliseconds of one scrape of node_exporter; 0 when it is not installed.
double peer_cost_ms(const Clock& clock) {
  const int port = free_port();
  const auto pid = start_detached(
      {.argv = {"prometheus-node-exporter", fmt::format("--web.listen-address=127.0.0.1:{}", port)}}, "", "");
  if (!pid) return 0;
  const std::string url = fmt::format("http://127.0.0.1:{}/metrics", port);
  const auto scrape = [&](int times) {
    ProgramSpec spec{
        .argv = {"curl", "-s", "-o", "/dev/null", "--retry", "20", "--retry-connrefused", "--retry-delay", "1"}};
    for (int i = 0; i < times; ++i) spec.argv.push_back(url);
    return run_program(spec, clock, {});
  };
  double cost = 0;
  if (scrape(1)) {
    const auto before = host::read_process_stat(*pid);
    constexpr int kScrapes = 100;
    scrape(kScrapes);
    const auto after = host::read_process_stat(*pid);
    if (before && after) cost = static_cast<double>(after->cpu_ms() - before->cpu_ms()) / kScrapes;
  }
  ::kill(*pid, SIGKILL);
  return cost;
}

}  // namespace

int main() {
  const SystemClock clock;
  const Sleepers sleepers;
  auto state = host::HostState::open({}, clock);
  if (!state) {
    fmt::print(stderr, "{}\n", state.error().to_string());
    return 1;
  }
  host::HostMetrics metrics(**state);
  host::HostSensor sensor(**state, clock, nullptr);
  size_t series = 0;
  const double collect = cost_ms([&] { series = metrics.collect(clock.now()).value().size(); });
  size_t resources = 0;
  const double observe = cost_ms([&] { resources = sensor.observe(clock.now()).value().resources.size(); });
  const double peer = peer_cost_ms(clock);
  fmt::print("collect: {:.2f} ms of processor time, {} series, {} processes\n", collect, series,
             (*state)->processes().processes().size());
  fmt::print("observe: {:.2f} ms of processor time, {} resources\n", observe, resources);
  fmt::print("at a 5 s interval: {:.2f} % of a core for metrics, {:.2f} % with resources\n", collect / 50,
             (collect + observe) / 50);
  fmt::print("at a 1 s interval: {:.2f} % of a core for metrics, {:.2f} % with resources each 2 s\n", collect / 10,
             (collect + observe / 2) / 10);
  if (peer > 0)
    fmt::print("node_exporter: {:.2f} ms a scrape, without processes; ratio {:.2f}\n", peer, collect / peer);
  return collect / 50 < 1.0 ? 0 : 1;
}
