// A fact as the ledger keeps it, byte by byte: what a copy needs to be the same ledger, and where facts go first when
// several nodes share one.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/crypto.h"
#include "base/result.h"
#include "model/fact.h"

namespace capstan::ledger {

struct KeptFact {
  Seq seq = 0;
  int64_t at_ms = 0;  // Since 1970.
  Seq cause = 0;
  std::string kind;
  std::string subject;
  std::string actor;
  Sha256 body_hash = {};
  Sha256 chain = {};
  std::string salt;  // Empty, as the body is, when the fact was redacted.
  std::string body;  // As text, of which `body_hash` is the hash.
  bool redacted = false;

  bool operator==(const KeptFact&) const = default;
};

// The newest fact of a ledger and the link of the chain after it: two ledgers of the same head are the same.
struct Head {
  Seq last = 0;
  Sha256 chain = {};

  bool operator==(const Head&) const = default;
};

// Takes facts before the ledger that it was given to, and decides whether this node may write at all. Called by the
// thread that writes the ledger.
class Authority {
 public:
  virtual ~Authority() = default;

  // The facts follow `before`; bodies that one of them says are redacted go in the same step. Durable when it returns.
  // kResourceExhausted and kInvalidArgument mean that nothing was written and that a later append may work. After any
  // other error they may or may not be there, and the ledger takes no more facts until it is opened anew.
  virtual Status take(const Head& before, std::span<const KeptFact> facts) = 0;
  // The ledger takes no more facts until it is opened anew, as its own disk failed: another node can do better.
  virtual void forsake(std::string_view why) = 0;
};

}  // namespace capstan::ledger
