// The key/value engine of a Vault, version 2, as a store of versioned secrets.
#pragma once

#include <string>

#include "connect/vault/vault_session.h"
#include "model/versioned_secrets.h"

namespace capstan::vault {

class VaultStore final : public VersionedSecretStore {
 public:
  // `client` is that of the session; both must outlive the store.
  VaultStore(const VaultClient& client, VaultSession& session, std::string mount);

  // Values that are no texts are given as their JSON.
  Result<SecretRecord> read(std::string_view path, int64_t version = 0) override;
  // kInvalidArgument for a value that is not UTF-8: a Vault cannot hold it.
  Result<int64_t> write(std::string_view path, const SecretFields& fields,
                        std::optional<int64_t> expected = std::nullopt) override;
  Result<std::vector<std::string>> list(std::string_view prefix) override;
  Result<std::vector<SecretVersion>> versions(std::string_view path) override;
  Status remove(std::string_view path, int64_t version) override;
  Status destroy(std::string_view path, int64_t version) override;
  Status remove_all(std::string_view path) override;

 private:
  std::string call_path(std::string_view part, std::string_view path) const;
  Result<Json> metadata(std::string_view path);
  Error conflict(std::string_view path, int64_t expected, Error said);

  const VaultClient& client_;
  VaultSession& session_;
  const std::string mount_;
};

}  // namespace capstan::vault
