#include "catalog/picture_question.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "catalog/sql_functions.h"
#include "catalog/sql_text.h"

namespace capstan::catalog {
namespace {

// Of SQLite's virtual machine; a million take some 20 ms.
constexpr int kStepsBetweenLooks = 100'000;
constexpr int kMostLooks = 1'000;

struct Reading {
  std::set<std::string> tables;
  std::string refused;
};

int authorize(void* data, int operation, const char* first, const char* second, const char* database, const char*) {
  auto& reading = *static_cast<Reading*>(data);
  switch (operation) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_READ:
      if (database != nullptr && std::string_view(database) == "main") reading.tables.insert(first);
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      if (is_pure_function(second)) return SQLITE_OK;
      reading.refused = fmt::format("the function {} is not allowed in a rule", lower_case(second));
      return SQLITE_DENY;
    default: reading.refused = "a rule only asks; it changes nothing"; return SQLITE_DENY;
  }
}

SqlValue value_of(const sqlite::Statement& row, int column) {
  switch (row.type(column)) {
    case sqlite::Statement::Type::kNull: return std::monostate();
    case sqlite::Statement::Type::kInteger: return row.integer(column);
    case sqlite::Statement::Type::kReal: return row.real(column);
    default: return std::string(row.text(column));
  }
}

int count_down(void* data) { return --*static_cast<int*>(data) <= 0 ? 1 : 0; }

}  // namespace

Result<PictureQuestion> PictureQuestion::prepare(Picture& picture, std::string_view sql) {
  sqlite::Database& database = picture.database();
  Reading reading;
  (void)picture.relation_table().take_reads();
  sqlite3_set_authorizer(database.handle(), authorize, &reading);
  Result<sqlite::Statement> statement = database.prepare(sql);
  sqlite3_set_authorizer(database.handle(), nullptr, nullptr);
  if (!reading.refused.empty()) return fail(ErrorCode::kPermissionDenied, reading.refused);
  if (!statement) return fail(std::move(statement).error());
  if (statement->columns() == 0) return fail(ErrorCode::kInvalidArgument, "a rule's SQL must be a SELECT");
  PictureQuestion question(picture, *std::move(statement));
  question.tables_ = std::move(reading.tables);
  question.relations_ = picture.relation_table().take_reads();
  return question;
}

Result<Table> PictureQuestion::ask(size_t most_rows) {
  int looks = kMostLooks;
  sqlite3* handle = picture_->database().handle();
  sqlite3_progress_handler(handle, kStepsBetweenLooks, count_down, &looks);
  Result<Table> table = read(most_rows);
  sqlite3_progress_handler(handle, 0, nullptr, nullptr);
  statement_.reset();
  if (!table && looks <= 0) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("stopped after {} million steps: it is too slow or endless",
                                                           int64_t{kStepsBetweenLooks} * kMostLooks / 1'000'000));
  }
  return table;
}

Result<Table> PictureQuestion::read(size_t most_rows) {
  Table table;
  for (int i = 0; i < statement_.columns(); ++i) table.columns.push_back(statement_.column_name(i));
  while (TRY(statement_.step())) {
    if (table.rows.size() == most_rows) {
      return fail(ErrorCode::kResourceExhausted, fmt::format("more than {} rows", most_rows));
    }
    std::vector<SqlValue>& row = table.rows.emplace_back();
    for (int i = 0; i < statement_.columns(); ++i) row.push_back(value_of(statement_, i));
  }
  return table;
}

}  // namespace capstan::catalog
