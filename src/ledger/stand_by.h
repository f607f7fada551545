// What a node does that does not lead: it keeps its copy of the shared ledger up to date, and leads as soon as nobody
// else does.
#pragma once

#include <string>

#include "base/guarded.h"
#include "ledger/lease.h"
#include "ledger/ledger.h"
#include "ledger/shared_store.h"

namespace capstan::ledger {

// For people: who leads, and how far this node's copy is.
struct StandByReport {
  std::string node;
  std::string leader;  // "" while nobody has ever led, or it is not known.
  std::string page;
  Time since;
  bool vacant = false;  // Nobody leads at this moment.
  Seq copied = 0;
  Seq shared = 0;
  std::string error;  // Why nothing is known of the shared ledger now; "" when all is well.
};

// One thread calls `step`; any may ask for the report.
class StandBy {
 public:
  // All outlive it. The copy must not be written by anything else meanwhile.
  StandBy(Ledger& copy, SharedStore& store, Lease& lease, Candidate candidate);

  // Copies what is new, and takes the lease when it is free. True when this node leads: then the copy is the same as
  // the shared ledger. kFailedPrecondition when the two have parted, with what to do; it will not get better. Other
  // errors may: step again.
  Result<bool> step();

  StandByReport report() const {
    return report_.read([](const StandByReport& report) { return report; });
  }

 private:
  Result<bool> step_once();
  // Whether the one with more facts begins with those of the other.
  Status check_common_past(const Head& shared);
  Status copy_up_to(Seq last);
  Status give_back(const Head& shared);
  Error parted(Seq seq) const;

  Ledger& copy_;
  SharedStore& store_;
  Lease& lease_;
  const Candidate candidate_;
  bool compared_ = false;
  Guarded<StandByReport> report_;
};

}  // namespace capstan::ledger
