#include "decide/permitted.h"

#include <algorithm>

namespace capstan::decide {
namespace {

bool permits_of_list(bool up, const Policy& policy, std::string_view verb) {
  const std::vector<Kept>& list = up ? policy.ensure->kept : policy.ensure->kept_outside;
  return std::ranges::any_of(list, [&](const Kept& kept) {
    if (!kept.counts(true)) return false;
    if (kept.step.verb != kDeleteAllOf) return kept.step.verb == verb;
    // What is kept up is not taken back.
    return !up && std::ranges::any_of(policy.deletes, [&](const auto& each) { return each.second == verb; });
  });
}

}  // namespace

bool permits(const Override& override, const Policy& policy, std::string_view verb) {
  if (!policy.ensure) return false;
  const Ensure& ensure = *policy.ensure;
  if (ensure.is_list())
    return (override.state == "up" || override.state == "down") &&
           permits_of_list(override.state == "up", policy, verb);
  if (override.state == "up" || override.state == ensure.inside.name) return verb == ensure.inside.verb;
  if (!ensure.outside) return false;
  return (override.state == "down" || override.state == ensure.outside->name) && verb == ensure.outside->verb;
}

}  // namespace capstan::decide
