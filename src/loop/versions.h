// What a resource was, version by version: docs/reference/api.md.
#pragma once

#include <string_view>
#include <vector>

#include "base/json.h"
#include "catalog/catalog_reader.h"

namespace capstan::loop {

// Each version with the fact that made it and what it changed, newest first; of long values only their size.
Json history_json(const std::vector<catalog::ResourceVersion>& versions);

// Two versions, each named by the fact that made it, whole and place by place; `before` 0 is nothing.
Result<Json> version_difference(const catalog::CatalogReader& catalog, std::string_view id, Seq before, Seq after);

// An object as it would be written in a manifest: with its labels, which the catalog keeps apart, and without what the
// catalog has added.
Json manifest_of(const KindSpec& kind, const Resource& resource);

}  // namespace capstan::loop
