// The entries of a kubeconfig file as they were written, with where that was.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "connect/kubernetes/cluster_access.h"

namespace capstan::kubernetes {

// PEM as it may be given: as a file, or inline in base64. Inline goes before the file.
struct PemEntry {
  std::string file;  // Absolute, or relative to the working directory as the kubeconfig was.
  std::string data;  // Decoded.
  Where where;       // Of the one that counts.

  bool empty() const { return file.empty() && data.empty(); }
};

struct ClusterEntry {
  std::string name;
  std::string server;
  std::string tls_server_name;
  bool insecure = false;
  PemEntry authority;
  std::string proxy;
  bool compressed = true;
  Json plugin_config;
  Where where;
};

struct UserEntry {
  std::string name;
  PemEntry certificate;
  PemEntry key;
  std::string token;
  std::string token_file;
  std::string username;
  std::string password;
  std::optional<ExecPlugin> plugin;
  std::string plugin_mode;  // "Never", "IfAvailable", "Always" or "".
  std::string legacy_provider;
  HttpHeaders impersonation;
  Where where;
};

struct ContextEntry {
  std::string name;
  std::string cluster;
  std::string user;
  std::string default_namespace;
  Where where;
};

// Everything one file says. Mistakes of form are errors; keys that nobody knows are added to `warnings`.
struct KubeconfigFile {
  std::vector<ClusterEntry> clusters;
  std::vector<UserEntry> users;
  std::vector<ContextEntry> contexts;
  std::string current_context;
};
Result<KubeconfigFile> read_kubeconfig_file(const ConfigNode& document, const std::filesystem::path& folder,
                                            std::vector<Error>& warnings);

}  // namespace capstan::kubernetes
