// Whether what policies grant (`grants: [other-policy]`) is there and can be granted, which may be in another file.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <vector>

#include "base/result.h"
#include "decide/policy.h"

namespace capstan::loop {

using PolicyFiles = std::map<std::filesystem::path, std::vector<decide::Policy>>;

// A file whose policies grant one that is in no file, or one that takes no standing approval, counts as one with
// mistakes: what it had `before` takes its place, and without such it goes to `unread`.
std::vector<Error> check_grants(PolicyFiles& files, const PolicyFiles& before, std::set<std::filesystem::path>& unread);
// The same of policies that are not in force, which may stand in for ones of the same name that are.
Status check_grants(const std::vector<decide::Policy>& policies, const PolicyFiles& in_force);

}  // namespace capstan::loop
