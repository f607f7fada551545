// What must hold of every text that `check_fragment` accepts, for its test and its fuzz target.
#pragma once

#include <string>
#include <string_view>

#include "base/sqlite.h"
#include "catalog/sql_fragment.h"

namespace capstan::catalog {

// "" or what went wrong: that something around the text has another meaning than with any other text.
inline std::string changes_what_wraps_it(sqlite::Database& database, std::string_view text) {
  const std::string sql(text);
  auto guarded = database.prepare("SELECT 1 FROM (SELECT 1 AS a, 2 AS b) WHERE 0 AND (" + sql + ") AND b = 2");
  if (guarded) {
    const auto row = guarded->step();
    if (row && *row) return "a guard was widened";
  }
  const auto beside = database.prepare("SELECT (" + sql + "), 7 AS kept FROM (SELECT 1 AS a, 2 AS b)");
  if (beside && (beside->columns() != 2 || beside->column_name(1) != "kept")) return "a column was added or hidden";
  const auto negated = database.prepare("SELECT NOT coalesce((" + sql + "), 0) AS one FROM (SELECT 1 AS a, 2 AS b)");
  if (negated && negated->columns() != 1) return "a column was added";
  return "";
}

}  // namespace capstan::catalog
