// How fast a scraped page is read: the page of a real node_exporter, and one of 100,000 series. "lines" reads lines and
// values, "first scrape" also makes labels, "next scrapes" are what a target costs from then on. The peer is the Go
// parser of Prometheus' own libraries (expfmt), as `promtool check metrics` runs it over the same page; its start on an
// empty page is taken off, its linting is not.
//
//   scrape_parse_bench [page-file]
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "base/file.h"
#include "base/http_client.h"
#include "connect/prometheus/target_series.h"

extern char** environ;

namespace capstan::prometheus {
namespace {

double cpu_seconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

pid_t start(std::vector<std::string> command, const std::string& input) {
  std::vector<char*> words;
  for (std::string& word : command) words.push_back(word.data());
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = -1;
  if (::posix_spawn(&pid, words[0], &actions, nullptr, words.data(), environ) != 0) pid = -1;
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

// The CPU seconds of one run of promtool over a page, the mean of several; negative when it is not there.
double promtool_seconds(const std::string& page, int runs) {
  std::string path = "/tmp/capstan-bench-XXXXXX";
  const int fd = ::mkstemp(path.data());
  ::close(fd);
  std::ofstream(path) << page;
  const double before = cpu_seconds(RUSAGE_CHILDREN);
  pid_t pid = -1;
  for (int i = 0; i < runs; ++i) {
    pid = start({"/usr/bin/promtool", "check", "metrics"}, path);
    if (pid > 0) ::waitpid(pid, nullptr, 0);
  }
  std::filesystem::remove(path);
  return pid > 0 ? (cpu_seconds(RUSAGE_CHILDREN) - before) / runs : -1;
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(fd);
  return ntohs(address.sin_port);
}

std::string node_exporter_page() {
  const std::string address = fmt::format("127.0.0.1:{}", free_port());
  const pid_t pid = start({"/usr/bin/prometheus-node-exporter", "--web.listen-address=" + address}, "/dev/null");
  CurlHttpClient client;
  HttpRequest request;
  request.url = "http://" + address + "/metrics";
  std::string page;
  for (int i = 0; i < 100 && page.empty(); ++i) {
    if (auto response = client.send(request); response && response->ok()) page = std::move(response->body);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  if (pid > 0) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  return page;
}

std::string large_page() {
  std::string page = "# HELP http_requests_total Requests.\n# TYPE http_requests_total counter\n";
  for (int i = 0; i < 100'000; ++i) {
    page +=
        fmt::format("http_requests_total{{method=\"GET\",path=\"/api/v1/things/{}\",code=\"{}\",pod=\"web-{}\"}} {}\n",
                    i / 20, 200 + i % 5, i % 20, i * 17);
  }
  return page;
}

struct Figure {
  double seconds = 0;  // CPU, a page.
  size_t samples = 0;
};

Figure measure(const std::function<size_t()>& read_page) {
  const double start = cpu_seconds(RUSAGE_SELF);
  Figure figure;
  int rounds = 0;
  do {
    figure.samples = read_page();
    ++rounds;
    figure.seconds = cpu_seconds(RUSAGE_SELF) - start;
  } while (figure.seconds < 1);
  figure.seconds /= rounds;
  return figure;
}

void print(std::string_view what, const std::string& page, const Figure& figure, double peer) {
  fmt::print("  {:<14} {:>8.1f} MB/s {:>12.0f} samples/s {:>8.1f}x expfmt\n", what,
             static_cast<double>(page.size()) / 1e6 / figure.seconds,
             static_cast<double>(figure.samples) / figure.seconds, peer / figure.seconds);
}

void bench(std::string_view name, const std::string& page) {
  Target target;
  target.job = std::make_shared<const ScrapeJob>();
  target.labels = Labels{{"job", "bench"}, {"instance", "localhost:9100"}};
  const auto read = [&](TargetSeries& series) {
    const auto counts = series.read(page, Format::kText, 1, target);
    if (!counts) fmt::print(stderr, "{}\n", counts.error().to_string());
    return counts ? counts->scraped : 0;
  };
  const int runs = page.size() < 1 << 20 ? 20 : 2;
  const double peer = promtool_seconds(page, runs) - promtool_seconds("", 20);
  const Figure lines = measure([&] {
    ExpositionReader reader(page, Format::kText);
    RawSample sample;
    size_t count = 0;
    while (reader.next(sample).value_or(false)) ++count;
    return count;
  });
  const Figure first = measure([&] {
    TargetSeries fresh;
    return read(fresh);
  });
  TargetSeries series;
  read(series);
  const Figure next = measure([&] { return read(series); });

  fmt::print("{}: {} samples, {:.2f} MB; expfmt (promtool) {:.1f} MB/s of CPU\n", name, lines.samples,
             static_cast<double>(page.size()) / 1e6, static_cast<double>(page.size()) / 1e6 / peer);
  print("lines", page, lines, peer);
  print("first scrape", page, first, peer);
  print("next scrapes", page, next, peer);
}

}  // namespace
}  // namespace capstan::prometheus

int main(int argc, char** argv) {
  using namespace capstan;
  const std::string node = argc > 1 ? read_file(argv[1]).value_or("") : prometheus::node_exporter_page();
  if (!node.empty()) prometheus::bench("node_exporter", node);
  prometheus::bench("100,000 series", prometheus::large_page());
  return node.empty() ? 1 : 0;
}
