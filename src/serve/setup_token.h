// The one-time token that makes the first administrator.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/random.h"
#include "serve/user_store.h"

namespace capstan::serve {

// While there is no administrator, each start makes a new token, which `capstan run` prints; only its hash is kept, and
// only in memory, so an old one is worth nothing. Thread-safe.
class SetupToken {
 public:
  SetupToken(UserStore& users, Random& random);

  // "" when there is an administrator already.
  const std::string& text() const { return text_; }
  bool needed() const;
  // kUnauthenticated for a wrong token, kFailedPrecondition when the first administrator was made before. A bad name or
  // password leaves the token valid.
  Result<User> redeem(std::string_view token, std::string_view name, std::string_view password);

 private:
  UserStore& users_;
  std::string text_;
  mutable std::mutex mutex_;
  std::optional<Sha256> hash_;
};

}  // namespace capstan::serve
