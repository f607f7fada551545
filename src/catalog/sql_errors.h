// Turns SQLite's words about a question into ours: where it is, and what may have been meant.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"
#include "catalog/sql_guard.h"
#include "catalog/sql_question.h"

namespace capstan::catalog {

// The name in "no such column: p.nmae"; nothing for other errors.
std::optional<std::string> missing_column(const Error& error);

// The columns of the tables that a question names.
std::vector<std::string> columns_of(sqlite::Database& database, const SqlQuestion& question);

// `offset` is SQLite's, into the text it got, or -1. Call it while no guard is in force.
Error explained(Error error, int offset, const SqlQuestion& question, const std::optional<SqlGuard::Refusal>& refusal,
                sqlite::Database& database, const SqlDialect& dialect);

}  // namespace capstan::catalog
