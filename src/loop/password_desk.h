// Changes passwords by rotation (secret/rotation.h), in the store of secrets that the settings name.
#pragma once

#include <functional>
#include <map>
#include <memory>
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
  PasswordDesk(Store store, Random& random) : store_(std::move(store)), random_(random) {}

  // The documents `password_rule: NAME` with `make: {…}`, the user's before those of packs. Gives what is wrong; a rule
  // with a mistake keeps its last good version.
  std::vector<Error> load(const ConfigTree& config);

  // By the rule of that name, kNotFound where there is none; "" for the usual one.
  Result<Secret> generate(const std::string& rule) const;

  Result<RotationReport> change(const PasswordChange& change) override;
  Result<RotationReport> recover(const PasswordChange& change) override;
  Result<int64_t> version(const std::string& path) override;

 private:
  using Rules = std::map<std::string, secret::PasswordPolicy>;
  void read(const ConfigNode& document, Rules& rules, std::vector<Error>& problems) const;
  // By the rule of that name; by letters, digits and special characters where it has none.
  Result<Secret> make(const std::string& rule) const;
  secret::RotationParts parts(VersionedSecretStore& store, const PasswordChange& change) const;

  Store store_;
  Random& random_;
  Guarded<Rules> rules_;
};

}  // namespace capstan::loop
