// What belongs to what, by the relation belongs_to, as far as it reaches.
#pragma once

#include <vector>

#include "base/result.h"
#include "catalog/catalog_reader.h"

namespace capstan::loop {

// What belongs to a resource, directly or not, sorted by id; `relations` takes all relations that were met.
// kResourceExhausted when it is more than 5,000 resources.
Result<std::vector<Resource>> belongings_of(const ResourceId& owner, const catalog::CatalogReader& catalog,
                                            std::vector<Relation>& relations);

// What a resource belongs to, the nearest first.
Result<std::vector<ResourceId>> owners_of(const ResourceId& id, const catalog::CatalogReader& catalog);

}  // namespace capstan::loop
