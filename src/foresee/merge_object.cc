#include "foresee/merge_object.h"

#include <algorithm>

namespace capstan::foresee {
namespace {

bool is_named_list(const Json& value) {
  return value.is_array() && !value.items().empty() &&
         std::ranges::all_of(value.items(), [](const Json& item) { return item["name"].is_string(); });
}

Json merge_named(Json onto, const Json& patch) {
  for (const Json& item : patch.items()) {
    Json::Array& items = onto.mutable_items();
    const auto same = std::ranges::find_if(items, [&](const Json& one) { return one["name"] == item["name"]; });
    if (same == items.end()) {
      items.push_back(item);
    } else {
      *same = merge_object(std::move(*same), item);
    }
  }
  return onto;
}

}  // namespace

Json merge_object(Json onto, const Json& patch) {
  if (is_named_list(onto) && is_named_list(patch)) return merge_named(std::move(onto), patch);
  if (!patch.is_object()) return patch;
  if (!onto.is_object()) onto = Json::object();
  for (const auto& [name, value] : patch.members()) {
    if (value.is_null()) {
      onto.mutable_members().erase(name);
    } else {
      onto.set(name, merge_object(onto[name], value));
    }
  }
  return onto;
}

}  // namespace capstan::foresee
