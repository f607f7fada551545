// Steps that wait: `after: P2D` begins another stage of a policy, which is a plan of its own some days later. How far a
// resource has come is read off the actions that were done for the same occasion, so that it survives restarts and
// needs nothing else to be kept.
//
// The policy may change meanwhile: what was begun goes on by the waits and steps of the new version (which asks for
// approval anew) where the steps that were done are still the same verbs at the same places; else it ends there, and
// the next occasion begins with the first step.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decide/history.h"
#include "decide/policy.h"
#include "model/fact.h"
#include "model/words.h"

namespace capstan::decide {

// Steps that are done without waiting in between: [first, last) of the policy's.
struct Stage {
  size_t first = 0;
  size_t last = 0;
  Duration wait{0};  // After the stage before has ended.
};
std::vector<Stage> stages_of(const Policy& policy);

// How long what a stage has done may take to show; until then nobody is said to match no more.
inline constexpr Duration kStageShows{300'000};

// The stage that is to be done next, and from when on.
struct NextStage {
  size_t number = 0;
  Stage stage;
  Time due;  // Time() for the first.
};
// What comes next on `target` for an occasion; nothing when all is done.
std::optional<NextStage> next_stage(const Policy& policy, const ResourceId& target, std::string_view occasion,
                                    const History& history);

// "2d", "1d4h", "35m": how long is left, to the minute.
Words wait_text(Duration left);
// When the text of a wait until `due` will be another one.
Time wait_changes(Time due, Time now);

// A resource for which the first of several stages is wanted, or for which the later ones are wanted no more.
struct StageChange {
  ResourceId target;
  std::string occasion;
  Words says;
};
// As facts: to be written before the plan that they belong to is handed on.
std::vector<NewFact> begun_facts(std::string_view policy, const std::vector<StageChange>& begun, Time now);
std::vector<NewFact> dropped_facts(std::string_view policy, const std::vector<StageChange>& dropped, Time now);

}  // namespace capstan::decide
