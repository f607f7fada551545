#include "connect/vault/vault_settings.h"

#include <fmt/format.h>

#include "base/http_client.h"

namespace capstan::vault {
namespace {

constexpr std::string_view kServiceAccountToken = "file:/var/run/secrets/kubernetes.io/serviceaccount/token";

// Not "secret:": what opens the store of secrets cannot be in it.
void need_reference(MapReader& reader, std::string_view key, const std::string& value) {
  if (value.empty() || value.starts_with("env:") || value.starts_with("file:")) return;
  reader.problem(reader.at(key), fmt::format("'{}' must refer to a secret: env:NAME or file:/path", key));
}

Result<VaultAuth> read_app_role(const ConfigNode& node) {
  MapReader reader(node, "approle");
  VaultAuth auth{.kind = VaultAuth::Kind::kAppRole};
  auth.mount = reader.string_or("mount", "approle");
  auth.role_id_reference = reader.required_string("role_id");
  auth.secret_id_reference = reader.string_or("secret_id", "");
  auth.wrapped = reader.bool_or("wrapped", false);
  need_reference(reader, "role_id", auth.role_id_reference);
  need_reference(reader, "secret_id", auth.secret_id_reference);
  if (auth.wrapped && auth.secret_id_reference.empty()) reader.problem(node, "'wrapped' needs a 'secret_id'");
  TRY(reader.finish());
  return auth;
}

Result<VaultAuth> read_role(const ConfigNode& node, VaultAuth::Kind kind, std::string_view name) {
  MapReader reader(node, name);
  VaultAuth auth{.kind = kind};
  auth.mount = reader.string_or("mount", name);
  auth.role = reader.required_string("role");
  auth.token_reference = kind == VaultAuth::Kind::kKubernetes ? reader.string_or("token", kServiceAccountToken)
                                                              : reader.required_string("token");
  need_reference(reader, "token", auth.token_reference);
  TRY(reader.finish());
  return auth;
}

Result<VaultAuth> read_auth(const ConfigNode& node) {
  MapReader reader(node, "auth");
  VaultAuth auth;
  int ways = 0;
  const auto take = [&](const ConfigNode* way, auto read) {
    if (!way) return;
    ++ways;
    Result<VaultAuth> one = read(*way);
    if (reader.absorb(one)) auth = std::move(*one);
  };
  take(reader.node("approle"), read_app_role);
  take(reader.node("kubernetes"),
       [](const ConfigNode& way) { return read_role(way, VaultAuth::Kind::kKubernetes, "kubernetes"); });
  take(reader.node("jwt"), [](const ConfigNode& way) { return read_role(way, VaultAuth::Kind::kJwt, "jwt"); });
  if (reader.has("token")) {
    ++ways;
    auth.token_reference = reader.string_or("token", "");
    need_reference(reader, "token", auth.token_reference);
  }
  if (ways != 1) reader.problem(node, "'auth' needs one of token, approle, kubernetes, jwt");
  TRY(reader.finish());
  return auth;
}

}  // namespace

Result<VaultSettings> read_vault_settings(const ConfigNode& node) {
  MapReader reader(node, "vault");
  VaultSettings settings;
  settings.address = reader.required_string("address");
  while (settings.address.ends_with('/')) settings.address.pop_back();
  settings.name_space = reader.string_or("namespace", "");
  settings.mount = reader.string_or("mount", settings.mount);
  settings.ca_file = reader.string_or("ca", "");
  settings.certificate_file = reader.string_or("certificate", "");
  settings.key_file = reader.string_or("key", "");
  settings.server_name = reader.string_or("server_name", "");
  if (!settings.address.empty() && settings.address != http_origin(settings.address)) {
    reader.problem(reader.at("address"), "'address' must be scheme, host and port: https://vault.example.org:8200");
  }
  if (settings.certificate_file.empty() != settings.key_file.empty()) {
    reader.problem(node, "'certificate' and 'key' belong together");
  }
  if (const ConfigNode* auth = reader.required_node("auth", ConfigNode::Kind::kMap)) {
    Result<VaultAuth> read = read_auth(*auth);
    if (reader.absorb(read)) settings.auth = std::move(*read);
  }
  TRY(reader.finish());
  return settings;
}

}  // namespace capstan::vault
