// What other threads tell the loop.
#pragma once

#include <functional>
#include <variant>
#include <vector>

#include "act/work.h"
#include "model/finding.h"
#include "model/resource.h"
#include "model/sample.h"
#include "tell/outbox.h"

namespace capstan::loop {

// A connector looked at its part of the world.
struct Observed {
  Observation observation;
};

// A round of detection ended.
struct Detected {
  std::vector<Findings> rounds;
  std::vector<SeriesSample> samples;  // Of recording rules and ALERTS.
  std::vector<Error> problems;        // Rules that could not be evaluated.
};

// The picture has followed what changed.
struct Foreseen {
  std::vector<Findings> rounds;  // Of the rules about configuration whose verdicts differ.
  Observation relations;         // That follow now, or no longer.
  std::vector<Error> problems;
};

// An item of the executor's work ended.
struct Worked {
  act::WorkResult result;
};

// An attempt to deliver a message ended.
struct Delivered {
  tell::Attempt attempt;
};

// Somebody asks something of the loop's own state.
struct Command {
  std::function<void()> run;
};

using LoopMessage = std::variant<Observed, Detected, Foreseen, Worked, Delivered, Command>;

}  // namespace capstan::loop
