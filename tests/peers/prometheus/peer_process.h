// A real node_exporter and Prometheus on free ports, ended with the test.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_client.h"
#include "base/json.h"

namespace capstan::peers {

int free_port();

// A program that is killed when this goes. Its output goes to a file.
class Process {
 public:
  Process(std::vector<std::string> command, const std::filesystem::path& output);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

 private:
  pid_t pid_ = -1;
};

// node_exporter, and a Prometheus that scrapes it every second as job "node" and evaluates `rules` every second.
class PrometheusPeer {
 public:
  explicit PrometheusPeer(std::string_view rules);
  ~PrometheusPeer();

  std::string exporter() const { return "127.0.0.1:" + std::to_string(exporter_port_); }
  const std::filesystem::path& directory() const { return directory_; }
  // The body of GET <path> at Prometheus, "data" taken out; fails the test where Prometheus does not answer.
  Json get(std::string_view path);
  // Asks until the answer pleases, at most 30 s.
  template <class Pleases>
  Json get_until(std::string_view path, Pleases pleases) {
    for (int i = 0; i < 300; ++i) {
      Json answer = get(path);
      if (pleases(answer)) return answer;
      pause();
    }
    return get(path);
  }
  // A tenth of a second: for what another program does in its own time.
  static void pause();

 private:
  void wait_until_ready();

  std::filesystem::path directory_;
  int exporter_port_;
  int prometheus_port_;
  CurlHttpClient client_;
  std::unique_ptr<Process> exporter_;
  std::unique_ptr<Process> prometheus_;
};

}  // namespace capstan::peers
