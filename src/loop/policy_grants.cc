#include "loop/policy_grants.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"

namespace capstan::loop {
namespace {

using ByName = std::map<std::string_view, const decide::Policy*>;

void add_names(const std::vector<decide::Policy>& policies, ByName& all) {
  for (const decide::Policy& policy : policies) all.emplace(policy.name, &policy);
}

ByName by_name(const PolicyFiles& files) {
  ByName all;
  for (const auto& [path, policies] : files) add_names(policies, all);
  return all;
}

Status check_grant(const decide::Policy& policy, const std::string& name, const ByName& all) {
  const auto found = all.find(name);
  if (found == all.end()) {
    std::vector<std::string_view> names;
    for (const auto& [known, granted] : all) names.push_back(known);
    return fail(ErrorCode::kNotFound,
                fmt::format("'grants': there is no policy '{}'{}", name, did_you_mean(name, names)), policy.grants_at);
  }
  if (found->second->approval == "standing") return {};
  return fail(ErrorCode::kFailedPrecondition,
              fmt::format("'grants': the policy '{}' takes no standing approval: its 'approve' is {}", name,
                          found->second->approval),
              policy.grants_at);
}

Status check_policies(const std::vector<decide::Policy>& policies, const ByName& all) {
  for (const decide::Policy& policy : policies) {
    for (const std::string& name : policy.grants) TRY(check_grant(policy, name, all));
  }
  return {};
}

}  // namespace

std::vector<Error> check_grants(PolicyFiles& files, const PolicyFiles& before,
                                std::set<std::filesystem::path>& unread) {
  std::vector<Error> problems;
  std::set<std::filesystem::path> wrong;
  while (true) {
    // What one file has lost another may have granted.
    const ByName all = by_name(files);
    Status checked;
    const auto file = std::ranges::find_if(files, [&](const auto& each) {
      if (!wrong.contains(each.first)) checked = check_policies(each.second, all);
      return !checked;
    });
    if (file == files.end()) return problems;
    problems.push_back(checked.error());
    wrong.insert(file->first);
    if (const auto old = before.find(file->first); old != before.end()) {
      file->second = old->second;
    } else {
      unread.insert(file->first);
      files.erase(file);
    }
  }
}

Status check_grants(const std::vector<decide::Policy>& policies, const PolicyFiles& in_force) {
  ByName all;
  add_names(policies, all);
  for (const auto& [path, others] : in_force) add_names(others, all);
  return check_policies(policies, all);
}

}  // namespace capstan::loop
