// A shared ledger in memory, with a clock of its own and the faults of a network, for tests.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "ledger/shared_store.h"

namespace capstan::ledger {

// What the nodes share.
struct FakeShared {
  explicit FakeShared(const Clock& its_clock) : clock(its_clock) {}

  bool is_free() const { return clock.monotonic() >= until; }
  bool leads(const Tenure& tenure) const {
    return standing.epoch == tenure.epoch && standing.holder == tenure.holder && !is_free();
  }

  const Clock& clock;
  Standing standing;
  Duration until{0};
  std::vector<KeptFact> facts;
};

// One node's way to it.
class FakeSharedStore final : public SharedStore {
 public:
  explicit FakeSharedStore(FakeShared& shared) : shared_(shared) {}

  bool cut = false;         // Nothing gets through.
  int answers_to_lose = 0;  // Of appends that are done all the same.
  int appends = 0;          // That got through.

  Result<Standing> standing() override {
    if (cut) return unreachable();
    Standing now = shared_.standing;
    now.free = shared_.is_free();
    return now;
  }
  Result<std::optional<Tenure>> acquire(const Candidate& candidate, Duration length) override {
    if (cut) return unreachable();
    if (!shared_.is_free()) return std::optional<Tenure>();
    ++shared_.standing.epoch;
    shared_.standing.holder = candidate.holder;
    shared_.standing.leader = candidate.node;
    shared_.standing.page = candidate.page;
    shared_.until = shared_.clock.monotonic() + length;
    return std::optional(Tenure{shared_.standing.epoch, candidate.holder});
  }
  Result<bool> renew(const Tenure& tenure, Duration length) override {
    if (cut) return unreachable();
    if (!shared_.leads(tenure)) return false;
    shared_.until = shared_.clock.monotonic() + length;
    return true;
  }
  Status release(const Tenure& tenure) override {
    if (cut) return unreachable();
    if (shared_.leads(tenure)) shared_.until = Duration(0);
    return {};
  }
  Result<bool> append(const Tenure& tenure, const Head& before, std::span<const KeptFact> facts) override {
    if (cut) return unreachable();
    ++appends;
    const bool taken = shared_.leads(tenure) && shared_.standing.head == before;
    if (taken) {
      for (const KeptFact& fact : facts) take(fact);
    }
    if (answers_to_lose > 0) {
      --answers_to_lose;
      return unreachable();
    }
    return taken;
  }
  Result<std::vector<KeptFact>> read(Seq seq, size_t limit) override {
    if (cut) return unreachable();
    std::vector<KeptFact> some;
    for (size_t i = seq - 1; i < shared_.facts.size() && some.size() < limit; ++i) some.push_back(shared_.facts[i]);
    return some;
  }

 private:
  static std::unexpected<Error> unreachable() { return fail(ErrorCode::kUnavailable, "the network is cut"); }
  void take(const KeptFact& fact) {
    if (fact.kind == fact_kind::kRedacted) {
      KeptFact& gone = shared_.facts[fact.cause - 1];
      gone.redacted = true;
      gone.salt.clear();
      gone.body.clear();
    }
    shared_.facts.push_back(fact);
    shared_.standing.head = {fact.seq, fact.chain};
  }

  FakeShared& shared_;
};

}  // namespace capstan::ledger
