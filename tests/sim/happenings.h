// What happens to a world whatever Capstan does: people who propose, approve and look, and changes outside that nobody
// asked Capstan about. Knows of Capstan only what its facts say.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "act/executor.h"
#include "base/random.h"
#include "catalog/catalog_reader.h"
#include "sim/tally.h"
#include "sim/world.h"

namespace capstan::sim {

class Happenings {
 public:
  // All outlive it.
  Happenings(Random& random, World& world, Tally& tally) : random_(random), world_(world), tally_(tally) {}

  // Some things, as the catalog has seen them.
  void populate();
  // In the order of the ledger.
  void see(const Fact& fact);

  // Somebody's recommendation.
  void propose(act::Executor& executor, Time now);
  // Somebody approves, rejects, cancels, undoes or looks.
  void person(act::Executor& executor, Time now);
  void approve_everything(act::Executor& executor, Time now);
  // A person who looks before they speak.
  void resolve_by_truth(act::Executor& executor, Time now);

  void change_outside(Time now);
  // The outside cannot be reached or tells nothing for a while, late requests arrive, checks fail.
  void trouble();
  // All of that is over.
  void calm(Time now);

  const std::vector<catalog::KnownFinding>& findings() const { return findings_; }
  bool has_open_plans() const { return !open_.empty(); }

 private:
  bool chance(uint64_t percent) { return random_.below(100) < percent; }
  Plan random_plan(Time now);
  std::string any_thing();
  void note_change(const ResourceId& id, std::string_view what);
  void change_finding(const ResourceId& id, Time now);

  Random& random_;
  World& world_;
  Tally& tally_;
  uint64_t things_ = 0;
  uint64_t proposed_ = 0;
  std::vector<catalog::KnownFinding> findings_;
  std::map<std::string, Plan> plans_;    // All.
  std::map<std::string, Plan> open_;     // Those that have not ended.
  std::map<std::string, bool> undoing_;  // By action: whether its newest intent is to undo it.
};

}  // namespace capstan::sim
