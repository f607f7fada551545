// Where an object of a counterpart lies: what its resource's id says of cluster and namespace.
#pragma once

#include <string>
#include <string_view>

#include "model/resource.h"

namespace capstan {

struct ObjectPlace {
  std::string cluster;
  std::string space;  // The namespace; "" for what lies in none. A namespace lies in itself.
  std::string name;
};

// All empty for a kind whose ids do not begin with a cluster. A cluster's name may contain slashes.
ObjectPlace object_place(const KindSpec& kind, std::string_view id);

// The id of the namespace that an object lies in, as `kinds` name it; "" where there is none.
ResourceId namespace_id(const std::vector<KindSpec>& kinds, const ObjectPlace& place);

}  // namespace capstan
