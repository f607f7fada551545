// The functions that a question may call: only those whose answer depends on their arguments alone.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"

struct sqlite3_value;

namespace capstan::catalog {

// Of one value of a question: a text, a blob.
inline constexpr int kMostValueBytes = 1 << 20;

// How SQLite is told of a function whose answer depends on its arguments alone.
extern const int kPureFunctionFlags;

// An argument as text; "" for NULL. Valid while the call lasts.
std::string_view text_of(sqlite3_value* value);

// Whether a question may call it. The names are in lower case.
bool is_pure_function(std::string_view name);
const std::vector<std::string_view>& pure_functions();

// Adds our functions to a connection, and replaces SQLite's date and time functions by ones that refuse 'now' and local
// time. Whatever this returns must outlive the connection.
class SqlFunctions {
 public:
  static Result<std::unique_ptr<SqlFunctions>> install(sqlite::Database& database);

  // Computes date functions on a connection of its own, where they are still SQLite's.
  struct Pure {
    sqlite::Database database;
    sqlite::StatementCache statements;
  };
  struct DateFunction {
    Pure* pure;
    std::string_view name;
  };

 private:
  explicit SqlFunctions(sqlite::Database database) : pure_{.database = std::move(database), .statements = {}} {}
  Pure pure_;
  std::vector<std::unique_ptr<DateFunction>> dates_;
};

}  // namespace capstan::catalog
