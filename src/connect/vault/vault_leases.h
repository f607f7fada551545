// What a Vault makes for who asks, for a while: the user and password of a database, a cloud's keys; and passwords by
// its policies.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "connect/vault/vault_session.h"
#include "model/versioned_secrets.h"

namespace capstan::vault {

// Thread-safe. What is passed by reference must outlive it.
class VaultLeases {
 public:
  VaultLeases(const VaultClient& client, VaultSession& session, const Clock& clock);

  // The fields that `path` ("database/creds/shop") gives. Whoever asks again gets the same as long as their lease is
  // renewed, then new ones; at most 1,000 paths.
  Result<SecretFields> get(std::string_view path);
  // Renews the leases of which two thirds are over: to be called now and then. The first error, after all were tried.
  Status maintain();
  // Ends all leases at once.
  Status revoke();

  // A password by the policy of that name.
  Result<Secret> generate_password(std::string_view policy);

 private:
  struct Held {
    SecretFields fields;
    VaultLease lease;
    Duration ends{0};  // By the monotonic clock.
    Duration renew{0};
  };
  void take(Held& held, const VaultLease& lease) const;
  Status renew(Held& held);

  const VaultClient& client_;
  VaultSession& session_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Held, std::less<>> held_;
};

}  // namespace capstan::vault
