// The key that secrets at rest are sealed with, and what it can do. All from libsodium.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace capstan::secret {

// What Argon2id may cost. The defaults take about a tenth of a second.
struct KeyCost {
  int64_t operations = 2;
  int64_t memory_bytes = 64 << 20;

  bool operator==(const KeyCost&) const = default;
};

inline constexpr size_t kSaltBytes = 16;
inline constexpr size_t kNonceBytes = 24;
inline constexpr size_t kKeyIdBytes = 8;

// Wiped when it is destroyed.
class SealingKey {
 public:
  // By Argon2id from what an operator keeps, which may be a passphrase, and a salt. kInvalidArgument for less than 16
  // bytes of it, a salt of another size, or a cost beyond 10 operations or 1 GiB.
  static Result<SealingKey> derive(std::string_view material, std::string_view salt, const KeyCost& cost);

  SealingKey(const SealingKey&) = default;
  SealingKey& operator=(const SealingKey&) = default;
  ~SealingKey();

  // Names the key without telling anything of it.
  const std::string& id() const { return id_; }

  // XChaCha20-Poly1305: the nonce, then the sealed text. `about` is not in it, but has to be the same to open it.
  std::string seal(std::string_view text, std::string_view about, Random& random) const;
  // kCorrupt for what was not sealed by this key, or about something else.
  Result<std::string> open(std::string_view sealed, std::string_view about) const;
  // HMAC-SHA-256 in hexadecimal.
  std::string proof_of(std::string_view text) const;

 private:
  using Bytes = std::array<uint8_t, 32>;
  SealingKey() = default;

  Bytes box_{};
  Bytes proof_{};
  std::string id_;
};

}  // namespace capstan::secret
