#include <sqlite3.h>

#include <memory>

#include "catalog/kind_table.h"
#include "catalog/sql_functions.h"
#include "catalog/version_packer.h"
#include "model/object_mapping.h"

namespace capstan::catalog {
namespace {

std::string_view bytes_of(sqlite3_value* value) {
  const void* bytes = sqlite3_value_blob(value);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes), static_cast<size_t>(sqlite3_value_bytes(value))};
}

void refuse(sqlite3_context* context, const Error& error) {
  sqlite3_result_error(context, error.message.c_str(), static_cast<int>(error.message.size()));
}

void give(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

bool is_packed(sqlite3_value* value) { return sqlite3_value_type(value) == SQLITE_BLOB; }

// A base is packed with nothing before it.
void version_text(sqlite3_context* context, int, sqlite3_value** values) {
  auto& packer = *static_cast<VersionPacker*>(sqlite3_user_data(context));
  if (!is_packed(values[0])) return sqlite3_result_value(context, values[0]);
  std::string base(bytes_of(values[1]));
  if (is_packed(values[1])) {
    Result<std::string> text = packer.unpack(base, "");
    if (!text) return refuse(context, text.error());
    base = *std::move(text);
  }
  const Result<std::string> text = packer.unpack(bytes_of(values[0]), base);
  if (!text) return refuse(context, text.error());
  give(context, *text);
}

void give(sqlite3_context* context, const KindSpec::Column& column, const Json& value) {
  if (value.is_null()) return sqlite3_result_null(context);
  switch (column.type) {
    case ColumnType::kText:
    case ColumnType::kTime: return give(context, value.string_or_empty());
    case ColumnType::kInteger: return sqlite3_result_int64(context, value.int_or(0));
    case ColumnType::kReal: return sqlite3_result_double(context, value.number_or(0));
    case ColumnType::kBoolean: return sqlite3_result_int64(context, value.bool_or(false) ? 1 : 0);
    case ColumnType::kJson: return give(context, value.dump());
  }
}

void column_of(sqlite3_context* context, int, sqlite3_value** values) {
  const Result<Json> fields = Json::parse(text_of(values[0]));
  Result<JsonPath> path = JsonPath::parse(text_of(values[1]));
  const std::optional<Measure> measure = parse_measure(text_of(values[2]));
  const std::optional<ColumnType> type = parse_column_type(text_of(values[3]));
  if (!fields || !path || !measure || !type) return sqlite3_result_null(context);
  const KindSpec::Column column{.name = "", .type = *type, .from = *std::move(path), .measure = *measure};
  give(context, column, normalized(column, column_value(column, *fields)));
}

}  // namespace

Status install_history(sqlite::Database& database) {
  const auto check = [&](int code) -> Status {
    if (code == SQLITE_OK) return {};
    return fail(sqlite::error_of(database.handle(), code, "installing functions"));
  };
  const auto end = [](void* packer) { delete static_cast<VersionPacker*>(packer); };
  // SQLite ends the packer with the connection, and also where this fails.
  TRY(check(sqlite3_create_function_v2(database.handle(), "version_text", 2, kPureFunctionFlags,
                                       std::make_unique<VersionPacker>().release(), version_text, nullptr, nullptr,
                                       end)));
  return check(sqlite3_create_function_v2(database.handle(), "column_of", 4, kPureFunctionFlags, nullptr, column_of,
                                          nullptr, nullptr, nullptr));
}

}  // namespace capstan::catalog
