// Being logged in at a Vault: logs in when it is needed, renews in time, logs in anew when a token is gone.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "connect/vault/vault_client.h"

namespace capstan::vault {

// Thread-safe: of many callers one logs in, the others wait for it. What is passed by reference must outlive it.
class VaultSession {
 public:
  VaultSession(const VaultClient& client, VaultAuth auth, const SecretStore& references, const Clock& clock);

  // Asks with a token. One that the Vault does not know any more is replaced, once; the call is then made again.
  Result<VaultAnswer> ask(const VaultCall& call);

  // Renews the token when two thirds of its time are over: to be called now and then, since a token that nobody asks
  // with would expire.
  Status maintain();

 private:
  struct Token {
    Secret value;
    std::optional<Duration> ends;   // By the monotonic clock; nothing: never.
    std::optional<Duration> renew;  // From when on it should be renewed.
    Duration first_ttl{0};
    bool renewable = false;
  };

  Result<Secret> token();
  Result<Secret> token_after(const Secret& refused);
  Result<Secret> usable_token();
  bool is_known(const Secret& token);
  Status log_in();
  Result<VaultLogin> log_in_by_token();
  Result<VaultLogin> log_in_by_app_role();
  Result<VaultLogin> log_in_by_role();
  Result<VaultLogin> log_in_with(Json body);
  Result<Secret> unwrap(const Secret& wrapping);
  Status renew();
  void take(const VaultLogin& login, Duration first_ttl);
  void note_failure(const Error& error);

  const VaultClient& client_;
  const VaultAuth auth_;
  const SecretStore& references_;
  const Clock& clock_;

  std::mutex mutex_;
  std::optional<Token> token_;
  std::optional<Error> failure_;  // Of the last attempt to log in; told until `retry_`.
  Duration retry_{0};
  Duration pause_{0};
  std::string unwrapped_from_;
  Secret unwrapped_;
};

}  // namespace capstan::vault
