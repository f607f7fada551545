// The violations of rules about configuration, with whose they are, counted and filtered: docs/reference/api.md.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "catalog/catalog_reader.h"
#include "loop/fleet_queries.h"

namespace capstan::loop {

struct ChecksContext {
  std::map<std::string, Json> rules;      // The rules about configuration by name, with what people read of them.
  std::vector<std::string> owner_labels;  // The one that counts most first.
  Time now;
};

Result<Json> checks_answer(const catalog::CatalogReader& catalog, const ChecksContext& context,
                           const ChecksQuery& query);

}  // namespace capstan::loop
