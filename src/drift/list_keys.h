// How the API server merges the lists of its own types: which are maps by some keys, which are sets, and that all
// others are one value. Source: the markers x-kubernetes-list-type and x-kubernetes-list-map-keys of its OpenAPI.
#pragma once

#include <span>
#include <string_view>

#include "base/json.h"
#include "drift/field_path.h"

namespace capstan::drift {

struct ListKind {
  bool is_set = false;
  std::span<const std::string_view> keys;  // None, and no set: the list is one value.
};

// Of the list at a path, of an object of a group. What a custom resource declares is not known here: its lists are one
// value each.
ListKind list_kind(std::string_view group, const FieldPath& path);

// The keys of an item, defaults filled in; null where it lacks one.
Json key_of(const Json& item, const ListKind& kind);

}  // namespace capstan::drift
