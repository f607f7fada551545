// Lists of resources, filtered, sorted and by the page: docs/reference/api.md.
#pragma once

#include "base/json.h"
#include "catalog/catalog_reader.h"
#include "loop/control.h"
#include "model/table.h"

namespace capstan::loop {

Result<Json> resource_list(const catalog::CatalogReader& catalog, const SqlSource& sql, const ResourceQuery& query,
                           Time now);

}  // namespace capstan::loop
