// One life of a simulated world: policies, plans, people, faults and deaths, all of which follow from one number.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "sim/memory_disk.h"
#include "sim/process.h"
#include "sim/stage.h"

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

  const std::vector<std::string>& broken() const { return stage_.laws.broken(); }
  uint64_t writes() const { return facts_.appends(); }
  uint64_t calls() const { return calls_; }
  uint64_t disk_operations() const { return disk_ ? disk_->operations() : 0; }
  size_t effects() const { return stage_.world.effects().size(); }
  const Tally& tally() const { return stage_.tally; }
  const std::string& story() const { return stage_.story; }

 private:
  bool chance(uint64_t percent) { return stage_.chance(percent); }
  Time now() const { return stage_.clock.now(); }
  act::Executor& executor() { return process_->executor(); }

  void listen();
  void arm(const Death& death);
  void start();
  void restart();
  bool dead() const { return facts_.dead() || process_died_ || (disk_ && disk_->is_off()); }

  void step();
  void work();
  void trouble();
  void step_clock();
  void heal();
  bool at_rest() const;

  // The ledger under it (life_ledger.cc).
  void open_ledger();
  std::vector<Fact> surviving();
  void compare(const std::vector<Fact>& kept);
  void check_chain();
  void maintain_ledger();

  class LedgerFacts;
  Stage stage_;
  Director director_;
  MemoryFacts facts_;
  SeededRandom disk_random_;
  std::optional<MemoryDisk> disk_;
  std::shared_ptr<LedgerFacts> ledger_;
  std::unique_ptr<Process> process_;
  uint64_t calls_ = 0;
  std::optional<uint64_t> dies_at_call_;
  bool process_died_ = false;
  int uncertain_looks_ = 0;
  bool healed_ = false;
  bool careful_ = false;
};

}  // namespace capstan::sim
