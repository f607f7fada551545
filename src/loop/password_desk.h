// Changes passwords by rotation (secret/rotation.h), in the store of secrets that the settings name.
#pragma once

#include <functional>
#include <memory>

#include "base/random.h"
#include "model/secret_change.h"
#include "model/versioned_secrets.h"

namespace capstan::loop {

// Thread-safe.
class PasswordDesk final : public PasswordChanger {
 public:
  using Store = std::function<Result<std::shared_ptr<VersionedSecretStore>>()>;
  // Makes a password by the rule of that name.
  using Make = std::function<Result<Secret>(const std::string& rule)>;
  PasswordDesk(Store store, Make make) : store_(std::move(store)), make_(std::move(make)) {}

  Result<RotationReport> change(const PasswordChange& change) override;
  Result<RotationReport> recover(const PasswordChange& change) override;
  Result<int64_t> version(const std::string& path) override;

 private:
  Store store_;
  Make make_;
};

}  // namespace capstan::loop
