// Asks a credential plugin who we are: the `exec` entry of a kubeconfig.
// Source: the client.authentication.k8s.io v1 reference (ExecCredential).
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "connect/kubernetes/cluster_access.h"

namespace capstan::kubernetes {

// What proves who asks: a token, a certificate with its key, or both.
struct Proof {
  std::string token;
  std::string certificate_pem;
  std::string key_pem;
  std::optional<Time> expires;
};

// Runs the plugin of `access` and reads its answer; takes at most a minute. `environment` is what the plugin inherits.
// kUnauthenticated when the plugin fails, with the last line it said; never with what it answered.
Result<Proof> ask_plugin(const ClusterAccess& access, const Environment& environment, const Clock& clock,
                         const std::stop_token& stop);

// What KUBERNETES_EXEC_INFO tells the plugin.
std::string plugin_question(const ClusterAccess& access);

// The plugin's answer. Errors say what was expected and nothing that was found.
Result<Proof> read_plugin_answer(std::string_view text, std::string_view api_version);

}  // namespace capstan::kubernetes
