// How the store of secrets is sealed: the settings' `secrets:`.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/config.h"
#include "base/result.h"
#include "secret/password_policy.h"

namespace capstan::loop {

struct SecretSettings {
  std::string key;  // "file:…", "env:…", "credential:…"; "" for secrets.key in the data directory.
  int64_t versions = 10;
  std::map<std::string, secret::PasswordPolicy, std::less<>> policies;  // Of passwords, by name.

  bool operator==(const SecretSettings&) const = default;
};

Result<SecretSettings> read_secret_settings(const ConfigNode& node);

}  // namespace capstan::loop
