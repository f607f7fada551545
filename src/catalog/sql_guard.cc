#include "catalog/sql_guard.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "catalog/sql_functions.h"
#include "catalog/sql_text.h"

namespace capstan::catalog {
namespace {

// Of SQLite's virtual machine: few, because one step may handle a value of the largest size.
constexpr int kStepsBetweenLooks = 100;

std::string_view name_of(int operation) {
  switch (operation) {
    case SQLITE_ATTACH: return "ATTACH";
    case SQLITE_DETACH: return "DETACH";
    case SQLITE_PRAGMA: return "PRAGMA";
    case SQLITE_INSERT: return "INSERT";
    case SQLITE_UPDATE: return "UPDATE";
    case SQLITE_DELETE: return "DELETE";
    default: return "a change";
  }
}

std::string reason_for_function(std::string_view name) {
  for (std::string_view changing : {"random", "randomblob", "current_time", "current_date", "current_timestamp"}) {
    if (name != changing) continue;
    return fmt::format("{} is refused, because the same question must give the same answer{}", name,
                       name.starts_with("current") ? "; write now" : "");
  }
  return fmt::format("the function {} is not allowed here", name);
}

// SQLite says of what view a read of a column is a part, by its name; of a table that is only joined, without a column,
// it does not.
bool is_raw_ledger(const char* column, const char* database, const char* view) {
  const bool reads = column != nullptr && *column != '\0';
  return reads && database != nullptr && std::string_view(database) == "ledger" &&
         (view == nullptr || std::string_view(view) != kLedgerView);
}

}  // namespace

void limit_sizes(sqlite::Database& database) {
  sqlite3* handle = database.handle();
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kMostValueBytes);
  sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
  sqlite3_limit(handle, SQLITE_LIMIT_COLUMN, 500);
  sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, 200);
  sqlite3_limit(handle, SQLITE_LIMIT_COMPOUND_SELECT, 100);
  sqlite3_limit(handle, SQLITE_LIMIT_FUNCTION_ARG, 100);
  sqlite3_limit(handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
  sqlite3_limit(handle, SQLITE_LIMIT_VARIABLE_NUMBER, 1000);
  sqlite3_limit(handle, SQLITE_LIMIT_WORKER_THREADS, 0);
}

SqlGuard::SqlGuard(sqlite::Database& database, const Clock& clock, Duration time_limit)
    : database_(database), clock_(clock), deadline_(clock.monotonic() + time_limit) {
  sqlite3_set_authorizer(database.handle(), authorize, this);
  sqlite3_progress_handler(database.handle(), kStepsBetweenLooks, tick, this);
}

SqlGuard::~SqlGuard() {
  sqlite3_progress_handler(database_.handle(), 0, nullptr, nullptr);
  sqlite3_set_authorizer(database_.handle(), nullptr, nullptr);
}

int SqlGuard::authorize(void* guard, int operation, const char* first, const char* second, const char* database,
                        const char* view) {
  switch (operation) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_READ:
      if (!is_raw_ledger(second, database, view)) return SQLITE_OK;
      static_cast<SqlGuard*>(guard)->refusal_ =
          Refusal{.what = first,
                  .reason = fmt::format("ledger.{} is how the ledger keeps its facts, and not for questions: ask the "
                                        "table fact",
                                        first)};
      return SQLITE_DENY;
    case SQLITE_FUNCTION: {
      if (is_pure_function(second)) return SQLITE_OK;
      const std::string name = lower_case(second);
      static_cast<SqlGuard*>(guard)->refusal_ = Refusal{.what = name, .reason = reason_for_function(name)};
      return SQLITE_DENY;
    }
    default: {
      const std::string what(name_of(operation));
      static_cast<SqlGuard*>(guard)->refusal_ = Refusal{
          .what = what,
          .reason = fmt::format("{} is not allowed: this connection only answers questions{}", what,
                                operation == SQLITE_PRAGMA && first != nullptr ? fmt::format(" ({})", first) : "")};
      return SQLITE_DENY;
    }
  }
}

int SqlGuard::tick(void* guard) {
  auto& self = *static_cast<SqlGuard*>(guard);
  self.timed_out_ = self.clock_.monotonic() > self.deadline_;
  return self.timed_out_ ? 1 : 0;
}

}  // namespace capstan::catalog
