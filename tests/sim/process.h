// One running Capstan of the simulated world: an executor, what decides for it, and the work it has under way. It can
// die at any moment; the next one begins with the ledger's facts.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>

#include "act/executor.h"
#include "sim/director.h"
#include "sim/plumbing.h"
#include "sim/stage.h"

namespace capstan::sim {

class Process {
 public:
  // All outlive it. The director forgets what it knew.
  Process(Stage& stage, FactSink& facts, const Clock& clock, Director& director, std::span<const Fact> known);

  act::Executor& executor() { return executor_; }
  void tick() { executor_.tick(clock_.now()); }
  void decide();

  // Runs a piece of what waits, at random, or hands back an answer that came late; answers come late and twice unless
  // all is `calm`. Throws ProcessDied where that happens in it.
  void work(bool calm);
  // All that waits, in its order.
  void work_off(bool calm, const std::function<bool()>& is_dead);
  // What is under way is told to end.
  void cancel() { stop_.request_stop(); }
  // The process dies: of what was under way some has happened, and nobody hears of it.
  void abandon();

  bool is_idle() const { return runner_.idle(); }
  // Asked before each piece of work, as a leader asks whether it still leads; what may not run is dropped.
  std::function<bool()> may_act;

 private:
  void run(size_t index, bool calm);
  void hand_back(act::WorkResult result, bool calm);
  void take_late(bool calm);

  Stage& stage_;
  const Clock& clock_;
  Director& director_;
  StepRunner runner_{4};
  std::deque<act::WorkResult> late_;
  std::stop_source stop_;
  act::Executor executor_;
};

}  // namespace capstan::sim
