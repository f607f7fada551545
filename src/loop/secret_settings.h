// How the store of secrets is sealed: the settings' `secrets:`.
#pragma once

#include <cstdint>
#include <string>

#include "base/config.h"
#include "base/result.h"

namespace capstan::loop {

struct SecretSettings {
  std::string key;  // "file:…", "env:…", "credential:…"; "" for secrets.key in the data directory.
  int64_t versions = 10;

  bool operator==(const SecretSettings&) const = default;
};

Result<SecretSettings> read_secret_settings(const ConfigNode& node);

}  // namespace capstan::loop
