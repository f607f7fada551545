// One question to a Vault. Knows addresses, headers and TLS, nothing of logins.
#pragma once

#include <string>
#include <string_view>

#include "base/http_client.h"
#include "connect/vault/vault_answer.h"
#include "connect/vault/vault_settings.h"
#include "model/versioned_secrets.h"

namespace capstan::vault {

struct VaultCall {
  std::string method = "GET";
  std::string path;  // Below "/v1/", encoded, with its query: "secret/data/trial?version=2".
  Json body;         // Null for none.
};

// Thread-safe.
class VaultClient {
 public:
  // Every token and secret that comes is told to `heard`. `http` must outlive it.
  VaultClient(const VaultSettings& settings, HttpClient& http, SecretHeard heard);

  // `token` may be empty. Errors are those of HttpClient and read_answer; their messages name the Vault, and repeat
  // neither the token nor what was sent.
  Result<VaultAnswer> ask(const VaultCall& call, const Secret& token) const;

  void hear(std::string_view secret) const { heard_(secret); }
  void hear(const SecretFields& fields) const { tell_of_secrets(fields, heard_); }

 private:
  HttpRequest request_of(const VaultCall& call, const Secret& token) const;

  const std::string address_;
  const std::string name_space_;
  HttpTls tls_;
  HttpClient& http_;
  const SecretHeard heard_;
};

// "trial/my app" as a part of a call's path: "trial/my%20app".
std::string encode_path(std::string_view path);

}  // namespace capstan::vault
