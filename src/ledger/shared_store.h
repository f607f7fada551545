// The place that several nodes share: who leads, and every fact. Each function is one atomic step there, and what a
// leader asks for is refused once another one leads, however late it arrives.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "ledger/kept_fact.h"

namespace capstan::ledger {

// A node that wants to lead.
struct Candidate {
  std::string node;    // For people: "capstan-a".
  std::string page;    // Where people find it while it leads: "http://capstan-a:9280".
  std::string holder;  // Unguessable and new at every start: tells this process from all others.
};

// Proof of leading, shown with everything a leader asks for. The epoch rises with every leader; the holder tells two of
// the same epoch apart, should a database have forgotten its newest commits.
struct Tenure {
  uint64_t epoch = 0;
  std::string holder;
};

// What the shared place says now.
struct Standing {
  Head head;
  uint64_t epoch = 0;  // 0: nobody has ever led.
  std::string holder;
  std::string leader;  // The node of the newest epoch, which leads unless `free`.
  std::string page;
  Time since;        // When it began to lead, by the database's clock.
  bool free = true;  // Its lease has run out, or was given back.
};

// Not thread-safe. Errors as in ledger/postgres.h; after kUnavailable and kDeadlineExceeded it is not known whether it
// happened, and the next call tries to connect anew.
class SharedStore {
 public:
  virtual ~SharedStore() = default;

  virtual Result<Standing> standing() = 0;
  // Nothing when another one leads. The lease runs for `length` from now, by the store's own clock.
  virtual Result<std::optional<Tenure>> acquire(const Candidate& candidate, Duration length) = 0;
  // For `length` from now. False when it has run out or another one leads.
  virtual Result<bool> renew(const Tenure& tenure, Duration length) = 0;
  // Others need not wait until it runs out.
  virtual Status release(const Tenure& tenure) = 0;

  // Writes the facts, which follow `before`, and deletes the bodies that one of them says are redacted. False, and
  // nothing is written, when the lease has run out, another one leads or the newest fact is not `before`. Durable when
  // it returns true.
  virtual Result<bool> append(const Tenure& tenure, const Head& before, std::span<const KeptFact> facts) = 0;
  // The facts from `seq` on, rising; at most `limit`, which may be fewer when they are large.
  virtual Result<std::vector<KeptFact>> read(Seq seq, size_t limit) = 0;
};

}  // namespace capstan::ledger
