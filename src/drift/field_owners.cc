#include "drift/field_owners.h"

#include <algorithm>
#include <string_view>

namespace capstan::drift {
namespace {

constexpr size_t kMostManagers = 1'000;

bool is_meant(std::string_view name, const FieldStep& step) {
  if (const std::string* field = std::get_if<std::string>(&step))
    return name.starts_with("f:") && name.substr(2) == *field;
  if (const size_t* index = std::get_if<size_t>(&step)) return name == "i:" + std::to_string(*index);
  const bool is_key = name.starts_with("k:");
  if (!is_key && !name.starts_with("v:")) return false;
  const Result<Json> value = Json::parse(name.substr(2));
  if (!value) return false;
  if (const ItemKey* key = std::get_if<ItemKey>(&step)) return is_key && has_key(key->fields, *value);
  const ItemValue* item = std::get_if<ItemValue>(&step);
  return !is_key && item != nullptr && item->value == *value;
}

bool owns(const Json& fields, const FieldPath& path) {
  const Json* at = &fields;
  for (const FieldStep& step : path) {
    // Owned as one, with everything in it.
    if (at != &fields && at->members().empty()) return true;
    const auto next =
        std::ranges::find_if(at->members(), [&](const auto& member) { return is_meant(member.first, step); });
    if (next == at->members().end()) return false;
    at = &next->second;
  }
  return true;
}

}  // namespace

std::vector<FieldOwner> owners_of(const Json& managed_fields, const FieldPath& path) {
  std::vector<FieldOwner> owners;
  if (path.empty()) return owners;
  for (const Json& entry : managed_fields.items()) {
    if (owners.size() >= kMostManagers || !owns(entry["fieldsV1"], path)) continue;
    const Result<Time> at = parse_time(entry["time"].string_or_empty());
    owners.push_back({.manager = entry["manager"].string_or_empty(),
                      .operation = entry["operation"].string_or_empty(),
                      .subresource = entry["subresource"].string_or_empty(),
                      .at = at ? std::optional(*at) : std::nullopt});
  }
  std::ranges::stable_sort(owners, [](const FieldOwner& a, const FieldOwner& b) { return a.at > b.at; });
  return owners;
}

}  // namespace capstan::drift
