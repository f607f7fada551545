// Finds the resource that a person means: by its id, or by its name alone.
#pragma once

#include <string_view>

#include "base/result.h"
#include "catalog/catalog_reader.h"
#include "model/table.h"

namespace capstan::loop {

// The resource with this id; else the one with this name. Where several have the name and all others belong to one of
// them (relation `belongs_to`, directly or not) or describe it (`describes`), that one is meant: an account before its
// project and its record of the same name. kNotFound with the nearest name, or kInvalidArgument with the ids that come
// into question.
Result<Resource> find_resource(std::string_view text, const catalog::CatalogReader& catalog, const SqlSource& sql,
                               Time now);

}  // namespace capstan::loop
