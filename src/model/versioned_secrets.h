// Secrets that have names, fields and versions, as key/value stores such as Vault's keep them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/secret.h"

namespace capstan {

// The fields of a record: "user", "password".
using SecretFields = std::map<std::string, Secret, std::less<>>;

// What is known of a version without its values.
struct SecretVersion {
  int64_t version = 0;  // From 1.
  Time created;
  std::optional<Time> deleted;  // Its values are kept, and not given out any more.
  bool destroyed = false;       // Its values are gone for good.
};

struct SecretRecord {
  SecretFields fields;
  SecretVersion version;
};

// Told of every secret that is handed out, so that it can be masked in what others say. Thread-safe.
using SecretHeard = std::function<void(std::string_view)>;

// Tells of those fields of a record whose names say that they are secret: "password", "api_key"; of a record with one
// field, of that. A record also keeps what is none, an account's zone or its hours, and masking that would hide it
// everywhere. Whoever hands out a field by a reference tells of it whatever its name.
void tell_of_secrets(const SecretFields& fields, const SecretHeard& heard);

// Paths are "trial/portal/alice": see check_secret_path. Thread-safe.
//   kNotFound            no such path, or no such version of it any more
//   kFailedPrecondition  a check-and-set that did not hold; the message names both versions
//   kPermissionDenied    this store does not let us
//   kUnavailable         it cannot be reached, or is sealed: later may work
class VersionedSecretStore {
 public:
  // A write that may not replace anything.
  static constexpr int64_t kMustNotExist = 0;

  virtual ~VersionedSecretStore() = default;

  // `version` 0 is the newest.
  virtual Result<SecretRecord> read(std::string_view path, int64_t version = 0) = 0;
  // Replaces all fields, as a new version, which it gives. With `expected` only when that is the newest version now;
  // a deleted version still is the newest. Durable when it returns.
  virtual Result<int64_t> write(std::string_view path, const SecretFields& fields,
                                std::optional<int64_t> expected = std::nullopt) = 0;
  // The names directly below "trial/" (or "" for all), sorted; one that has names below it itself ends in a slash.
  virtual Result<std::vector<std::string>> list(std::string_view prefix) = 0;
  // Those that are known still, the oldest first.
  virtual Result<std::vector<SecretVersion>> versions(std::string_view path) = 0;
  virtual Status remove(std::string_view path, int64_t version) = 0;
  virtual Status destroy(std::string_view path, int64_t version) = 0;
  // All versions, and that there were any.
  virtual Status remove_all(std::string_view path) = 0;
};

// Names separated by single slashes, of printable ASCII but '#', '%', '?', '"' and '\', none of them "." or "..", at
// most 512 bytes.
Status check_secret_path(std::string_view path);
// "" and the same with a slash at the end.
Status check_secret_prefix(std::string_view prefix);
// At least one and at most 100, named by letters, digits, '_', '-' and '.', 256 KiB in total.
Status check_secret_fields(const SecretFields& fields);

// The failed check-and-set of `write`.
Error version_conflict(std::string_view path, int64_t expected, int64_t found);

}  // namespace capstan
