// The settings' `exec:`: which programs verbs may run, and as whom.
//
//   exec:
//     programs: [/usr/bin/terraform, /usr/local/bin/ansible-playbook]
//     user: ops                 # who runs them; nobody when Capstan is root and nothing is said
//     users: [infra, root]      # whom verbs may name beside
//     directory: /srv/ops       # where they run unless a verb says so
#pragma once

#include <string>
#include <vector>

#include "base/config.h"

namespace capstan::exec {

struct ExecSettings {
  std::vector<std::string> programs;  // Absolute paths. None: no verb of this folder runs anything.
  std::string user;                   // "": nobody where Capstan is root, else its own user.
  std::vector<std::string> users;
  std::string directory = "/";

  bool operator==(const ExecSettings&) const = default;
};

Result<ExecSettings> read_exec_settings(const ConfigNode& node);

}  // namespace capstan::exec
