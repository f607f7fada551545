// Where a Vault is and who we are there: the settings' `vault:`. HashiCorp Vault and OpenBao speak the same protocol.
#pragma once

#include <string>

#include "base/config.h"
#include "base/result.h"

namespace capstan::vault {

struct VaultAuth {
  enum class Kind { kToken, kAppRole, kKubernetes, kJwt };
  Kind kind = Kind::kToken;
  std::string mount;                // "approle", "kubernetes", "jwt"; below "auth/".
  std::string role;                 // Of Kubernetes and JWT.
  std::string token_reference;      // The token, or the JWT.
  std::string role_id_reference;    // Of an AppRole.
  std::string secret_id_reference;  // "" where the role asks for none.
  bool wrapped = false;             // The secret-id is a wrapping token, good for one use.

  bool operator==(const VaultAuth&) const = default;
};

struct VaultSettings {
  std::string address;  // "https://vault.example.org:8200"; "" for no Vault.
  std::string name_space;
  std::string mount = "secret";  // Of the KV engine, version 2.
  std::string ca_file;           // PEM; "" for the system's authorities.
  std::string certificate_file;
  std::string key_file;
  std::string server_name;
  VaultAuth auth;

  bool operator==(const VaultSettings&) const = default;
};

Result<VaultSettings> read_vault_settings(const ConfigNode& node);

}  // namespace capstan::vault
