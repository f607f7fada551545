// What people decided instead of a policy, for a while: "keep it up until 22:00", "leave it alone until tomorrow".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/fact.h"
#include "model/resource.h"

namespace capstan::decide {

struct Override {
  std::string id;
  std::string policy;   // "" for all policies.
  ResourceId resource;  // "" for all resources; what belongs to it has its override, too.
  // "up": what a policy wants within its hours, "down": what it wants outside of them; or a state by its name. "" to
  // leave the resource alone.
  std::string state;
  Time from;
  Time until;  // Ends by itself.
  std::string by;
  std::string reason;  // For those who wonder; may be "".

  bool active(Time now) const { return from <= now && now < until; }
  Json to_json() const;
  static Override from_json(std::string_view id, const Json& json);
};

// A person's hand on a resource, seen as a change that no action of ours explains.
struct ManualTouch {
  ResourceId resource;
  Time at;
  std::string by;  // "" when it is not known who.
};

// The fact that sets an override; the caller appends it. Refuses one that ends before it begins or lasts over 90 days.
Result<NewFact> set_override(const Override& wanted, Time now);
NewFact end_override(std::string_view id, std::string_view by, Time now);

// A projection of the ledger: the overrides that may still be active. Owned by one thread.
class Overrides {
 public:
  void apply(const Fact& fact);
  // Those that are active now, by id.
  std::vector<Override> active(Time now) const;
  // When the next of them begins or ends after `now`; nothing where none does.
  std::optional<Time> next_edge(Time now) const;
  // Whether any of them, of whatever time, is about one resource, and so about what belongs to it.
  bool name_resources() const;

 private:
  std::map<std::string, Override, std::less<>> overrides_;
};

// The override that decides over a resource: one that names it before one that does not, then one that names the
// policy, then the newest.
const Override* governing(const std::vector<Override>& overrides, std::string_view policy, std::string_view resource,
                          Time now);

}  // namespace capstan::decide
