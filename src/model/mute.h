// What people do not want to hear of for a while: findings that hold, are shown apart, and open no incident.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "model/fact.h"
#include "model/finding.h"
#include "model/object_place.h"

namespace capstan {

// Covers the findings that are all that it names; what is empty names nothing. It names a finding or a rule.
struct Mute {
  std::string id;
  std::string finding;
  std::string rule;
  ResourceId resource;
  std::string cluster;
  std::string space;  // A namespace.
  std::string reason;
  std::string by;
  Time at;
  Time until;  // Ends by itself.

  bool active(Time now) const { return at <= now && now < until; }
  bool names(std::string_view finding_id, std::string_view finding_rule, std::string_view finding_resource) const;
  bool lies_at(const ObjectPlace& place) const;
  bool needs_place() const { return !cluster.empty() || !space.empty(); }

  Json to_json() const;
  static Mute from_fact(const Fact& fact);
};

inline constexpr Duration kLongestMute = std::chrono::hours(24 * 366);

// The fact that mutes; the caller appends it. Refuses what names neither a finding nor a rule, has no reason, ends
// before it begins or lasts over a year.
Result<NewFact> mute_fact(const Mute& wanted, Time now);
NewFact unmute_fact(std::string_view id, std::string_view by, Time now);

}  // namespace capstan
