// How fast windows are checked and clocks find their next time, in several zones. The peer is Cloud Custodian's
// off-hours filter (c7n, PyPI) on the same instants and machine, where a Python has it:
//
//   decide_window_bench [python]
#include <fmt/format.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "decide/cron.h"
#include "decide/schedule.h"
#include "decide/window.h"

namespace capstan::decide {
namespace {

constexpr const char* kZones[] = {"Asia/Seoul", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"};
constexpr size_t kInstants = 1'000;

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) / 1e6;
}

std::vector<Time> instants() {
  std::vector<Time> times;
  const Time begin = parse_time("2026-01-01T00:00:00Z").value();
  for (size_t i = 0; i < kInstants; ++i) times.push_back(begin + Duration(static_cast<int64_t>(i) * 31'536'000));
  return times;
}

double window_checks_per_second(const std::vector<Time>& times) {
  std::vector<Window> windows;
  for (const char* zone : kZones)
    windows.push_back(Window::parse("Mon-Fri 09:00-18:00", Zone::find(zone).value()).value());
  constexpr int kRounds = 20'000;
  size_t inside = 0;
  const double began = cpu_seconds();
  for (int round = 0; round < kRounds; ++round) {
    const Window& window = windows[static_cast<size_t>(round) % windows.size()];
    for (const Time time : times) inside += window.contains(time) ? 1 : 0;
  }
  const double took = cpu_seconds() - began;
  if (inside == 0) std::abort();  // Or the work would have been left out.
  return static_cast<double>(kRounds) * static_cast<double>(times.size()) / took;
}

double next_fire_ns(const char* text, const std::vector<Time>& times) {
  const Cron cron = Cron::parse(text, Zone::find("Europe/Berlin").value()).value();
  constexpr int kRounds = 500;
  int64_t sum = 0;
  const double began = cpu_seconds();
  for (int round = 0; round < kRounds; ++round) {
    for (const Time time : times) sum += to_unix_ms(cron.next_after(time).value_or(time));
  }
  const double took = cpu_seconds() - began;
  if (sum == 0) std::abort();
  return took * 1e9 / (kRounds * static_cast<double>(times.size()));
}

// The same question of Cloud Custodian: is this instance off at this instant. It looks at a tag and the clock.
constexpr const char* kPeer = R"py(
import datetime, time, types
from unittest import mock
from c7n.filters import offhours
from dateutil import tz
f = offhours.OffHour({'type': 'offhour', 'default_tz': 'Asia/Seoul', 'offhour': 18, 'tag': 'hours', 'opt-out': True})
f.id_key = 'InstanceId'
class Now(datetime.datetime):
    at = None
    @classmethod
    def now(cls, zone=None):
        return cls.at.astimezone(zone)
begin = datetime.datetime(2026, 1, 1, tzinfo=tz.tzutc())
times = [begin + datetime.timedelta(milliseconds=i * 31536000) for i in range(1000)]
instance = {'InstanceId': 'i-1', 'Tags': [{'Key': 'hours', 'Value': 'off=(m-f,18);on=(m-f,9);tz=asia/seoul'}]}
clock = types.SimpleNamespace(datetime=Now, timedelta=datetime.timedelta)
with mock.patch.object(offhours, 'datetime', clock):
    began = time.process_time()
    rounds = 20
    for _ in range(rounds):
        for at in times:
            Now.at = at
            f.process_resource_schedule(instance, instance['Tags'][0]['Value'], f.time_type)
    print(rounds * len(times) / (time.process_time() - began))
)py";

double peer_checks_per_second(const std::string& python) {
  const std::string path = "/tmp/capstan-window-bench.py";
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (!file) return 0;
  std::fputs(kPeer, file);
  std::fclose(file);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> output(
      ::popen(fmt::format("'{}' {} 2>/dev/null", python, path).c_str(), "r"), ::pclose);
  std::array<char, 64> line{};
  const bool said = output && std::fgets(line.data(), line.size(), output.get());
  return said ? std::strtod(line.data(), nullptr) : 0;
}

void run(const std::string& python) {
  const std::vector<Time> times = instants();
  const double checks = window_checks_per_second(times);
  fmt::print("window checks          {:8.1f} million/s (target 20)\n", checks / 1e6);
  for (const char* text : {"30 6 * * *", "0 9 * * 1-5", "*/5 * * * *", "0 0 L * *"})
    fmt::print("next time of {:11} {:6.0f} ns (target 200)\n", text, next_fire_ns(text, times));
  const double peer = peer_checks_per_second(python);
  if (peer > 0)
    fmt::print("Cloud Custodian        {:8.3f} million/s: {:.0f} times as many here\n", peer / 1e6, checks / peer);
  else
    fmt::print("Cloud Custodian: not there (./dev bench installs it)\n");
}

}  // namespace
}  // namespace capstan::decide

int main(int count, char** arguments) {
  const char* home = std::getenv("HOME");
  capstan::decide::run(count > 1 ? arguments[1]
                                 : std::string(home ? home : "") + "/.cache/capstan/peers/custodian/bin/python");
}
