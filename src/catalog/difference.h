// What a look brings that is not yet known, as facts. Pure.
#pragma once

#include <vector>

#include "catalog/catalog.h"
#include "catalog/known_world.h"
#include "model/resource.h"

namespace capstan::catalog {

// `most_resources` bounds what the catalog takes; what is above it is a problem, not a fact.
Difference difference(const Observation& look, const KnownWorld& world, const std::vector<KindSpec>& kinds,
                      size_t most_resources);

}  // namespace capstan::catalog
