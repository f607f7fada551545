// All it takes to talk to one cluster as one user: what a context of a kubeconfig says, with its files found.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http_client.h"
#include "base/json.h"

namespace capstan::kubernetes {

using Environment = std::vector<std::pair<std::string, std::string>>;
// "" where there is no such variable.
std::string value_of(const Environment& environment, std::string_view name);

// A program that is asked for credentials.
struct ExecPlugin {
  std::string api_version;  // "client.authentication.k8s.io/v1" or "…/v1beta1".
  std::string command;      // A path, or a name to be found in PATH.
  std::vector<std::string> arguments;
  Environment environment;            // Added to that of Capstan.
  bool provide_cluster_info = false;  // It wants to know which cluster it is for.
  std::string install_hint;
};

struct ClusterAccess {
  std::string context;            // As the kubeconfig names it; "in-cluster" within one.
  std::string cluster;            // The same.
  std::string server;             // "https://10.0.0.1:6443", without a slash at the end.
  std::string default_namespace;  // Where a request names none.
  HttpTls tls;
  std::string proxy;  // "" for none.
  bool compressed = true;

  // How the user is known, beside a client certificate. A token that is read from a file goes before one that is given.
  std::string token;
  std::string token_file;
  std::string username;
  std::string password;
  std::optional<ExecPlugin> plugin;
  Json plugin_config;         // What the cluster has to say to plugins.
  HttpHeaders impersonation;  // Sent with every request.
};

}  // namespace capstan::kubernetes
