// What a user may say about the machine: its name, services, log files and scripts. All of it may be left out.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "base/time.h"
#include "connect/host/work_judge.h"

namespace capstan::host {

// A service of a machine where no systemd runs, or that systemd does not know.
struct DeclaredService {
  // How its processes are told; all that is given must fit.
  struct Match {
    std::string executable;  // A path, a name, or a pattern of either: "/opt/web/bin/*".
    std::string command;     // Part of the command line.
    std::string pid_file;
    int port = 0;  // It listens there.

    bool operator==(const Match&) const = default;
  };
  std::string name;
  Match match;
  std::string start;  // For the shell; may stay in the foreground or not.
  std::string stop;   // For the shell; "" sends SIGTERM to its processes.
  std::string user;   // Who runs the two; "" is Capstan's own user.
  bool wanted_running = true;
  Duration time_limit{30'000};  // For starting and stopping.

  bool operator==(const DeclaredService&) const = default;
};

struct LogSource {
  std::string path;  // May be a pattern: "/var/log/**/*.log".
  std::vector<std::pair<std::string, std::string>> labels;

  bool operator==(const LogSource&) const = default;
};

struct HostConfig {
  std::string name;  // The host's name; empty: what the kernel says.
  std::string job = "host";
  std::vector<DeclaredService> services;
  std::vector<LogSource> logs;
  int64_t log_lines_per_second = 1000;  // Of one file; more are counted and left out.
  bool journal = true;
  std::string journal_directory;  // Empty: where systemd keeps it.
  std::string scripts_directory;  // Scripts that host.run_script may run; empty: none.
  std::string script_user;        // Who runs them; empty: "nobody" when Capstan is root.
  WorkRules work;

  bool operator==(const HostConfig&) const = default;
};

// The defaults, with the logs that a machine usually has.
HostConfig default_host_config();

// Reads the `host:` part of the configuration:
//   name: web1
//   services:
//     - {name: web, match: {exe: nginx}, start: "nginx", wanted: running}
//   logs: ["/var/log/*.log", {path: /srv/app/*.log, labels: {app: shop}}]
//   scripts: {directory: /etc/capstan/scripts, user: ops}
//   work: {window: 5s}
Result<HostConfig> parse_host_config(const ConfigNode& node);

// The name the kernel has for this machine.
std::string kernel_host_name();

}  // namespace capstan::host
