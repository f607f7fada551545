#include "decide/scratch_sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/sqlite.h"
#include "model/label_selector.h"

namespace capstan::decide {
namespace {

std::string quoted_name(std::string_view name) {
  std::string result = "\"";
  for (char c : name) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + "\"";
}

std::string literal(const Json& value) {
  if (value.is_null()) return "NULL";
  if (value.is_bool()) return value.bool_or(false) ? "1" : "0";
  if (value.is_number()) return value.dump();
  return sql_quote(value.is_string() ? value.string_or_empty() : value.dump());
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

// Puts the time in the place of the word `now`, outside of quotes.
std::string bind_now(std::string_view sql, Time at) {
  std::string result;
  for (size_t i = 0; i < sql.size();) {
    if (sql[i] == '\'' || sql[i] == '"') {
      const size_t end = sql.find(sql[i], i + 1);
      const size_t length = end == std::string_view::npos ? sql.size() - i : end + 1 - i;
      result += sql.substr(i, length);
      i += length;
    } else if (is_word(sql[i])) {
      size_t end = i;
      while (end < sql.size() && is_word(sql[end])) ++end;
      const std::string_view word = sql.substr(i, end - i);
      result += word == "now" ? sql_quote(format_time(at)) : std::string(word);
      i = end;
    } else {
      result += sql[i++];
    }
  }
  return result;
}

void bind(sqlite::Statement& statement, int index, std::monostate) { statement.bind(index, nullptr); }
template <class T>
void bind(sqlite::Statement& statement, int index, const T& value) {
  statement.bind(index, value);
}

SqlValue value_of(const sqlite::Statement& statement, int column) {
  switch (statement.type(column)) {
    case sqlite::Statement::Type::kNull: return {};
    case sqlite::Statement::Type::kInteger: return statement.integer(column);
    case sqlite::Statement::Type::kReal: return statement.real(column);
    case sqlite::Statement::Type::kText:
    case sqlite::Statement::Type::kBlob: return std::string(statement.text(column));
  }
  return {};
}

std::string schema_of(const std::vector<Resource>& resources, std::span<const KindSpec> kinds) {
  std::map<std::string, std::set<std::string>> columns;
  for (const KindSpec& kind : kinds) {
    std::set<std::string>& of_kind = columns[kind.name];
    for (const KindSpec::Column& column : kind.columns) {
      if (column.name != "id" && column.name != "name") of_kind.insert(column.name);
    }
  }
  for (const Resource& resource : resources) {
    std::set<std::string>& of_kind = columns[resource.kind];
    for (const auto& [name, value] : resource.fields.members()) {
      if (name != "id" && name != "name") of_kind.insert(name);
    }
  }
  std::string sql =
      "CREATE TABLE label(resource TEXT, name TEXT, value TEXT);"
      "CREATE TABLE relation(source TEXT, kind TEXT, target TEXT);";
  for (const auto& [kind, names] : columns) {
    sql += "CREATE TABLE " + quoted_name(kind) + "(id TEXT, name TEXT";
    for (const std::string& name : names) sql += ", " + quoted_name(name);
    sql += ");";
  }
  return sql;
}

std::string insert_of(const Resource& resource) {
  std::string names = "id, name";
  std::string values = sql_quote(resource.id) + ", " + sql_quote(resource.name);
  for (const auto& [name, value] : resource.fields.members()) {
    if (name == "id" || name == "name") continue;
    names += ", " + quoted_name(name);
    values += ", " + literal(value);
  }
  std::string sql = fmt::format("INSERT INTO {}({}) VALUES({});", quoted_name(resource.kind), names, values);
  for (const auto& [name, value] : resource.labels) {
    sql +=
        fmt::format("INSERT INTO label VALUES({}, {}, {});", sql_quote(resource.id), sql_quote(name), sql_quote(value));
  }
  return sql;
}

}  // namespace

class ScratchSql::Database {
 public:
  explicit Database(sqlite::Database opened) : connection(std::move(opened)) {}
  sqlite::Database connection;
};

ScratchSql::ScratchSql(std::unique_ptr<Database> database) : database_(std::move(database)) {}
ScratchSql::~ScratchSql() = default;

Result<std::unique_ptr<ScratchSql>> ScratchSql::make(const std::vector<Resource>& resources,
                                                     const std::vector<Relation>& relations,
                                                     std::span<const KindSpec> kinds) {
  sqlite::Database connection = TRY(sqlite::Database::open_memory());
  std::string sql = "BEGIN;" + schema_of(resources, kinds);
  for (const Resource& resource : resources) sql += insert_of(resource);
  for (const Relation& relation : relations) {
    sql += fmt::format("INSERT INTO relation VALUES({}, {}, {});", sql_quote(relation.source), sql_quote(relation.kind),
                       sql_quote(relation.target));
  }
  TRY(connection.execute(sql + "COMMIT;"));
  return std::unique_ptr<ScratchSql>(new ScratchSql(std::make_unique<Database>(std::move(connection))));
}

Result<Table> ScratchSql::query(std::string_view sql, Time at, const Options& options) const {
  sqlite::Statement statement = TRY(database_->connection.prepare(bind_now(sql, at)));
  for (const auto& [name, value] : options.bind) {
    const int index = statement.parameter(name);
    if (index == 0) continue;
    std::visit([&](const auto& bound) { bind(statement, index, bound); }, value);
  }
  Table table;
  for (int i = 0; i < statement.columns(); ++i) table.columns.emplace_back(statement.column_name(i));
  while (TRY(statement.step())) {
    if (table.rows.size() >= options.row_limit) {
      table.truncated = true;
      break;
    }
    std::vector<SqlValue> row;
    for (int i = 0; i < statement.columns(); ++i) row.push_back(value_of(statement, i));
    table.rows.push_back(std::move(row));
  }
  return table;
}

Status ScratchSql::check(std::string_view sql) const {
  TRY(database_->connection.prepare(bind_now(sql, Time())));
  return {};
}

Result<std::optional<Resource>> ScratchResources::find(const ResourceId& id) const {
  const auto found = std::ranges::find(resources_, id, &Resource::id);
  if (found == resources_.end()) return std::nullopt;
  return *found;
}

}  // namespace capstan::decide
