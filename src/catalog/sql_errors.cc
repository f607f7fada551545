#include "catalog/sql_errors.h"

#include <fmt/format.h>

#include <set>

#include "base/suggest.h"
#include "catalog/kind_table.h"
#include "catalog/schema.h"
#include "catalog/sql_functions.h"

namespace capstan::catalog {
namespace {

// What follows `prefix` in a message, up to our own note about the statement.
std::optional<std::string> after(std::string_view message, std::string_view prefix) {
  const size_t begin = message.find(prefix);
  if (begin == std::string_view::npos) return std::nullopt;
  std::string_view rest = message.substr(begin + prefix.size());
  return std::string(rest.substr(0, rest.find(' ')));
}

std::string without_statement(const std::string& message) { return message.substr(0, message.find(" (in: ")); }

std::string last_part(const std::string& name) {
  return name.substr(name.rfind('.') == std::string::npos ? 0 : name.rfind('.') + 1);
}

std::vector<std::string> table_names(const SqlDialect& dialect) {
  std::vector<std::string> names(fixed_tables().begin(), fixed_tables().end());
  names.insert(names.end(), {"resource_at", "relation_at"});
  for (const KindSpec& kind : *dialect.kinds) {
    names.push_back(kind.name);
    names.push_back(kind.name + "_at");
  }
  names.insert(names.end(), dialect.table_functions.begin(), dialect.table_functions.end());
  return names;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  return did_you_mean(word, views);
}

std::string readable(std::string message, const SqlQuestion& question) {
  // Our own names for things mean nothing to who asked.
  const auto rename = [&](std::string_view ours, std::string_view theirs) {
    for (size_t at = message.find(ours); at != std::string::npos; at = message.find(ours, at + theirs.size())) {
      message.replace(at, ours.size(), theirs);
    }
  };
  for (const SqlQuestion::Call& call : question.calls) {
    rename("temp." + call.table, call.function);
    rename(call.table, call.function);
  }
  rename(kNowParameter, "now");
  return message;
}

Error about_table(const std::string& name, const SqlQuestion& question, const SqlDialect& dialect) {
  const std::string plain = last_part(name);
  if (dialect.table_functions.contains(lower_case(plain)) || plain.ends_with("_at")) {
    return {ErrorCode::kInvalidArgument,
            fmt::format("'{0}' is a table function and needs its arguments: {0}('…')", plain),
            question.place_of(plain)};
  }
  return {ErrorCode::kInvalidArgument,
          fmt::format("there is no table '{}'{}", plain, suggestion(plain, table_names(dialect))),
          question.place_of(plain)};
}

}  // namespace

std::optional<std::string> missing_column(const Error& error) { return after(error.message, "no such column: "); }

std::vector<std::string> columns_of(sqlite::Database& database, const SqlQuestion& question) {
  constexpr size_t kMostTables = 200;
  std::set<std::string> tables;
  for (const SqlQuestion::Call& call : question.calls) tables.insert(call.table);
  for (const SqlToken& token : question.tokens) {
    if (token.kind != SqlToken::Kind::kWord && token.kind != SqlToken::Kind::kQuotedName) continue;
    std::string name = token.content();
    // host_process_at has the columns of host_process.
    if (name.ends_with("_at")) name.resize(name.size() - 3);
    if (tables.size() < kMostTables) tables.insert(std::move(name));
  }
  std::vector<std::string> columns;
  for (const std::string& name : tables) {
    Result<sqlite::Statement> select = database.prepare("SELECT name FROM pragma_table_info(?1)");
    if (!select) return columns;
    select->with(name);
    for (Result<bool> row = select->step(); row && *row; row = select->step()) columns.emplace_back(select->text(0));
  }
  return columns;
}

Error explained(Error error, int offset, const SqlQuestion& question, const std::optional<SqlGuard::Refusal>& refusal,
                sqlite::Database& database, const SqlDialect& dialect) {
  if (refusal) return {ErrorCode::kPermissionDenied, refusal->reason, question.place_of(refusal->what)};
  if (error.code == ErrorCode::kInvalidArgument) {
    error.message = without_statement(error.message);
    if (offset >= 0) error.where = question.place(static_cast<size_t>(offset));
  }
  if (error.message == "incomplete input") {
    return {error.code, "the query ends too early", place_in(*question.text, question.text->size())};
  }
  if (const auto table = after(error.message, "no such table: ")) return about_table(*table, question, dialect);
  if (const auto column = missing_column(error)) {
    const std::string plain = last_part(*column);
    error.message = fmt::format("there is no column '{}'{}", readable(*column, question),
                                suggestion(plain, columns_of(database, question)));
    if (error.where.line == 0) error.where = question.place_of(plain);
  } else if (const auto function = after(error.message, "no such function: ")) {
    const std::string hint = did_you_mean(*function, pure_functions());
    error.message = fmt::format("there is no function '{}'{}", *function, hint);
    if (error.where.line == 0) error.where = question.place_of(*function);
  } else {
    error.message = readable(std::move(error.message), question);
  }
  return error;
}

}  // namespace capstan::catalog
