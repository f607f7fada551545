#include "connect/kubernetes/kubeconfig_entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/crypto.h"
#include "base/suggest.h"

namespace capstan::kubernetes {
namespace {

constexpr std::string_view kExecExtension = "client.authentication.k8s.io/exec";

// What a key means may be younger than we are, so an unknown one stops nothing; mostly it is a slip of the finger.
class EntryReader {
 public:
  EntryReader(const ConfigNode& node, std::string_view what, std::initializer_list<std::string_view> known,
              std::vector<Error>& warnings)
      : reader(node, what) {
    for (const auto& [key, value] : node.members) {
      (void)reader.node(key.scalar);
      if (std::ranges::find(known, key.scalar) != known.end()) continue;
      const std::string meant = did_you_mean(key.scalar, std::span(known.begin(), known.size()));
      warnings.push_back(
          {ErrorCode::kInvalidArgument, fmt::format("unknown key '{}' in {}{}", key.scalar, what, meant), key.where});
    }
  }
  MapReader reader;
};

// Paths are meant from where the file is.
std::string resolve(const std::string& path, const std::filesystem::path& folder) {
  if (path.empty() || path.front() == '/') return path;
  return (folder / path).lexically_normal().string();
}

PemEntry read_pem(MapReader& reader, const std::string& key, const std::filesystem::path& folder) {
  PemEntry pem;
  pem.file = resolve(reader.string_or(key, ""), folder);
  pem.where = reader.at(key).where;
  std::string encoded = reader.string_or(key + "-data", "");
  if (encoded.empty()) return pem;
  pem.where = reader.at(key + "-data").where;
  std::erase_if(encoded, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  if (Result<std::string> data = unbase64(encoded); data && data->find("-----BEGIN ") != std::string::npos) {
    pem.data = std::move(*data);
  } else {
    reader.problem(reader.at(key + "-data"),
                   fmt::format("'{}-data' must be a PEM text in base64{}", key,
                               data ? ", but what it holds does not begin with '-----BEGIN'" : ""));
  }
  return pem;
}

Json find_plugin_config(MapReader& reader) {
  const ConfigNode* extensions = reader.node("extensions");
  if (!extensions) return {};
  for (const ConfigNode& one : extensions->items) {
    const ConfigNode* name = one.find("name");
    const ConfigNode* body = one.find("extension");
    if (name && body && name->scalar == kExecExtension) return body->to_json();
  }
  return {};
}

Result<ClusterEntry> read_cluster(const ConfigNode& node, const std::filesystem::path& folder,
                                  std::vector<Error>& warnings) {
  EntryReader entry(node, "a cluster",
                    {"server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority",
                     "certificate-authority-data", "proxy-url", "disable-compression", "extensions"},
                    warnings);
  MapReader& reader = entry.reader;
  ClusterEntry cluster;
  cluster.where = node.where;
  cluster.server = reader.string_or("server", "");
  while (cluster.server.ends_with('/')) cluster.server.pop_back();
  if (!cluster.server.empty()) {
    cluster.where = reader.at("server").where;
    if (!cluster.server.starts_with("https://") && !cluster.server.starts_with("http://")) {
      reader.problem(reader.at("server"), "'server' must begin with https:// or http://");
    }
  }
  cluster.tls_server_name = reader.string_or("tls-server-name", "");
  cluster.insecure = reader.bool_or("insecure-skip-tls-verify", false);
  cluster.authority = read_pem(reader, "certificate-authority", folder);
  cluster.proxy = reader.string_or("proxy-url", "");
  cluster.compressed = !reader.bool_or("disable-compression", false);
  cluster.plugin_config = find_plugin_config(reader);
  TRY(reader.finish());
  return cluster;
}

Result<ExecPlugin> read_plugin(const ConfigNode& node, const std::filesystem::path& folder, std::string& mode,
                               std::vector<Error>& warnings) {
  EntryReader entry(node, "a credential plugin",
                    {"apiVersion", "command", "args", "env", "provideClusterInfo", "interactiveMode", "installHint"},
                    warnings);
  MapReader& reader = entry.reader;
  ExecPlugin plugin;
  plugin.api_version = reader.required_string("apiVersion");
  if (!plugin.api_version.empty() && plugin.api_version != "client.authentication.k8s.io/v1" &&
      plugin.api_version != "client.authentication.k8s.io/v1beta1") {
    reader.problem(
        reader.at("apiVersion"),
        fmt::format("'apiVersion' must be client.authentication.k8s.io/v1 or v1beta1, found '{}'{}", plugin.api_version,
                    plugin.api_version.ends_with("/v1alpha1") ? ": update the plugin and its entry" : ""));
  }
  plugin.command = reader.required_string("command");
  if (plugin.command.find('/') != std::string::npos) plugin.command = resolve(plugin.command, folder);
  plugin.arguments = reader.strings("args");
  plugin.provide_cluster_info = reader.bool_or("provideClusterInfo", false);
  plugin.install_hint = reader.string_or("installHint", "");
  mode = reader.one_of("interactiveMode", {"Never", "IfAvailable", "Always"}, "");
  const ConfigNode* variables = reader.node("env");
  if (variables && !variables->is_sequence()) reader.problem(*variables, "'env' must be a list of name and value");
  for (const ConfigNode& one : variables ? variables->items : std::vector<ConfigNode>{}) {
    MapReader variable(one, "a variable of a credential plugin");
    const std::string name = variable.required_string("name");
    plugin.environment.emplace_back(name, variable.string_or("value", ""));
    reader.absorb(variable.finish());
  }
  TRY(reader.finish());
  return plugin;
}

HttpHeaders read_impersonation(MapReader& reader) {
  HttpHeaders headers;
  const auto add = [&](std::string name, std::string value) {
    if (!value.empty()) headers.emplace_back(std::move(name), std::move(value));
  };
  add("Impersonate-User", reader.string_or("as", ""));
  add("Impersonate-Uid", reader.string_or("as-uid", ""));
  for (std::string& group : reader.strings("as-groups")) add("Impersonate-Group", std::move(group));
  const ConfigNode* extra = reader.node("as-user-extra");
  if (extra && !extra->is_map()) reader.problem(*extra, "'as-user-extra' must be a map of lists");
  for (const auto& [key, values] : extra ? extra->members : std::vector<ConfigMember>{}) {
    for (const ConfigNode& value : values.items) add("Impersonate-Extra-" + key.scalar, value.scalar);
  }
  return headers;
}

Result<UserEntry> read_user(const ConfigNode& node, const std::filesystem::path& folder, std::vector<Error>& warnings) {
  EntryReader entry(
      node, "a user",
      {"client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile",
       "username", "password", "exec", "auth-provider", "as", "as-uid", "as-groups", "as-user-extra", "extensions"},
      warnings);
  MapReader& reader = entry.reader;
  UserEntry user;
  user.where = node.where;
  user.certificate = read_pem(reader, "client-certificate", folder);
  user.key = read_pem(reader, "client-key", folder);
  user.token = reader.string_or("token", "");
  user.token_file = resolve(reader.string_or("tokenFile", ""), folder);
  user.username = reader.string_or("username", "");
  user.password = reader.string_or("password", "");
  user.impersonation = read_impersonation(reader);
  if (const ConfigNode* plugin = reader.node("exec")) {
    Result<ExecPlugin> read = read_plugin(*plugin, folder, user.plugin_mode, warnings);
    if (reader.absorb(read)) user.plugin = std::move(*read);
  }
  if (const ConfigNode* provider = reader.node("auth-provider")) {
    const ConfigNode* name = provider->find("name");
    user.legacy_provider = name && !name->scalar.empty() ? name->scalar : "of no name";
    user.where = provider->where;
  }
  TRY(reader.finish());
  return user;
}

Result<ContextEntry> read_context(const ConfigNode& node, const std::filesystem::path&, std::vector<Error>& warnings) {
  EntryReader entry(node, "a context", {"cluster", "user", "namespace", "extensions"}, warnings);
  ContextEntry context;
  context.where = node.where;
  context.cluster = entry.reader.string_or("cluster", "");
  context.user = entry.reader.string_or("user", "");
  context.default_namespace = entry.reader.string_or("namespace", "");
  TRY(entry.reader.finish());
  return context;
}

// A list of `name` and a map under `key`: "clusters" of "cluster", and so on.
template <class T, class F>
std::vector<T> read_list(MapReader& reader, const std::string& key, F&& read_one, const std::filesystem::path& folder,
                         std::vector<Error>& warnings) {
  std::vector<T> entries;
  std::set<std::string> names;
  const ConfigNode* list = reader.node(key + "s");
  if (list && !list->is_sequence()) {
    reader.problem(*list, fmt::format("'{}s' must be a list, found {}", key, list->describe()));
    return entries;
  }
  for (const ConfigNode& item : list ? list->items : std::vector<ConfigNode>{}) {
    MapReader named(item, "an entry of '" + key + "s'");
    const std::string name = named.required_string("name");
    const ConfigNode* body = named.required_node(key, ConfigNode::Kind::kMap);
    if (!name.empty() && !names.insert(name).second) {
      named.problem(item, fmt::format("the {} '{}' is there twice", key, name));
    }
    if (!reader.absorb(named.finish())) continue;
    Result<T> entry = read_one(*body, folder, warnings);
    if (!reader.absorb(entry)) continue;
    entry->name = name;
    entries.push_back(std::move(*entry));
  }
  return entries;
}

}  // namespace

Result<KubeconfigFile> read_kubeconfig_file(const ConfigNode& document, const std::filesystem::path& folder,
                                            std::vector<Error>& warnings) {
  EntryReader entry(
      document, "a kubeconfig",
      {"apiVersion", "kind", "clusters", "users", "contexts", "current-context", "preferences", "extensions"},
      warnings);
  MapReader& reader = entry.reader;
  KubeconfigFile file;
  const std::string kind = reader.string_or("kind", "");
  if (!kind.empty() && kind != "Config") {
    reader.problem(reader.at("kind"), fmt::format("expected a kubeconfig (kind: Config), found kind '{}'", kind));
  }
  file.clusters = read_list<ClusterEntry>(reader, "cluster", read_cluster, folder, warnings);
  file.users = read_list<UserEntry>(reader, "user", read_user, folder, warnings);
  file.contexts = read_list<ContextEntry>(reader, "context", read_context, folder, warnings);
  file.current_context = reader.string_or("current-context", "");
  TRY(reader.finish());
  return file;
}

}  // namespace capstan::kubernetes
