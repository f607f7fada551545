// The typed table of a kind: its columns as declared, filled on write, so that a question reads columns and no JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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

// INSERT of a part: its owner, its position and its columns.
std::string insert_part_sql(const KindSpec& kind);
// What a resource's fields hold of a kind that is kept: its lasting columns in their one form, or the whole object.
Json lasting_fields(const KindSpec& kind, const Json& fields);

// A value as its column keeps it: numbers and times in one form, text cut at a limit, NULL for what does not fit.
Json normalized(const KindSpec::Column& column, const Json& value);

// Binds the lasting columns from the one after `index` on, as `insert_sql` and `update_sql` name them.
void bind_columns(sqlite::Statement& statement, int& index, const KindSpec& kind, const Json& fields);
// Inserts the parts of a resource by a statement of `insert_part_sql`.
Status insert_parts(sqlite::Statement& statement, std::string_view owner, const KindSpec& kind,
                    const KindSpec::PartOf& part_of, const Json& fields);
// Whether a resource has the same parts before and after.
bool has_same_parts(const KindSpec::PartOf& part_of, const Json& before, const Json& after);
// The kinds of parts that resources of a kind may have.
std::vector<const KindSpec*> parts_of(const std::vector<KindSpec>& kinds, std::string_view kind);
// Writes the rows of a resource in all tables of parts of its kind, in place of those that it had with the fields
// `before`; nullptr: it is new.
Result<std::vector<const KindSpec*>> write_parts(sqlite::Database& database, sqlite::StatementCache& statements,
                                                 const std::vector<KindSpec>& kinds, const Resource& resource,
                                                 const Json* before);
Status remove_parts(sqlite::Database& database, sqlite::StatementCache& statements, const std::vector<KindSpec>& kinds,
                    const ResourceId& id, const std::string& kind);
// Writes the rows of a resource in the table of labels, in place of those that it had.
Status write_labels(sqlite::Database& database, sqlite::StatementCache& statements, const ResourceId& id,
                    const ResourceLabels& labels);
// Binds a normalized value.
void bind_column(sqlite::Statement& statement, int index, const KindSpec::Column& column, const Json& value);
// The value of a result column, as `normalized` gave it.
Json read_column(const sqlite::Statement& statement, int index, const KindSpec::Column& column);

}  // namespace capstan::catalog
