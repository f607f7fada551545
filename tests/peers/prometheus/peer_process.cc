#include "peer_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

extern char** environ;

namespace capstan::peers {

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(fd);
  return ntohs(address.sin_port);
}

Process::Process(std::vector<std::string> command, const std::filesystem::path& output) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  EXPECT_EQ(::posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ), 0) << command[0];
  posix_spawn_file_actions_destroy(&actions);
}

Process::~Process() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

PrometheusPeer::PrometheusPeer(std::string_view rules) : exporter_port_(free_port()), prometheus_port_(free_port()) {
  std::string name = "/tmp/capstan-peer-XXXXXX";
  directory_ = mkdtemp(name.data());
  std::ofstream(directory_ / "rules.yaml") << rules;
  std::ofstream(directory_ / "prometheus.yml")
      << "global: { scrape_interval: 1s, evaluation_interval: 1s, external_labels: { site: lab } }\n"
      << "rule_files: [ rules.yaml ]\n"
      << "scrape_configs:\n  - job_name: node\n    static_configs: [ { targets: [ '" << exporter() << "' ] } ]\n";
  exporter_ = std::make_unique<Process>(
      std::vector<std::string>{"/usr/bin/prometheus-node-exporter", "--web.listen-address=" + exporter()},
      directory_ / "exporter.log");
  prometheus_ = std::make_unique<Process>(
      std::vector<std::string>{"/usr/bin/prometheus", "--config.file=" + (directory_ / "prometheus.yml").string(),
                               "--storage.tsdb.path=" + (directory_ / "data").string(),
                               "--web.external-url=http://peer.example/p",
                               "--web.listen-address=127.0.0.1:" + std::to_string(prometheus_port_)},
      directory_ / "prometheus.log");
  wait_until_ready();
}

PrometheusPeer::~PrometheusPeer() {
  prometheus_.reset();
  exporter_.reset();
  std::filesystem::remove_all(directory_);
}

void PrometheusPeer::pause() { std::this_thread::sleep_for(std::chrono::milliseconds(100)); }

void PrometheusPeer::wait_until_ready() {
  HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(prometheus_port_) + "/p/-/ready";
  for (int i = 0; i < 300; ++i) {
    const auto response = client_.send(request);
    if (response && response->status == 200) return;
    pause();
  }
  ADD_FAILURE() << "Prometheus does not start; see " << directory_ / "prometheus.log";
}

Json PrometheusPeer::get(std::string_view path) {
  HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(prometheus_port_) + "/p" + std::string(path);
  const auto response = client_.send(request);
  if (!response) {
    ADD_FAILURE() << response.error().message;
    return {};
  }
  const auto body = Json::parse(response->body);
  return body ? (*body)["data"] : Json();
}

}  // namespace capstan::peers
