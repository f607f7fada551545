// Changes passwords by rotation (secret/rotation.h), in the store of secrets that the settings name.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "base/random.h"
#include "loop/config_tree.h"
#include "model/secret_change.h"
#include "model/versioned_secrets.h"
#include "secret/password_policy.h"
#include "secret/rotation.h"

namespace capstan::loop {

// Thread-safe.
class PasswordDesk final : public PasswordChanger {
 public:
  using Store = std::function<Result<std::shared_ptr<VersionedSecretStore>>()>;
  // Makes a password by a policy that the settings or a Vault have of that name; kNotFound where neither has one.
  using Named = std::function<Result<Secret>(const std::string& policy)>;
  PasswordDesk(Store store, Named named, Random& random)
      : store_(std::move(store)), named_(std::move(named)), random_(random) {}

  // The documents `password_policy: NAME` with `make: {…}`, by which passwords are made where the settings name no
  // other policy so. Gives what is wrong; a policy with a mistake keeps its last good version.
  std::vector<Error> load(const ConfigTree& config);

  // By the policy of that name; "" for the default one.
  Result<Secret> make(const std::string& policy) const;

  Result<RotationReport> change(const PasswordChange& change) override;
  Result<RotationReport> recover(const PasswordChange& change) override;
  Result<int64_t> version(const std::string& path) override;

 private:
  using Policies = std::map<std::string, secret::PasswordPolicy>;
  void read(const ConfigNode& document, Policies& policies, std::vector<Error>& problems) const;
  secret::RotationParts parts(VersionedSecretStore& store, const PasswordChange& change) const;

  Store store_;
  Named named_;
  Random& random_;
  Guarded<Policies> policies_;
};

}  // namespace capstan::loop
