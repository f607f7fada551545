// Everything of a random world that is outside of Capstan: things and verbs, people, the laws, and the policies that
// are in force. All of it follows from one number.
#pragma once

#include <optional>
#include <vector>

#include "base/random.h"
#include "sim/described.h"
#include "sim/happenings.h"
#include "sim/laws.h"
#include "sim/policies.h"
#include "sim/recoveries.h"
#include "sim/tally.h"
#include "sim/world.h"

namespace capstan::sim {

struct Stage {
  // How a node waits in the middle of a request; false when it is not to go on.
  using Pause = DescribedWorld::Pause;
  Stage(uint64_t seed, Pause pause);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  bool chance(uint64_t percent) { return random.below(100) < percent; }
  // A durable fact is seen by everybody.
  void see(const Fact& fact);
  // What the laws are told before a piece of work runs: what the catalog shows of the target that is looked at.
  void note_work(const act::Work& work);

  SeededRandom random;
  VirtualClock clock;  // The true time.
  Tally tally;
  World world{clock};
  WorldResources resources{world};
  WorldSignals signals{world};
  WorldSql sql{world};
  std::optional<DescribedWorld> described;  // In some worlds verbs are described ones.
  VerbRegistry verbs;
  std::vector<WatchedPolicy> policies;
  Laws laws{verbs, clock};
  Recoveries recoveries{tally};
  Happenings happenings{random, world, tally};
  std::string story;  // A line a fact.
};

// When every random world begins.
Time world_begins();

}  // namespace capstan::sim
