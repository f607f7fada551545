// The relations that follow from SQL over the whole catalog (catalog/relation_spec.h).
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "catalog/relation_spec.h"
#include "model/resource.h"
#include "model/table.h"

namespace capstan::catalog {

struct DerivedRelations {
  // One a declaration, to be compared like any other look. A declaration that failed has none: its relations stay.
  std::vector<Observation> observations;
  std::vector<Error> problems;
};

// Of declarations in SQL; others are left out. Thread-safe where `sql` is. `kinds` are all kinds, since a derived
// relation may begin at any.
DerivedRelations derive(std::span<const RelationSpec> specs, const SqlSource& sql, const std::vector<KindSpec>& kinds,
                        Time at);

}  // namespace capstan::catalog
