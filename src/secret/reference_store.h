// Secrets that the environment, a file or the store of secrets holds: "env:SLACK_TOKEN", "file:/run/credentials/slack",
// "secret:trial/portal#password".
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "model/secret.h"
#include "model/versioned_secrets.h"
#include "secret/key_file.h"
#include "secret/masking_list.h"

namespace capstan::secret {

// Reads anew at each call, so a rotated file is used at once. Thread-safe.
class ReferenceStore final : public SecretStore {
 public:
  using Environment = secret::Environment;
  // The store that "secret:" names; asked each time, so that settings may change it.
  using Versioned = std::function<Result<std::shared_ptr<VersionedSecretStore>>()>;

  // Every secret that was handed out is added to `known`, which must outlive the store.
  ReferenceStore(Environment environment, MaskingList& known, Versioned versioned = {})
      : environment_(std::move(environment)), known_(known), versioned_(std::move(versioned)) {}

  // kInvalidArgument for what is no reference, kNotFound for what is not there, kFailedPrecondition for an empty one;
  // of the store of secrets also its errors. One line break at the end of a file is not part of the secret. A file that
  // others may read is used, with a warning in the log, once.
  Result<Secret> get(std::string_view reference) const override;

 private:
  Result<Secret> from_versioned(std::string_view reference) const;
  Result<std::string> from_environment(const std::string& name) const;
  Result<std::string> from_file(const std::string& path) const;
  void warn_if_exposed(const std::string& path) const;

  Environment environment_;
  MaskingList& known_;
  Versioned versioned_;
  mutable std::mutex mutex_;
  mutable std::set<std::string> warned_;
};

}  // namespace capstan::secret
