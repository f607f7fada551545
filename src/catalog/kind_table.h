// The typed table of a kind: its columns as declared, filled on write, so that a question reads columns and no JSON.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/sqlite.h"
#include "model/resource.h"

namespace capstan::catalog {

// "name" -> "\"name\""; names are checked, this is the second lock on the door.
std::string sql_name(std::string_view name);

std::string create_table_sql(const KindSpec& kind);
// INSERT of id, name and all columns that are not volatile, in the order of the kind.
std::string insert_sql(const KindSpec& kind);
// UPDATE of the same; the id is the last parameter.
std::string update_sql(const KindSpec& kind);
// UPDATE of the volatile columns; the id is the last parameter. "" when there is none.
std::string update_volatile_sql(const KindSpec& kind);

// A value as its column keeps it: numbers and times in one form, text cut at a limit, NULL for what does not fit.
Json normalized(const KindSpec::Column& column, const Json& value);

// Binds a normalized value.
void bind_column(sqlite::Statement& statement, int index, const KindSpec::Column& column, const Json& value);
// The value of a result column, as `normalized` gave it.
Json read_column(const sqlite::Statement& statement, int index, const KindSpec::Column& column);

}  // namespace capstan::catalog
