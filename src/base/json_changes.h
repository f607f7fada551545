// What differs between two JSON values, place by place.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace capstan {

struct JsonChange {
  std::string path;  // As JsonPath reads it: "spec.containers[0].image".
  Json before;       // Null where there was nothing.
  Json after;        // Null where there is nothing any more.
};

// The smallest places that differ, in the order of their names. A member that is null counts as absent. Arrays of
// another length, and values of which more than `most` places differ, are one place. "" names the whole value.
std::vector<JsonChange> json_changes(const Json& before, const Json& after, size_t most = 50);

// Makes `value` what it was `after` the change at a path; null takes away. A path that leads nowhere changes nothing.
void apply_change(Json& value, const std::string& path, Json after);

}  // namespace capstan
