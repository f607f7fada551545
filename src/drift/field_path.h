// Where a field is within an object, items of lists named as Kubernetes names them: by their keys, not their places.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace capstan::drift {

// An item of a list of maps, told by some of its fields: {"name":"web"}, {"containerPort":80,"protocol":"TCP"}.
struct ItemKey {
  Json fields;
  bool operator==(const ItemKey&) const = default;
};
// An item of a list that is a set: the value itself.
struct ItemValue {
  Json value;
  bool operator==(const ItemValue&) const = default;
};
using FieldStep = std::variant<std::string, ItemKey, ItemValue, size_t>;
using FieldPath = std::vector<FieldStep>;

// For people: spec.template.spec.containers[name=web].ports[containerPort=80,protocol=TCP].hostPort
std::string to_string(const FieldPath& path);
// ["spec", {"key": {"name": "web"}}, {"value": "x"}, 3]
Json to_json(const FieldPath& path);
Result<FieldPath> field_path_from_json(const Json& json);

// Whether an item of a list is the one with these keys. A key that the item does not state counts with its default:
// the protocol is TCP.
bool has_key(const Json& item, const Json& fields);

// What is there; null where there is nothing.
const Json& find(const Json& object, const FieldPath& path);
// Puts a value there, or takes away what is there for null. False where the path leads nowhere.
bool put(Json& object, const FieldPath& path, const Json& value);

}  // namespace capstan::drift
