#include "connect/kubernetes/kubeconfig.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/config.h"
#include "base/file.h"
#include "base/suggest.h"

namespace capstan::kubernetes {
namespace {

constexpr size_t kMaxFileBytes = 16 << 20;
constexpr size_t kMaxPemBytes = 4 << 20;

template <class T>
const T* find_named(const std::vector<T>& entries, std::string_view name) {
  const auto found = std::ranges::find(entries, name, &T::name);
  return found == entries.end() ? nullptr : &*found;
}

template <class T>
std::vector<std::string_view> names_of(const std::vector<T>& entries) {
  std::vector<std::string_view> names;
  for (const T& entry : entries) names.push_back(entry.name);
  return names;
}

template <class T>
void add_missing(std::vector<T>& entries, std::vector<T> more) {
  for (T& entry : more) {
    if (!find_named(entries, entry.name)) entries.push_back(std::move(entry));
  }
}

std::unexpected<Error> unknown_name(std::string_view what, std::string_view name,
                                    const std::vector<std::string_view>& names, Where where) {
  std::string there = did_you_mean(name, names);
  if (there.empty())
    there = names.empty() ? "; there are none" : fmt::format("; there are: {}", fmt::join(names, ", "));
  return fail(ErrorCode::kNotFound, fmt::format("no {} is named '{}'{}", what, name, there), std::move(where));
}

// The file stays a path, so that one that is replaced is read anew with the next connection; here it is only tried.
Status check_pem(const PemEntry& pem, std::string_view key) {
  if (!pem.data.empty() || pem.file.empty()) return {};
  const Result<std::string> text = read_file(pem.file, kMaxPemBytes);
  if (!text) return fail(text.error().code, fmt::format("'{}': {}", key, text.error().message), pem.where);
  if (text->find("-----BEGIN ") == std::string::npos) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}': {} is no PEM file", key, pem.file), pem.where);
  }
  return {};
}

Status use_cluster(const ClusterEntry& cluster, ClusterAccess& access) {
  if (cluster.server.empty()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the cluster '{}' needs 'server'", cluster.name),
                cluster.where);
  }
  if (cluster.insecure && !cluster.authority.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the cluster '{}' names a certificate authority and skips checking it: take one of "
                            "'certificate-authority' and 'insecure-skip-tls-verify' away",
                            cluster.name),
                cluster.authority.where);
  }
  TRY(check_pem(cluster.authority, "certificate-authority"));
  access.cluster = cluster.name;
  access.server = cluster.server;
  access.tls.verify = !cluster.insecure;
  access.tls.server_name = cluster.tls_server_name;
  access.tls.ca_pem = cluster.authority.data;
  access.tls.ca_file = cluster.authority.file;
  access.proxy = cluster.proxy;
  access.compressed = cluster.compressed;
  access.plugin_config = cluster.plugin_config;
  return {};
}

Status check_user(const UserEntry& user) {
  const auto refuse = [&](std::string why, const Where& where) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the user '{}' {}", user.name, why), where);
  };
  if (!user.legacy_provider.empty()) {
    return refuse(fmt::format("has the auth-provider '{}', which Kubernetes gave up in 1.26: use a credential plugin "
                              "('exec', such as kubelogin or gke-gcloud-auth-plugin) instead",
                              user.legacy_provider),
                  user.where);
  }
  if (user.plugin_mode == "Always") {
    return refuse(
        "has a credential plugin that must ask a person (interactiveMode: Always), and Capstan runs without "
        "one: use Never or IfAvailable, or a token of a service account",
        user.where);
  }
  if (!user.username.empty() && (!user.token.empty() || !user.token_file.empty())) {
    return refuse("has both a token and a password: one is expected", user.where);
  }
  if (user.certificate.empty() != user.key.empty()) {
    return refuse(user.key.empty() ? "has 'client-certificate' but no 'client-key'"
                                   : "has 'client-key' but no 'client-certificate'",
                  user.certificate.empty() ? user.key.where : user.certificate.where);
  }
  TRY(check_pem(user.certificate, "client-certificate"));
  return check_pem(user.key, "client-key");
}

Status use_user(const UserEntry& user, ClusterAccess& access) {
  TRY(check_user(user));
  access.tls.certificate_pem = user.certificate.data;
  access.tls.certificate_file = user.certificate.file;
  access.tls.key_pem = user.key.data;
  access.tls.key_file = user.key.file;
  access.token = user.token;
  access.token_file = user.token_file;
  access.username = user.username;
  access.password = user.password;
  access.plugin = user.plugin;
  access.impersonation = user.impersonation;
  return {};
}

}  // namespace

Result<Kubeconfig> Kubeconfig::parse(std::string_view text, const std::filesystem::path& file) {
  const std::vector<ConfigNode> documents = TRY(parse_yaml(text, file.string()));
  Kubeconfig config;
  config.files_.push_back(file.string());
  if (documents.size() > 1) {
    return fail(ErrorCode::kInvalidArgument, "expected one document, found several", documents[1].where);
  }
  if (documents.empty() || documents[0].is_null()) return config;  // kubectl leaves such when the last entry goes.
  KubeconfigFile read = TRY(read_kubeconfig_file(documents[0], file.parent_path(), config.warnings_));
  config.clusters_ = std::move(read.clusters);
  config.users_ = std::move(read.users);
  config.contexts_ = std::move(read.contexts);
  config.current_context_ = std::move(read.current_context);
  return config;
}

Result<Kubeconfig> Kubeconfig::load(const std::vector<std::filesystem::path>& files) {
  Kubeconfig all;
  for (const std::filesystem::path& file : files) {
    const Result<std::string> text = read_file(file, kMaxFileBytes);
    if (!text && text.error().code == ErrorCode::kNotFound) continue;
    all.add(TRY(parse(TRY(during("reading a kubeconfig", text)), file)));
  }
  if (!all.files_.empty()) return all;
  std::vector<std::string> names;
  for (const std::filesystem::path& file : files) names.push_back(file.string());
  return fail(ErrorCode::kNotFound, fmt::format("there is no kubeconfig: looked for {}",
                                                names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
}

void Kubeconfig::add(Kubeconfig other) {
  add_missing(clusters_, std::move(other.clusters_));
  add_missing(users_, std::move(other.users_));
  add_missing(contexts_, std::move(other.contexts_));
  if (current_context_.empty()) current_context_ = std::move(other.current_context_);
  std::ranges::move(other.warnings_, std::back_inserter(warnings_));
  std::ranges::move(other.files_, std::back_inserter(files_));
}

std::vector<std::string> Kubeconfig::contexts() const {
  const std::vector<std::string_view> names = names_of(contexts_);
  return {names.begin(), names.end()};
}

Result<const ContextEntry*> Kubeconfig::find_context(std::string_view name) const {
  const Where where{files_.empty() ? "" : files_.front(), 0, 0};
  if (name.empty()) name = current_context_;
  if (name.empty()) {
    const std::vector<std::string_view> names = names_of(contexts_);
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("no context was named and there is no 'current-context'; there are: {}",
                            names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))),
                where);
  }
  const ContextEntry* found = find_named(contexts_, name);
  if (!found) return unknown_name("context", name, names_of(contexts_), where);
  return found;
}

Result<ClusterAccess> Kubeconfig::access(std::string_view context) const {
  const ContextEntry& entry = *TRY(find_context(context));
  const auto lacks = [&](std::string_view what) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the context '{}' needs '{}'", entry.name, what), entry.where);
  };
  ClusterAccess access;
  access.context = entry.name;
  access.default_namespace = entry.default_namespace.empty() ? "default" : entry.default_namespace;
  if (entry.cluster.empty()) return lacks("cluster");
  const ClusterEntry* cluster = find_named(clusters_, entry.cluster);
  if (!cluster) return unknown_name("cluster", entry.cluster, names_of(clusters_), entry.where);
  TRY(use_cluster(*cluster, access));
  if (entry.user.empty()) return access;  // A proxy may know who we are.
  const UserEntry* user = find_named(users_, entry.user);
  if (!user) return unknown_name("user", entry.user, names_of(users_), entry.where);
  TRY(use_user(*user, access));
  return access;
}

std::vector<std::filesystem::path> kubeconfig_paths(const Environment& environment) {
  std::vector<std::filesystem::path> paths;
  const std::string listed = value_of(environment, "KUBECONFIG");
  for (size_t begin = 0; begin < listed.size();) {
    const size_t end = std::min(listed.find(':', begin), listed.size());
    if (end > begin) paths.emplace_back(listed.substr(begin, end - begin));
    begin = end + 1;
  }
  const std::string home = value_of(environment, "HOME");
  if (listed.empty() && !home.empty()) paths.emplace_back(home + "/.kube/config");
  return paths;
}

}  // namespace capstan::kubernetes
