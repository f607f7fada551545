// What the executor has done elsewhere, because it takes time or touches the outside; results come back as messages.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "model/verb.h"

namespace capstan::act {

// What was learned before an action: nothing was touched.
struct Prepared {
  enum class Answer {
    kGo,      // All checks hold; `target` and `before` are what the intent will say.
    kSkip,    // The target is gone, or the precondition no longer holds.
    kRefuse,  // It must not or cannot be done.
    kLater,   // The checks could not be made now.
  };
  Answer answer = Answer::kRefuse;
  Words says;
  Resource target;
  Json before;
  // Of an action that was begun before: whether what it is to do is there already.
  ProbeAnswer shows = ProbeAnswer::kCannotTell;
};

// How performing or undoing ended, and what the outside shows afterwards.
struct Effect {
  Performed performed;
  ProbeAnswer shows = ProbeAnswer::kCannotTell;
};

// What a look after a crash showed.
struct Looked {
  ProbeAnswer shows = ProbeAnswer::kCannotTell;
};

// Whether the check of a plan holds now.
struct Checked {
  bool holds = false;
  Words says;
};

struct WorkResult {
  uint64_t ticket = 0;
  std::variant<Prepared, Effect, Looked, Checked> result;
};

struct Work {
  uint64_t ticket = 0;
  std::string what;  // "perform host.stop_process on host_process/…", for the list of what runs.
  std::function<WorkResult(const std::stop_token&)> run;
};

// Work that waits for a worker is either begun by it or taken back by the executor: whoever comes first. Thread-safe.
class WorkTurn {
 public:
  // True for the first that asks, and for nobody else.
  bool take() { return !taken_.exchange(true); }

 private:
  std::atomic<bool> taken_ = false;
};

// Runs work on other threads, or in the simulated world one after the other. Each result must be handed to
// Executor::handle on the thread that owns the executor. Never calls `run` within try_run.
class WorkRunner {
 public:
  virtual ~WorkRunner() = default;
  // False when the queue is full; the executor tries again at its next tick.
  [[nodiscard]] virtual bool try_run(Work work) = 0;
};

}  // namespace capstan::act
