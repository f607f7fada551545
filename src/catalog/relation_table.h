// The relations of an index as a table of a database: relation(source, kind, target), for questions only.
#pragma once

#include "base/result.h"
#include "base/sqlite.h"
#include "catalog/relation_index.h"

namespace capstan::catalog {

// The index outlives the connection, and does not change while a question is being answered.
Status create_relation_table(sqlite::Database& database, const RelationIndex& index);

}  // namespace capstan::catalog
