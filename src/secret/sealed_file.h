// The file of the sealed store as data: three lines, of which the second is JSON. Paths, versions and times can be
// read in it; values are sealed one by one, and the last line proves that none of it was changed.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/versioned_secrets.h"
#include "secret/sealing_key.h"

namespace capstan::secret {

struct SealedVersion {
  SecretVersion version;
  std::string sealed;  // "" once it is destroyed.
};

struct SealedRecord {
  int64_t newest = 0;
  std::map<int64_t, SealedVersion> versions;  // The oldest ones may be gone.
};

using SealedRecords = std::map<std::string, SealedRecord, std::less<>>;

struct SealedFile {
  std::string salt;
  KeyCost cost;
  std::string key_id;
  SealedRecords records;
};

struct ReadSealedFile {
  SealedFile file;
  std::string proven;  // The lines that `proof` is of.
  std::string proof;
};

// What a value is sealed about: one that was moved to another path or version does not open there.
std::string sealed_about(std::string_view path, int64_t version);

inline constexpr size_t kLargestSealedFile = 16 << 20;
inline constexpr size_t kMostSealedRecords = 10'000;

// kCorrupt, saying what is wrong, for a file of something else, a part of a file, or values that contradict each other.
// Nothing of it is proven yet.
Result<ReadSealedFile> parse_sealed_file(std::string_view text, std::string_view name);
// kResourceExhausted above the limits.
Result<std::string> print_sealed_file(const SealedFile& file, const SealingKey& key);

}  // namespace capstan::secret
