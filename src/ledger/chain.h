// The hashes that make a changed past visible: each fact's link covers the link before it.
#pragma once

#include <memory>
#include <string_view>

#include "base/crypto.h"
#include "base/time.h"
#include "model/fact.h"

struct evp_md_st;
struct evp_md_ctx_st;

namespace capstan::ledger {

// Everything of a fact but its body, which may be deleted later; its hash stays.
struct Link {
  Seq seq = 0;
  int64_t at_ms = 0;
  Seq cause = 0;
  std::string_view kind;
  std::string_view subject;
  std::string_view actor;
};

inline constexpr size_t kSaltBytes = 16;

// SHA-256 by OpenSSL, which uses the processor's instructions for it; three times as fast here as libsodium's portable
// code. Not thread-safe; keep one a thread.
class ChainHasher {
 public:
  ChainHasher();
  ~ChainHasher();

  // The salt keeps a short deleted body from being guessed by its hash.
  Sha256 body(std::string_view salt, std::string_view body);
  // Texts go in with their lengths, so that no two different facts hash alike.
  Sha256 link(const Sha256& previous, const Link& link, const Sha256& body_hash);

 private:
  struct Free {
    void operator()(evp_md_st* digest) const;
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_st, Free> digest_;
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace capstan::ledger
