// Secrets that the environment or a file holds: "env:SLACK_TOKEN", "file:/run/credentials/slack".
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "model/secret.h"
#include "secret/masking_list.h"

namespace capstan::secret {

// Reads anew at each call, so a rotated file is used at once. Thread-safe.
class ReferenceStore final : public SecretStore {
 public:
  // The value of an environment variable, or nothing.
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;

  // Every secret that was handed out is added to `known`, which must outlive the store.
  ReferenceStore(Environment environment, MaskingList& known) : environment_(std::move(environment)), known_(known) {}

  // kInvalidArgument for what is no reference, kNotFound for a variable or file that is not there, kFailedPrecondition
  // for an empty one. One line break at the end of a file is not part of the secret. A file that others may read is
  // used, with a warning in the log, once.
  Result<Secret> get(std::string_view reference) const override;

 private:
  Result<std::string> from_environment(const std::string& name) const;
  Result<std::string> from_file(const std::string& path) const;
  void warn_if_exposed(const std::string& path) const;

  Environment environment_;
  MaskingList& known_;
  mutable std::mutex mutex_;
  mutable std::set<std::string> warned_;
};

// The environment of this process.
ReferenceStore::Environment process_environment();

}  // namespace capstan::secret
