// Capstan's own store of secrets, for sites without a Vault: one sealed file in the data directory.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "model/versioned_secrets.h"
#include "secret/key_file.h"
#include "secret/sealed_file.h"

namespace capstan::secret {

struct SealedOptions {
  std::filesystem::path directory;  // Whoever opens the store holds its lock.
  std::string key;                  // As read_key takes it; "" for the file secrets.key beside the store.
  int64_t most_versions = 10;       // Of a secret; the oldest are forgotten.
  KeyCost cost = {};                // Of a new store.
};

// Every change rewrites the file: written beside, synced, renamed over. Values stay sealed in memory.
class SealedStore final : public VersionedSecretStore {
 public:
  // Makes the store, and its key where that is the file beside it, when neither is there. Otherwise:
  //   kFailedPrecondition  the key is another one, or there is a key and no store
  //   kNotFound            the key is not where it should be
  //   kPermissionDenied    the key is open to others
  //   kCorrupt             the file is torn, changed, or something else
  static Result<std::unique_ptr<SealedStore>> open(SealedOptions options, Environment environment, const Clock& clock,
                                                   Random& random, SecretHeard heard);

  Result<SecretRecord> read(std::string_view path, int64_t version = 0) override;
  Result<int64_t> write(std::string_view path, const SecretFields& fields,
                        std::optional<int64_t> expected = std::nullopt) override;
  Result<std::vector<std::string>> list(std::string_view prefix) override;
  Result<std::vector<SecretVersion>> versions(std::string_view path) override;
  Status remove(std::string_view path, int64_t version) override;
  Status destroy(std::string_view path, int64_t version) override;
  Status remove_all(std::string_view path) override;

  // Seals everything anew: with a new secrets.key for "", else with the key found there, which the settings have to
  // name from then on. Whenever the process dies, the store opens with one of both.
  Status rekey(std::string_view key);

 private:
  SealedStore(SealedOptions options, Environment environment, const Clock& clock, Random& random, SecretHeard heard);

  std::filesystem::path store_path() const { return options_.directory / "secrets.sealed"; }
  std::filesystem::path key_path() const { return options_.directory / "secrets.key"; }
  std::filesystem::path next_key_path() const { return options_.directory / "secrets.key.next"; }

  Status load();
  Status create();
  Status take(const std::string& text);
  Result<SealingKey> find_key(const SealedFile& file) const;
  Result<SealingKey> key_beside(const SealedFile& file) const;
  Status settle_keys() const;

  Result<SealedFile> sealed_with(const SealingKey& key, SealedFile draft) const;
  Status save(const SealedFile& draft, const SealingKey& key) const;
  // Keeps what `change` made of the records once it is durable.
  template <class Change>
  Status update(Change&& change);
  Result<SealedVersion*> version_of(SealedRecords& records, std::string_view path, int64_t version) const;

  const SealedOptions options_;
  const Environment environment_;
  const Clock& clock_;
  Random& random_;
  const SecretHeard heard_;
  mutable std::mutex mutex_;
  SealedFile file_;
  std::optional<SealingKey> key_;
};

}  // namespace capstan::secret
