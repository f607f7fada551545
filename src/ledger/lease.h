// The right to lead, for a while: only who holds it writes facts and acts, and who cannot renew it stops before another
// one may have it.
//
//      taken or renewed                       acts until          the lease ends: another may take it
//   ────────┼──────── renewed every 2 s ─────────┼── what is under way is cancelled ──┼────────
//           0                                    7 s                                  10 s
//
// Times here are of this node's sleepless clock, counted from before the store was asked, and the store counts from
// when it answered: so this node's idea of the end comes first, whatever either clock says of the day, and a node that
// was suspended knows when it wakes that it leads no more. Leases: Gray and
// Cheriton, SOSP 1989; epochs that fence off who was late: Chubby, OSDI 2006, section 2.4.
#pragma once

#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/guarded.h"
#include "ledger/shared_store.h"

namespace capstan::ledger {

struct LeaseTimes {
  Duration length{10'000};
  Duration margin{3'000};  // Before the end, for what is under way to be cancelled; clocks may differ by part of it.
  Duration renew_every{2'000};
  Duration try_again{300};  // After a renewal that could not be asked for.
};

// `held`, `acts_until`, `ends`, `tenure`, `loss` and `lose` may be called by any thread; the others by one that renews.
class Lease {
 public:
  // Both outlive it.
  Lease(SharedStore& store, const Clock& clock, LeaseTimes times) : store_(store), clock_(clock), times_(times) {}

  // True when this node leads now. False while another one does.
  Result<bool> take(const Candidate& candidate);
  // Asks for more time when that is due; a refusal loses it. Gives when to call again, by the sleepless clock.
  Duration renew_when_due();
  // Gives it back: nothing is under way any more.
  Status release();

  // Whether this node may write and act at this moment. Once false it stays so until it is taken anew.
  bool held() const;
  Duration acts_until() const;  // Sleepless; unless it is renewed.
  Duration ends() const;        // Sleepless; no other node leads before.
  Tenure tenure() const;
  // Why it was lost; "" while nobody has said anything.
  std::string loss() const;
  void lose(std::string reason);

 private:
  struct State {
    bool taken = false;
    Tenure tenure;
    Duration ends{0};
    Duration renew_at{0};
    std::string trouble;  // What the last renewal met.
    std::string loss;
  };

  SharedStore& store_;
  const Clock& clock_;
  const LeaseTimes times_;
  Guarded<State> state_;
};

}  // namespace capstan::ledger
