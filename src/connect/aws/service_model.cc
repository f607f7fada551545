#include "connect/aws/service_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"

namespace capstan::aws {
namespace {

template <class T>
Result<const T*> find_named(const std::map<std::string, T, std::less<>>& table, std::string_view name,
                            std::string_view service, std::string_view what) {
  if (const auto found = table.find(name); found != table.end()) return &found->second;
  std::vector<std::string_view> names;
  for (const auto& [known, value] : table) names.push_back(known);
  return fail(ErrorCode::kNotFound, fmt::format("{} has no {} '{}'{}", service, what, name, did_you_mean(name, names)));
}

}  // namespace

const Member* Shape::find(std::string_view member) const {
  const auto found = std::ranges::find(members, member, &Member::name);
  return found == members.end() ? nullptr : &*found;
}

Result<const Operation*> ServiceModel::operation(std::string_view name) const {
  return find_named(operations, name, service, "operation");
}

Result<const Waiter*> ServiceModel::waiter(std::string_view name) const {
  return find_named(waiters, name, service, "waiter");
}

}  // namespace capstan::aws
