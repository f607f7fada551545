#include "catalog/kind_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/time.h"
#include "model/object_mapping.h"

namespace capstan::catalog {
namespace {

// So that no resource, however odd, makes a fact above the ledger's limit.
constexpr size_t kLongestText = 4096;
constexpr size_t kLongestJson = 16 << 10;
constexpr size_t kGivenBytes = 1024;    // What a connector adds to an object.
constexpr int64_t kMostParts = 10'000;  // Of one resource.

std::string_view sql_type(ColumnType type) {
  switch (type) {
    case ColumnType::kText:
    case ColumnType::kTime:
    case ColumnType::kJson: return "TEXT";
    case ColumnType::kInteger:
    case ColumnType::kBoolean: return "INTEGER";
    case ColumnType::kReal: return "REAL";
  }
  return "TEXT";
}

// Cut at the limit, never within a UTF-8 character.
std::string cut(const std::string& text) {
  if (text.size() <= kLongestText) return text;
  size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

Json number_of(const Json& value) {
  if (value.is_number()) return value;
  const std::string& text = value.string_or_empty();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

Json integer_of(const Json& value) {
  if (value.is_bool()) return value.bool_or(false) ? 1 : 0;
  const std::string& text = value.string_or_empty();
  int64_t integer = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (!text.empty() && error == std::errc() && end == text.data() + text.size()) return integer;
  const Json number = number_of(value);
  if (number.is_int()) return number;
  const double real = number.number_or(NAN);
  if (!(std::abs(real) < 9.2e18)) return {};
  return static_cast<int64_t>(real);
}

Json time_of(const Json& value) {
  if (value.is_number()) {
    const double seconds = value.number_or(0);
    if (!(std::abs(seconds) < 1e11)) return {};
    return format_time(from_unix_ms(std::llround(seconds * 1000)));
  }
  const auto time = parse_time(value.string_or_empty());
  return time ? Json(format_time(*time)) : Json();
}

// ", <column><after>" of each that is wanted. Asked for with every row that is written: plain appends.
template <class Wanted>
std::string columns_of(const KindSpec& kind, std::string_view after, const Wanted& wanted) {
  std::string text;
  for (const KindSpec::Column& column : kind.columns) {
    if (wanted(column)) text.append(", ").append(sql_name(column.name)).append(after);
  }
  return text;
}

template <class Wanted>
std::string marks_of(const KindSpec& kind, const Wanted& wanted) {
  std::string text;
  for (const KindSpec::Column& column : kind.columns) {
    if (wanted(column)) text += ", ?";
  }
  return text;
}

bool is_lasting(const KindSpec::Column& column) { return !column.is_volatile; }
bool is_volatile(const KindSpec::Column& column) { return column.is_volatile; }

Status remove_parts_of(sqlite::Database& database, sqlite::StatementCache& statements, const KindSpec& spec,
                       const ResourceId& owner) {
  sqlite::Statement* statement =
      TRY(statements.get(database, fmt::format("DELETE FROM {} WHERE owner = ?", sql_name(spec.name))));
  return statement->with(owner).run();
}

}  // namespace

std::string sql_name(std::string_view name) {
  std::string text;
  text.reserve(name.size() + 2);
  text += '"';
  for (const char c : name) text.append(c == '"' ? 2 : 1, c);
  text += '"';
  return text;
}

std::string create_table_sql(const KindSpec& kind) {
  std::string sql = fmt::format(
      "CREATE TABLE {}({}", sql_name(kind.name),
      kind.is_part() ? "owner TEXT NOT NULL, position INTEGER NOT NULL" : "id TEXT PRIMARY KEY, name TEXT NOT NULL");
  for (const KindSpec::Column& column : kind.columns) {
    sql += fmt::format(", {} {}", sql_name(column.name), sql_type(column.type));
  }
  return sql + (kind.is_part() ? ", PRIMARY KEY(owner, position)" : "") + ") WITHOUT ROWID";
}

std::string insert_sql(const KindSpec& kind) {
  return fmt::format("INSERT OR REPLACE INTO {}(id, name{}) VALUES(?, ?{})", sql_name(kind.name),
                     columns_of(kind, "", is_lasting), marks_of(kind, is_lasting));
}

std::string update_sql(const KindSpec& kind) {
  return fmt::format("UPDATE {} SET name = ?{} WHERE id = ?", sql_name(kind.name),
                     columns_of(kind, " = ?", is_lasting));
}

std::string update_volatile_sql(const KindSpec& kind) {
  const std::string columns = columns_of(kind, " = ?", is_volatile);
  if (columns.empty()) return "";
  return fmt::format("UPDATE {} SET {} WHERE id = ?", sql_name(kind.name), columns.substr(2));
}

std::string insert_part_sql(const KindSpec& kind) {
  return fmt::format("INSERT OR REPLACE INTO {}(owner, position{}) VALUES(?, ?{})", sql_name(kind.name),
                     columns_of(kind, "", is_lasting), marks_of(kind, is_lasting));
}

void bind_columns(sqlite::Statement& statement, int& index, const KindSpec& kind, const Json& fields) {
  for (const KindSpec::Column& column : kind.columns) {
    if (!column.is_volatile) bind_column(statement, ++index, column, normalized(column, column_value(column, fields)));
  }
}

Status insert_parts(sqlite::Statement& statement, std::string_view owner, const KindSpec& kind,
                    const KindSpec::PartOf& part_of, const Json& fields) {
  int64_t position = 0;
  const auto insert = [&](const Json& part) -> Status {
    if (position >= kMostParts) return {};
    statement.bind(1, owner);
    statement.bind(2, position++);
    int index = 2;
    bind_columns(statement, index, kind, part);
    return statement.run();
  };
  for (const JsonPath& source : part_of.sources) {
    for (const Json* part : source.find(fields)) {
      if (!kind.reader) {
        TRY(insert(*part));
        continue;
      }
      for (const Json& row : kind.reader->read(part_of.kind, *part)) TRY(insert(row));
    }
  }
  return {};
}

Status remove_parts(sqlite::Database& database, sqlite::StatementCache& statements, const std::vector<KindSpec>& kinds,
                    const ResourceId& id, const std::string& kind) {
  for (const KindSpec* part : parts_of(kinds, kind)) TRY(remove_parts_of(database, statements, *part, id));
  return {};
}

std::vector<const KindSpec*> parts_of(const std::vector<KindSpec>& kinds, std::string_view kind) {
  std::vector<const KindSpec*> parts;
  for (const KindSpec& spec : kinds) {
    if (std::ranges::find(spec.part_of, kind, &KindSpec::PartOf::kind) != spec.part_of.end()) parts.push_back(&spec);
  }
  return parts;
}

bool has_same_parts(const KindSpec::PartOf& part_of, const Json& before, const Json& after) {
  return std::ranges::all_of(part_of.sources, [&](const JsonPath& source) {
    return std::ranges::equal(source.find(before), source.find(after),
                              [](const Json* one, const Json* other) { return *one == *other; });
  });
}

Result<std::vector<const KindSpec*>> write_parts(sqlite::Database& database, sqlite::StatementCache& statements,
                                                 const std::vector<KindSpec>& kinds, const Resource& resource,
                                                 const Json* before) {
  std::vector<const KindSpec*> written;
  for (const KindSpec* spec : parts_of(kinds, resource.kind)) {
    const auto part_of = std::ranges::find(spec->part_of, resource.kind, &KindSpec::PartOf::kind);
    if (before != nullptr) {
      if (has_same_parts(*part_of, *before, resource.fields)) continue;
      TRY(remove_parts_of(database, statements, *spec, resource.id));
    }
    sqlite::Statement* insert = TRY(statements.get(database, insert_part_sql(*spec)));
    TRY(insert_parts(*insert, resource.id, *spec, *part_of, resource.fields));
    written.push_back(spec);
  }
  return written;
}

Status write_labels(sqlite::Database& database, sqlite::StatementCache& statements, const ResourceId& id,
                    const ResourceLabels& labels) {
  TRY(TRY(statements.get(database, "DELETE FROM label WHERE resource = ?"))->with(id).run());
  sqlite::Statement* insert = TRY(statements.get(database, "INSERT INTO label(resource, name, value) VALUES(?, ?, ?)"));
  for (const auto& [name, value] : labels) TRY(insert->with(id, name, value).run());
  return {};
}

Json lasting_fields(const KindSpec& kind, const Json& fields) {
  if (kind.objects) return fit_object(fields, kLargestObject + kGivenBytes);
  Json lasting = Json::object();
  for (const KindSpec::Column& column : kind.columns) {
    if (column.is_volatile) continue;
    Json value = normalized(column, column_value(column, fields));
    if (!value.is_null()) lasting.set(column.name, std::move(value));
  }
  return lasting;
}

Json normalized(const KindSpec::Column& column, const Json& value) {
  if (value.is_null()) return {};
  switch (column.type) {
    case ColumnType::kText: return cut(value.is_string() ? value.string_or_empty() : value.dump());
    case ColumnType::kInteger: return integer_of(value);
    case ColumnType::kReal: {
      const Json number = number_of(value);
      const double real = number.number_or(NAN);
      // NaN and infinities have no text in JSON, so they would never compare equal to what was written.
      return number.is_null() || !std::isfinite(real) ? Json() : Json(real);
    }
    case ColumnType::kBoolean:
      if (value.is_bool()) return value;
      return value.is_number() ? Json(value.number_or(0) != 0) : Json();
    case ColumnType::kTime: return time_of(value);
    case ColumnType::kJson: return value.dump().size() <= kLongestJson ? value : Json();
  }
  return {};
}

void bind_column(sqlite::Statement& statement, int index, const KindSpec::Column& column, const Json& value) {
  if (value.is_null()) return statement.bind(index, nullptr);
  switch (column.type) {
    case ColumnType::kText:
    case ColumnType::kTime: return statement.bind(index, value.string_or_empty());
    case ColumnType::kInteger: return statement.bind(index, value.int_or(0));
    case ColumnType::kReal: return statement.bind(index, value.number_or(0));
    case ColumnType::kBoolean: return statement.bind(index, value.bool_or(false));
    case ColumnType::kJson: return statement.bind(index, value.dump());
  }
}

Json read_column(const sqlite::Statement& statement, int index, const KindSpec::Column& column) {
  if (statement.is_null(index)) return {};
  switch (column.type) {
    case ColumnType::kText:
    case ColumnType::kTime: return statement.text(index);
    case ColumnType::kInteger: return statement.integer(index);
    case ColumnType::kReal: return statement.real(index);
    case ColumnType::kBoolean: return statement.integer(index) != 0;
    case ColumnType::kJson: return Json::parse(statement.text(index)).value_or(Json());
  }
  return {};
}

}  // namespace capstan::catalog
