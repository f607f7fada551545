// A ledger and a worker pool for the simulated world: in memory, one step at a time, and able to fail at every step.
#pragma once

#include <deque>
#include <functional>
#include <stop_token>
#include <vector>

#include "act/work.h"
#include "model/fact_sink.h"

namespace capstan::sim {

// Keeps facts as a disk would: what was acknowledged survives the death of the process.
class MemoryFacts final : public FactSink {
 public:
  Result<std::vector<Seq>> append(std::span<const NewFact> facts) override;

  enum class Death {
    kBeforeWriting,  // Nothing of the append survives.
    kAfterWriting,   // All of it does, but nobody was told.
  };
  // The process dies at the append after `writes` more.
  void die_after(uint64_t writes, Death how) {
    remaining_ = writes;
    how_ = how;
    armed_ = true;
  }
  bool dead() const { return dead_; }
  void revive() { dead_ = armed_ = false; }

  // Asked before every append; true refuses it as a full disk would.
  std::function<bool()> full;
  // A real ledger beside the memory: written first; what it refuses is refused, and its numbers must be ours. When it
  // fails in a way that leaves open what it holds, the process dies.
  FactSink* beside = nullptr;
  // What the ledger may hold without having acknowledged it; all of it or nothing.
  const std::vector<NewFact>& uncertain() const { return uncertain_; }
  // After a death: it does hold it, or it does not.
  void settle(bool held);
  // Told of what there was no room for, and of the first fact of an append at which the process died.
  std::function<void(std::span<const NewFact>)> on_refused;
  std::function<void(const NewFact&, Death)> on_death;
  // Told of every fact that is durable.
  std::function<void(const Fact&)> on_fact;

  const std::vector<Fact>& facts() const { return facts_; }
  uint64_t appends() const { return appends_; }

 private:
  void take(const NewFact& fact);

  std::vector<Fact> facts_;
  std::vector<NewFact> uncertain_;
  uint64_t appends_ = 0;
  uint64_t remaining_ = 0;
  Death how_ = Death::kBeforeWriting;
  bool armed_ = false;
  bool dead_ = false;
};

// Holds work until it is told to run a piece of it.
class StepRunner final : public act::WorkRunner {
 public:
  explicit StepRunner(size_t limit = 64) : limit_(limit) {}

  bool try_run(act::Work work) override;

  bool idle() const { return waiting_.empty(); }
  size_t size() const { return waiting_.size(); }
  const act::Work& peek(size_t index) const { return waiting_[index]; }
  act::WorkResult run(size_t index = 0, const std::stop_token& stop = {});
  // Told of each piece of work before it runs.
  std::function<void(const act::Work&)> on_run;
  // A crash: what waits is lost.
  void drop() { waiting_.clear(); }
  void drop(size_t index) { waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(index)); }

 private:
  size_t limit_;
  std::deque<act::Work> waiting_;
};

}  // namespace capstan::sim
