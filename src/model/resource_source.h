// How a stage finds the present form of a resource, without knowing the catalog.
#pragma once

#include <optional>

#include "base/result.h"
#include "model/resource.h"

namespace capstan {

// Thread-safe.
class ResourceSource {
 public:
  virtual ~ResourceSource() = default;
  // Nothing where no such resource is known now.
  virtual Result<std::optional<Resource>> find(const ResourceId& id) const = 0;
};

}  // namespace capstan
