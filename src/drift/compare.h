// What differs between what a manifest states of an object and the object as it is, as server-side apply sees it: only
// fields that are stated count. Source: kubernetes.io, "Server-Side Apply".
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "drift/field_path.h"

namespace capstan::drift {

struct Difference {
  FieldPath path;
  Json should;  // As stated.
  Json is;      // Null: there is nothing.

  bool operator==(const Difference&) const = default;
};

// `wanted` is what the API server says it would make of the manifest, defaults and all; null where it was not asked:
// then quantities, numbers written as text, and what is empty are compared by what they mean.
std::vector<Difference> compare(const Json& stated, const Json& wanted, const Json& live);

// A manifest as the API server would keep it: a Secret's stringData becomes data.
Json as_kept(Json manifest);

// "apps" of "apps/v1", "" of "v1".
std::string group_of(const Json& object);

}  // namespace capstan::drift
