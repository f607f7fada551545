// Which resources a policy is about, asked of the catalog; the decision itself then needs no catalog.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalog/catalog_reader.h"
#include "decide/policy.h"
#include "model/resource_source.h"
#include "model/table.h"

namespace capstan::decide {

// A resource that a policy looked at.
struct Candidate {
  // Of a policy that selects a kind: id, kind, name and, as fields, the columns that show its state as text; else
  // whole.
  Resource resource;
  bool selected = false;
  std::string why_not;  // The clause that left it out: "labels env=dev".
  std::string never;    // The clause of `never` that forbids it; "" for none.
  std::string hours;    // Its own schedule, where the policy asks for it: own_schedule.
  // Which of the policy's conditions hold, those outside of the schedule last; nothing where it is not known.
  std::vector<std::optional<bool>> so;
};

struct SelectOptions {
  size_t limit = 1'000'000;  // Candidates; more are an error, never silently cut.
  // Of a kind, those that `select` leaves out as well, with the clause that did it.
  bool left_out = true;
  // Only of these, where the policy selects a kind: what has changed, or what somebody asks about. Nothing: all.
  std::optional<std::vector<ResourceId>> only = {};
  Duration time_limit{10'000};  // Of each question.
};

Error too_many(const Policy& policy, size_t limit);

// The resources of the policy's kind, or the rows of its SELECT, or (where it selects nothing) what its trigger points
// at, sorted by id.
Result<std::vector<Candidate>> select_candidates(const Policy& policy, const SqlSource& sql,
                                                 const ResourceSource& resources,
                                                 const std::vector<catalog::KnownFinding>& findings,
                                                 const std::vector<catalog::KnownIncident>& incidents, Time now,
                                                 const SelectOptions& options = {});

// The condition over a target's kind that must still hold when an action's turn comes: selection and `never`.
std::string precondition(const Policy& policy, std::string_view kind);

// Of that, only what `never` says.
std::string never_condition(const Policy& policy, std::string_view kind);

// That a resource belongs to another one, directly or not (relation `belongs_to`).
std::string belongs_condition(const ResourceId& id, const ResourceId& owner);

// Where a trigger points: the resources, sorted, without doubles.
std::vector<ResourceId> triggered_resources(const Trigger& trigger, const std::vector<catalog::KnownFinding>& findings,
                                            const std::vector<catalog::KnownIncident>& incidents);

}  // namespace capstan::decide
