#include "secret/sealing_key.h"

#include <fmt/format.h>
#include <sodium.h>

#include "base/crypto.h"

namespace capstan::secret {
namespace {

constexpr size_t kLeastMaterial = 16;
constexpr int64_t kMostOperations = 10;
constexpr int64_t kMostMemory = 1 << 30;
constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "capstan1";
static_assert(kSaltBytes == crypto_pwhash_SALTBYTES);
static_assert(kNonceBytes == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

Result<SealingKey> SealingKey::derive(std::string_view material, std::string_view salt, const KeyCost& cost) {
  if (material.size() < kLeastMaterial) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("the key of the secrets has {} bytes: expected at least {}",
                                                         material.size(), kLeastMaterial));
  }
  if (salt.size() != kSaltBytes || cost.operations < 1 || cost.operations > kMostOperations ||
      cost.memory_bytes < int64_t(crypto_pwhash_MEMLIMIT_MIN) || cost.memory_bytes > kMostMemory) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("cannot derive a key: expected a salt of {} bytes, 1 to {} operations and {} to {} bytes "
                            "of memory",
                            kSaltBytes, kMostOperations, crypto_pwhash_MEMLIMIT_MIN, kMostMemory));
  }
  Bytes master;
  if (crypto_pwhash(master.data(), master.size(), material.data(), material.size(), bytes_of(salt),
                    static_cast<unsigned long long>(cost.operations), static_cast<size_t>(cost.memory_bytes),
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(ErrorCode::kResourceExhausted, "not enough memory to derive the key of the secrets");
  }
  SealingKey key;
  std::array<uint8_t, crypto_kdf_BYTES_MIN> id;
  crypto_kdf_derive_from_key(key.box_.data(), key.box_.size(), 1, kContext, master.data());
  crypto_kdf_derive_from_key(key.proof_.data(), key.proof_.size(), 2, kContext, master.data());
  crypto_kdf_derive_from_key(id.data(), id.size(), 3, kContext, master.data());
  sodium_memzero(master.data(), master.size());
  key.id_ = hex(std::string_view(reinterpret_cast<const char*>(id.data()), kKeyIdBytes));
  return key;
}

SealingKey::~SealingKey() {
  sodium_memzero(box_.data(), box_.size());
  sodium_memzero(proof_.data(), proof_.size());
}

std::string SealingKey::seal(std::string_view text, std::string_view about, Random& random) const {
  std::string sealed(kNonceBytes + text.size() + kTagBytes, '\0');
  random.fill(std::as_writable_bytes(std::span(sealed.data(), kNonceBytes)));
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(sealed) + kNonceBytes, nullptr, bytes_of(text), text.size(),
                                             bytes_of(about), about.size(), nullptr, bytes_of(sealed), box_.data());
  return sealed;
}

Result<std::string> SealingKey::open(std::string_view sealed, std::string_view about) const {
  if (sealed.size() < kNonceBytes + kTagBytes) return fail(ErrorCode::kCorrupt, "too short for a sealed text");
  std::string text(sealed.size() - kNonceBytes - kTagBytes, '\0');
  const std::string_view box = sealed.substr(kNonceBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(text), nullptr, nullptr, bytes_of(box), box.size(),
                                                 bytes_of(about), about.size(), bytes_of(sealed), box_.data()) != 0) {
    return fail(ErrorCode::kCorrupt, "not sealed by this key, or changed since");
  }
  return text;
}

std::string SealingKey::proof_of(std::string_view text) const {
  return hex(hmac_sha256(std::string_view(reinterpret_cast<const char*>(proof_.data()), proof_.size()), text));
}

}  // namespace capstan::secret
