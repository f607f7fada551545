// A question in our SQL, turned into SQLite's: `now` becomes a parameter, calls of table functions become tables to be
// filled, and host_process_at('…') becomes a look into the history.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "catalog/sql_text.h"
#include "model/resource.h"
#include "model/table.h"

namespace capstan::catalog {

inline constexpr std::string_view kNowParameter = ":capstan_now";

struct SqlQuestion {
  struct Call {
    std::string function;
    std::vector<SqlValue> arguments;
    std::string written;  // As written: "promql('up')".
    std::string table;    // The temporary table that takes its rows.
    std::string alias;    // What the question calls it.
    size_t offset = 0;
  };

  // Shared, so that the tokens, which look into it, stay good when the question moves.
  std::shared_ptr<const std::string> text;
  std::vector<SqlToken> tokens;
  std::string sql;  // For SQLite.
  std::vector<Call> calls;

  // Where a byte of `sql` comes from.
  Where place(size_t offset) const;
  // Where a word stands first; nothing known: line 0.
  Where place_of(std::string_view word) const;

  // Which part of `sql` comes from where.
  struct Piece {
    size_t begin = 0;   // In `sql`.
    size_t source = 0;  // In `text`.
    bool copied = true;
  };
  std::vector<Piece> pieces;
};

struct SqlDialect {
  std::set<std::string, std::less<>> table_functions;
  const std::vector<KindSpec>* kinds = nullptr;
  Time now;
  // The value of a parameter that is an argument of a table function; nullptr where it has none.
  std::function<const SqlValue*(std::string_view)> parameter;
};

// kPermissionDenied for what is no question (UPDATE, PRAGMA, two statements), kInvalidArgument for an argument that is
// no constant; both with line and column.
Result<SqlQuestion> read_question(std::string_view sql, const SqlDialect& dialect);

}  // namespace capstan::catalog
