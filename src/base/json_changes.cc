#include "base/json_changes.h"

#include <fmt/format.h>

#include <set>

#include "base/json_path.h"

namespace capstan {
namespace {

void compare(const std::string& path, const Json& before, const Json& after, std::vector<JsonChange>& changes);

void compare_members(const std::string& path, const Json& before, const Json& after, std::vector<JsonChange>& changes) {
  std::set<std::string_view> names;
  for (const auto& [name, value] : before.members()) names.insert(name);
  for (const auto& [name, value] : after.members()) names.insert(name);
  for (std::string_view name : names) {
    compare(path + path_step(name, path.empty()), before[name], after[name], changes);
  }
}

void compare(const std::string& path, const Json& before, const Json& after, std::vector<JsonChange>& changes) {
  if (before == after) return;
  if (before.is_object() && after.is_object()) return compare_members(path, before, after, changes);
  if (before.is_array() && after.is_array() && before.items().size() == after.items().size()) {
    for (size_t i = 0; i < before.items().size(); ++i) {
      compare(fmt::format("{}[{}]", path, i), before.items()[i], after.items()[i], changes);
    }
    return;
  }
  changes.push_back({path, before, after});
}

}  // namespace

std::vector<JsonChange> json_changes(const Json& before, const Json& after, size_t most) {
  std::vector<JsonChange> changes;
  compare("", before, after, changes);
  if (changes.size() > most) return {{"", before, after}};
  return changes;
}

void apply_change(Json& value, const std::string& path, Json after) {
  const Result<JsonPath> place = JsonPath::parse(path);
  if (!place) return;
  if (place->empty()) {
    value = std::move(after);
  } else if (after.is_null()) {
    place->remove(value);
  } else {
    place->write(value, std::move(after));
  }
}

}  // namespace capstan
