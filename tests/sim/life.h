// One life of a simulated world: policies, plans, people, faults and deaths, all of which follow from one number.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "act/executor.h"
#include "base/random.h"
#include "ledger/ledger.h"
#include "sim/director.h"
#include "sim/laws.h"
#include "sim/memory_disk.h"
#include "sim/recoveries.h"

namespace capstan::sim {

class Life {
 public:
  // Where the process dies, once. With one, faults of other kinds are few: the death is what is looked at.
  struct Death {
    enum class At {
      kNever,
      kBeforeWrite,  // Of append `index`, counted from 0.
      kAfterWrite,
      kCall,      // At call `index` of a verb: it is not made, and what was learned before it is lost.
      kPowerCut,  // At write or sync `index` of the ledger's disk.
    };
    At at = At::kNever;
    uint64_t index = 0;
  };

  enum class Keeps {
    kMemory,  // Facts are written as if by a ledger that always works.
    kLedger,  // They go into a real one, on a disk that fails and tears, and are read from it after every death.
  };

  explicit Life(uint64_t seed, Keeps keeps = Keeps::kMemory, std::optional<Death> death = std::nullopt);

  // Lives for a while, then heals and comes to rest.
  void live(int steps);

  // How the ledger differs from what it acknowledged; "" when it does not.
  const std::string& lost() const { return lost_; }
  const std::vector<std::string>& broken() const { return laws_.broken(); }
  uint64_t writes() const { return facts_.appends(); }
  uint64_t calls() const { return calls_; }
  uint64_t disk_operations() const { return disk_ ? disk_->operations() : 0; }
  size_t effects() const { return world_.effects().size(); }
  const Tally& tally() const { return tally_; }
  std::string story() const;

 private:
  bool chance(uint64_t percent) { return random_.below(100) < percent; }
  Time now() const { return clock_.now(); }

  // How it lives (life.cc).
  void listen();
  void arm(const Death& death);
  void open_ledger();
  std::vector<Fact> surviving();
  void compare(const std::vector<Fact>& kept);
  void check_chain();
  void keep_up_ledger(bool is_busy);
  void start();
  void restart();
  void see(const Fact& fact);
  void run(size_t index);
  void hand_back(act::WorkResult result);
  void decide();
  bool dead() const { return facts_.dead() || process_died_ || (disk_ && disk_->is_off()); }
  void heal();
  bool at_rest() const;

  // What happens to it (life_events.cc).
  void populate();
  void step();
  void work();
  void maintain_ledger();
  void propose();
  void person();
  void resolve_by_truth();
  bool newest_intent_undoes(const std::string& action) const;
  void approve_everything();
  void trouble();
  void step_clock();
  void change_outside();
  void note_change(const ResourceId& id, std::string_view what);
  std::string any_thing() { return fmt_thing(random_.below(things_)); }
  static std::string fmt_thing(uint64_t number) { return "thing/" + std::to_string(number); }

  class LedgerFacts;
  SeededRandom random_;
  VirtualClock clock_;
  Tally tally_;
  World world_;
  WorldResources resources_;
  WorldSignals signals_;
  WorldSql sql_;
  VerbRegistry verbs_;
  Laws laws_;
  Recoveries recoveries_{tally_};
  std::optional<Director> director_;
  MemoryFacts facts_;
  StepRunner runner_{4};
  SeededRandom disk_random_;
  std::optional<MemoryDisk> disk_;
  std::shared_ptr<LedgerFacts> ledger_;
  std::string lost_;
  std::optional<act::Executor> executor_;
  std::map<std::string, Plan> open_plans_;
  std::deque<act::WorkResult> late_answers_;
  uint64_t things_ = 0;
  uint64_t proposed_ = 0;
  uint64_t calls_ = 0;
  std::optional<uint64_t> dies_at_call_;
  bool process_died_ = false;
  int uncertain_looks_ = 0;
  bool healed_ = false;
  bool careful_ = false;
};

}  // namespace capstan::sim
