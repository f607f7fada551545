// How a fleet, or a part of it, hangs together, in one compact answer: docs/reference/api.md.
#pragma once

#include "base/json.h"
#include "catalog/catalog_reader.h"
#include "loop/fleet_queries.h"
#include "loop/mute_list.h"

namespace capstan::loop {

Result<Json> fleet_map(const catalog::CatalogReader& catalog, const MuteList& mutes, const MapQuery& query);

}  // namespace capstan::loop
