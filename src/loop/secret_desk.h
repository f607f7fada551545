// The store of secrets that the settings name: a Vault, or Capstan's own sealed file.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/random.h"
#include "connect/vault/vault_settings.h"
#include "loop/secret_settings.h"
#include "model/versioned_secrets.h"
#include "secret/sealed_store.h"

namespace capstan::loop {

// Thread-safe.
class SecretDesk {
 public:
  struct Parts {
    std::filesystem::path directory;  // Of the sealed file; its lock is held.
    const Clock& clock;
    Random& random;
    HttpClient& http;
    const SecretStore& references;  // What a Vault is logged in at with.
    SecretHeard heard;
    std::function<void(std::string error)> report;  // How the Vault is; "" when well. From a thread of its own.
  };
  explicit SecretDesk(Parts parts) : parts_(std::move(parts)) {}
  ~SecretDesk() { stop(); }

  void apply(const SecretSettings& secrets, const vault::VaultSettings& vault);
  // The sealed file is opened, and made where there is none, when it is first asked for. What was given stays usable
  // when the settings change.
  Result<std::shared_ptr<VersionedSecretStore>> store();

  // What a Vault makes for a while: the fields of "database/creds/shop". kFailedPrecondition without a Vault.
  Result<SecretFields> leased(std::string_view path);
  // By a policy of the settings or, where they have none of that name, of the Vault; "" for the default one.
  Result<Secret> generate(std::string_view policy);
  // Gives the sealed file another key: SealedStore::rekey.
  Status rekey(std::string_view key);

  // Renews what a Vault gave for a while, until `stop`.
  void start();
  void stop();
  // One round of that.
  void maintain();

 private:
  struct Vault;
  Result<std::shared_ptr<secret::SealedStore>> sealed();
  std::shared_ptr<Vault> vault();

  const Parts parts_;
  std::mutex mutex_;
  SecretSettings settings_;
  vault::VaultSettings vault_settings_;
  std::shared_ptr<secret::SealedStore> sealed_;
  std::shared_ptr<Vault> vault_;
  std::optional<Duration> looked_;  // When the Vault was well, by the monotonic clock; of the maintainer.
  std::condition_variable_any wake_;
  std::mutex wake_mutex_;
  std::jthread maintainer_;
};

}  // namespace capstan::loop
