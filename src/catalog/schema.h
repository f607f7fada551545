// The tables of the catalog that do not depend on packs.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"
#include "model/resource.h"

namespace capstan::catalog {

bool is_fixed_table(std::string_view name);
std::span<const std::string_view> fixed_tables();

// Makes the file what this version and these kinds need: drops everything after a change of the layout (the ledger
// builds it again), and makes the kinds' tables anew from what is known after a change of the kinds.
Status prepare_schema(sqlite::Database& database, const std::vector<KindSpec>& kinds);

// Changes when anything of the declarations does that the tables show.
std::string fingerprint(const std::vector<KindSpec>& kinds);

}  // namespace capstan::catalog
