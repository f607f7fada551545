// An incident: findings that belong together, with the likely causes and what to do.
#pragma once

#include <string>
#include <vector>

#include "model/action.h"
#include "model/finding.h"

namespace capstan {

struct Cause {
  ResourceId resource;            // The likeliest single resource; for a group its first member.
  std::vector<ResourceId> group;  // Resources that act alike and together: the workers one shell started.
  double score = 0;               // 0..1; causes of an incident are sorted by it, falling.
  double share = 0;               // 0..1: how much of the symptom it accounts for.
  // The same in the symptom's own unit (processors, bytes a second); 0 where nothing measures it.
  double value = 0;
  Words says;  // "process a.out (pid 42, user eve) started 4 s before and uses 98 % of the CPU in excess"
  std::vector<Evidence> evidence;
  std::string finding = {};  // The finding that is the cause, where one explains the others; else "".

  Json to_json() const;
  static Cause from_json(const Json& json);
};

enum class IncidentState {
  kOpen,    // At least one of its findings holds.
  kClosed,  // None has held for the quiet time.
};
std::string_view to_string(IncidentState state);

struct Incident {
  std::string id;  // "inc-12": short enough to type.
  IncidentState state = IncidentState::kOpen;
  Severity severity = Severity::kMedium;
  Words title;  // "CPU of web1 saturated by stress (pid 42)"
  Time opened;
  Time closed;  // Valid when kClosed.
  std::vector<Finding> findings;
  std::vector<Cause> causes;
  std::vector<Plan> recommended;  // Best first; proposed, nothing more.

  Json to_json() const;
  static Incident from_json(const Json& json);
};

}  // namespace capstan
