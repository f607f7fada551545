// Rules that say what objects may be (`allows`), asked of the objects in a picture.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "catalog/picture.h"
#include "detect/sql_rule.h"
#include "model/table.h"
#include "schema/schema.h"

namespace capstan::detect {

// The column that tells faults of one resource apart.
inline constexpr std::string_view kPlaceColumn = "place";

struct AllowedQuestion {
  const SqlRule* rule = nullptr;
  const schema::Schema* allows = nullptr;
  Result<Table>* table = nullptr;  // The resources that were chosen, with a column `id`; becomes their faults.
};

// Makes of each row one for every fault, with the columns place, value, allowed, nearest, fault and advice. Each object
// is read once, however many questions are about it. A fault is a row; more than 100,000 are kResourceExhausted.
void find_faults(const catalog::Picture& picture, const std::vector<AllowedQuestion>& questions);

}  // namespace capstan::detect
