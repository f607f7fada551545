// A secret value that cannot be printed by accident, and where secrets come from.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace capstan {

// Holds a secret. It has no to_string, no comparison and no stream operator on purpose; `reveal` is easy to search for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// Whether a text names a secret, and is none itself: "env:NAME", "file:/path", "secret:PATH#FIELD".
inline bool is_secret_reference(std::string_view text) {
  return text.starts_with("env:") || text.starts_with("file:") || text.starts_with("secret:");
}

// Resolves references such as "env:SLACK_TOKEN" and "file:/run/credentials/slack". Thread-safe.
class SecretStore {
 public:
  virtual ~SecretStore() = default;
  virtual Result<Secret> get(std::string_view reference) const = 0;
};

}  // namespace capstan
