// Writes the leader's facts into the shared ledger, and finds out what became of an append whose answer was lost.
#pragma once

#include <functional>

#include "ledger/lease.h"
#include "ledger/shared_store.h"

namespace capstan::ledger {

// Used by the thread that writes the ledger. While the store cannot be reached it tries again, as long as the lease is
// held; then it loses the lease, as nobody knows any more what the store has.
class SharedWriter final : public Authority {
 public:
  // All outlive it. `rest` waits between two tries.
  SharedWriter(SharedStore& store, Lease& lease, std::function<void()> rest)
      : store_(store), lease_(lease), rest_(std::move(rest)) {}

  Status take(const Head& before, std::span<const KeptFact> facts) override;
  void forsake(std::string_view why) override;

 private:
  enum class Fate { kWritten, kNotWritten, kRefused };
  Result<Fate> fate(const Head& before, const Head& after);
  Status give_up(std::string reason);

  SharedStore& store_;
  Lease& lease_;
  std::function<void()> rest_;
};

}  // namespace capstan::ledger
