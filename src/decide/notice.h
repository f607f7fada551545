// Tells people in time what a policy will touch: what does not match yet, but will at a later time if nothing changes.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "decide/policy.h"
#include "decide/selection.h"

namespace capstan::decide {

struct Notice {
  std::string id;  // The same for the same policy, resource and lead: told once, whoever sends it.
  std::string policy;
  ResourceId resource;
  std::string to;   // As the policy says: "owner", "#ops".
  Duration before;  // The lead for which it is told.
  Words says;
};

// The notices that are due at `now`; for each resource only the one of its shortest lead. Asks the selection as of
// `now` plus each lead, so a condition such as "ends_on < now" tells when it will hold. Nothing without `warn`.
Result<std::vector<Notice>> due_notices(const Policy& policy, const SqlSource& sql, const ResourceSource& resources,
                                        Time now, const SelectOptions& options = {});

}  // namespace capstan::decide
