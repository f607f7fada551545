// What sets a policy off: each occurrence of its alert, incident or time of the clock, under a name that stays the same
// for as long as it lasts and across restarts, so that one occurrence is acted on once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog_reader.h"
#include "decide/policy.h"

namespace capstan::decide {

struct Occurrence {
  std::string key;                    // Stable: made of what is in the ledger.
  Words says;                         // "alert HighCpu on web1"
  std::vector<ResourceId> resources;  // What it points at; sorted.
  Time since;
  Seq cause = 0;
};

// The findings or incidents that match the trigger's name, severity and confidence, whether or not they have lasted
// long enough; sorted by key. Nothing for the clock.
std::vector<Occurrence> occurrences(const Trigger& trigger, const std::vector<catalog::KnownFinding>& findings,
                                    const std::vector<catalog::KnownIncident>& incidents);

// When the alert of the trigger last held on `resource`, or anywhere for "": `now` while it does, Time() where
// `findings`, open and resolved ones, know of none.
Time last_held(const Trigger& trigger, const std::vector<catalog::KnownFinding>& findings, std::string_view resource,
               Time now);

// The time of the clock that is due: the latest one until `now` that is not older than the catch-up time and not before
// the policy was in force.
std::optional<Occurrence> due_time(const Trigger& trigger, Time now, Time in_force_since);

}  // namespace capstan::decide
