// The real ledger under a world: opened after every death, and compared with what it acknowledged.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/life.h"

namespace capstan::sim {

// The real ledger as a FactSink, as the loop uses it.
class Life::LedgerFacts final : public FactSink {
 public:
  explicit LedgerFacts(std::unique_ptr<ledger::Ledger> ledger) : ledger_(std::move(ledger)) {}

  Result<std::vector<Seq>> append(std::span<const NewFact> facts) override { return ledger_->append(facts); }
  void maintain(bool is_busy) { (void)ledger_->maintain(is_busy); }
  std::vector<Fact> all() const { return ledger_->read_from(1, 1'000'000).value(); }
  std::optional<ledger::Verification::Break> broken() const { return ledger_->verify().value().broken; }

 private:
  std::unique_ptr<ledger::Ledger> ledger_;
};

void Life::open_ledger() {
  if (!disk_) return;
  facts_.beside = nullptr;
  // Also at the start: then it starts again.
  if (!healed_ && !careful_ && chance(20)) disk_->fail_after(stage_.random.below(8), DiskFault::kPowerCut);
  for (int attempt = 0; attempt < 3; ++attempt) {
    disk_->boot();
    auto opened =
        ledger::Ledger::open(disk_->path("ledger.db"), {.checkpoint_bytes = 64 << 10}, stage_.clock, disk_random_);
    if (opened && !disk_->is_off()) {
      ledger_ = std::make_shared<LedgerFacts>(std::move(*opened));
      facts_.beside = ledger_.get();
      return;
    }
    stage_.tally.count("recovery: the ledger is opened again");
    disk_->kill();
  }
  stage_.laws.breach("the ledger cannot be opened");
}

// What a new process finds: the ledger's facts where there is one.
std::vector<Fact> Life::surviving() {
  if (!ledger_) return facts_.facts();
  std::vector<Fact> kept = ledger_->all();
  compare(kept);
  return kept;
}

// All that was acknowledged is there, and nothing else but what was being written: all of that, or nothing.
void Life::compare(const std::vector<Fact>& kept) {
  const size_t uncertain = facts_.uncertain().size();
  const bool held = uncertain > 0 && kept.size() == facts_.facts().size() + uncertain;
  if (uncertain > 0) {
    stage_.tally.count(held ? "recovery: facts that nobody was told of are there after all"
                            : "recovery: facts that nobody was told of are not there");
  }
  facts_.settle(held);
  const std::vector<Fact>& known = facts_.facts();
  if (kept.size() != known.size())
    stage_.laws.breach(fmt::format("the ledger has {} facts of {}", kept.size(), known.size()));
  for (size_t i = 0; i < std::min(kept.size(), known.size()); ++i) {
    const bool same = kept[i].seq == known[i].seq && kept[i].at == known[i].at && kept[i].kind == known[i].kind &&
                      kept[i].subject == known[i].subject && kept[i].body == known[i].body &&
                      kept[i].cause == known[i].cause && kept[i].actor == known[i].actor;
    if (!same) {
      stage_.laws.breach(fmt::format("fact {} is {} at {} of {} {} and not {} at {} of {} {}", known[i].seq,
                                     kept[i].kind, format_time(kept[i].at), kept[i].subject, kept[i].body.dump(),
                                     known[i].kind, format_time(known[i].at), known[i].subject, known[i].body.dump()));
    }
  }
}

// The disk under the ledger fails, now and then, at one of the next writes.
void Life::maintain_ledger() {
  if (!disk_) return;
  if (!careful_ && !healed_ && chance(10)) {
    constexpr std::array<DiskFault, 4> kFaults = {DiskFault::kPowerCut, DiskFault::kPowerCut, DiskFault::kFull,
                                                  DiskFault::kBroken};
    disk_->fail_after(stage_.random.below(15), kFaults[stage_.random.below(kFaults.size())]);
  }
  ledger_->maintain(chance(70));
}

void Life::check_chain() {
  if (!ledger_) return;
  if (dead()) restart();  // The power was cut by the very last write, of a checkpoint.
  compare(ledger_->all());
  if (const auto broken = ledger_->broken())
    stage_.laws.breach(fmt::format("the ledger's fact {}: {}", broken->seq, broken->reason));
}

}  // namespace capstan::sim
