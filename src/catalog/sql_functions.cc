#include "catalog/sql_functions.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "base/time.h"
#include "catalog/sql_search.h"
#include "catalog/sql_text.h"
#include "catalog/version_packer.h"
#include "model/quantity.h"

namespace capstan::catalog {
namespace {

constexpr std::array<std::string_view, 6> kDates = {"date", "time", "datetime", "julianday", "strftime", "unixepoch"};

void refuse(sqlite3_context* context, const std::string& why) {
  sqlite3_result_error(context, why.c_str(), static_cast<int>(why.size()));
}

// "" when the arguments name no present and no place.
std::string problem_of(std::string_view name, int count, sqlite3_value** values) {
  const int time_at = name == "strftime" ? 1 : 0;
  if (count <= time_at) return fmt::format("{}() without a time means the present; pass now", name);
  for (int i = time_at; i < count; ++i) {
    if (sqlite3_value_type(values[i]) != SQLITE_TEXT) continue;
    const std::string word = lower_case(text_of(values[i]));
    if (i == time_at && word.find("now") != std::string::npos) {
      return fmt::format(
          "{}('now') is refused, because the same question must give the same answer; write now without "
          "quotes",
          name);
    }
    if (i > time_at && (word.find("localtime") != std::string::npos || word.find("utc") != std::string::npos)) {
      return "local time differs from machine to machine; times are in UTC here";
    }
  }
  return "";
}

void call_date(sqlite3_context* context, int count, sqlite3_value** values) {
  const auto& function = *static_cast<const SqlFunctions::DateFunction*>(sqlite3_user_data(context));
  if (const std::string problem = problem_of(function.name, count, values); !problem.empty()) {
    return refuse(context, problem);
  }
  std::string sql = fmt::format("SELECT {}(?", function.name);
  for (int i = 1; i < count; ++i) sql += ", ?";
  Result<sqlite::Statement*> statement = function.pure->statements.get(function.pure->database, sql + ")");
  if (!statement) return refuse(context, statement.error().message);
  for (int i = 0; i < count; ++i) sqlite3_bind_value((*statement)->handle(), i + 1, values[i]);
  const Result<bool> row = (*statement)->step();
  if (!row || !*row) return refuse(context, row ? "no result" : row.error().message);
  sqlite3_result_value(context, sqlite3_column_value((*statement)->handle(), 0));
  (*statement)->reset();
}

void result_text(sqlite3_context* context, const std::string& text) {
  sqlite3_result_text(context, text.c_str(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

// Nothing for NULL; an error of SQL for what is no time.
std::optional<Time> time_argument(sqlite3_context* context, sqlite3_value* value, std::string_view function) {
  if (sqlite3_value_type(value) == SQLITE_NULL) return std::nullopt;
  const Result<Time> time = parse_time(text_of(value));
  if (time) return *time;
  refuse(context, fmt::format("{}(): {}", function, time.error().message));
  return std::nullopt;
}

void time_add(sqlite3_context* context, int, sqlite3_value** values) {
  const std::optional<Time> time = time_argument(context, values[0], "time_add");
  if (!time || sqlite3_value_type(values[1]) == SQLITE_NULL) return;
  const std::string_view shift = text_of(values[1]);
  const bool back = shift.starts_with('-');
  const Result<Duration> duration = parse_duration(shift.substr(back || shift.starts_with('+') ? 1 : 0));
  if (!duration) return refuse(context, fmt::format("time_add(): {}", duration.error().message));
  result_text(context, format_time(back ? *time - *duration : *time + *duration));
}

void unix_seconds(sqlite3_context* context, int, sqlite3_value** values) {
  if (const auto time = time_argument(context, values[0], "unix_seconds")) {
    sqlite3_result_double(context, to_unix_seconds(*time));
  }
}

void iso_time(sqlite3_context* context, int, sqlite3_value** values) {
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return;
  const double seconds = sqlite3_value_double(values[0]);
  constexpr double kYear9999 = 253'402'300'799;
  if (!(std::abs(seconds) <= kYear9999))
    return refuse(context, "iso_time(): not within the years that have a text form");
  result_text(context, format_time(from_unix_ms(std::llround(seconds * 1000))));
}

void quantity(sqlite3_context* context, int, sqlite3_value** values) {
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return;
  const double amount = sqlite3_value_double(values[0]);
  if (!(std::abs(amount) <= 1e18)) return refuse(context, "quantity(): not within the amounts that have a text form");
  const bool is_bytes = text_of(values[1]) != "cpu";
  result_text(context, is_bytes ? bytes_quantity(amount) : cores_quantity(amount));
}

}  // namespace

const int kPureFunctionFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

std::string_view text_of(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  if (text == nullptr) return {};
  return {text, static_cast<size_t>(sqlite3_value_bytes(value))};
}

// Without json_patch, which compares each key with each other one inside one step.
const std::vector<std::string_view>& pure_functions() {
  static const std::vector<std::string_view> names = {"->",
                                                      "->>",
                                                      "abs",
                                                      "acos",
                                                      "acosh",
                                                      "asin",
                                                      "asinh",
                                                      "atan",
                                                      "atan2",
                                                      "atanh",
                                                      "avg",
                                                      "ceil",
                                                      "ceiling",
                                                      "char",
                                                      "coalesce",
                                                      "column_of",
                                                      "cos",
                                                      "cosh",
                                                      "count",
                                                      "cume_dist",
                                                      "date",
                                                      "datetime",
                                                      "degrees",
                                                      "dense_rank",
                                                      "exp",
                                                      "first_value",
                                                      "floor",
                                                      "format",
                                                      "glob",
                                                      "group_concat",
                                                      "hex",
                                                      "ifnull",
                                                      "iif",
                                                      "instr",
                                                      "iso_time",
                                                      "json",
                                                      "json_array",
                                                      "json_array_length",
                                                      "json_each",
                                                      "json_extract",
                                                      "json_group_array",
                                                      "json_group_object",
                                                      "json_insert",
                                                      "json_object",
                                                      "json_quote",
                                                      "json_remove",
                                                      "json_replace",
                                                      "json_set",
                                                      "json_tree",
                                                      "json_type",
                                                      "json_valid",
                                                      "julianday",
                                                      "lag",
                                                      "last_value",
                                                      "lead",
                                                      "length",
                                                      "like",
                                                      "likelihood",
                                                      "likely",
                                                      "ln",
                                                      "log",
                                                      "log10",
                                                      "log2",
                                                      "lower",
                                                      "ltrim",
                                                      "max",
                                                      "min",
                                                      "mod",
                                                      "nth_value",
                                                      "ntile",
                                                      "nullif",
                                                      "percent_rank",
                                                      "pi",
                                                      "pow",
                                                      "power",
                                                      "printf",
                                                      "quantity",
                                                      "quote",
                                                      "radians",
                                                      "rank",
                                                      "replace",
                                                      "round",
                                                      "row_number",
                                                      "rtrim",
                                                      "sign",
                                                      "sin",
                                                      "sinh",
                                                      "sqrt",
                                                      "strftime",
                                                      "substr",
                                                      "substring",
                                                      "sum",
                                                      "tan",
                                                      "tanh",
                                                      "time",
                                                      "time_add",
                                                      "total",
                                                      "trim",
                                                      "trunc",
                                                      "typeof",
                                                      "unicode",
                                                      "unix_seconds",
                                                      "unixepoch",
                                                      "unlikely",
                                                      "upper",
                                                      "version_text",
                                                      "zeroblob"};
  return names;
}

bool is_pure_function(std::string_view name) {
  const std::string lower = lower_case(name);
  return std::ranges::find(pure_functions(), lower) != pure_functions().end();
}

Result<std::unique_ptr<SqlFunctions>> SqlFunctions::install(sqlite::Database& database) {
  sqlite::Database dates = TRY(sqlite::Database::open_memory());
  std::unique_ptr<SqlFunctions> functions(new SqlFunctions(std::move(dates)));
  const auto check = [&](int code) -> Status {
    if (code != SQLITE_OK) return fail(sqlite::error_of(database.handle(), code, "installing functions"));
    return {};
  };
  for (std::string_view name : kDates) {
    auto& date = functions->dates_.emplace_back(new DateFunction{.pure = &functions->pure_, .name = name});
    TRY(check(sqlite3_create_function_v2(database.handle(), std::string(name).c_str(), -1, kPureFunctionFlags,
                                         date.get(), call_date, nullptr, nullptr, nullptr)));
  }
  using Function = void (*)(sqlite3_context*, int, sqlite3_value**);
  struct Ours {
    const char* name;
    int arguments;
    Function function;
  };
  for (const Ours& ours : {Ours{"time_add", 2, time_add}, Ours{"unix_seconds", 1, unix_seconds},
                           Ours{"iso_time", 1, iso_time}, Ours{"quantity", 2, quantity}}) {
    TRY(check(sqlite3_create_function_v2(database.handle(), ours.name, ours.arguments, kPureFunctionFlags, nullptr,
                                         ours.function, nullptr, nullptr, nullptr)));
  }
  TRY(install_searching(database));
  TRY(install_history(database));
  // SQLite declares these tables when they are first named, which a guard would take for a change.
  for (std::string_view table : {"json_each('[]')", "json_tree('[]')"}) {
    (void)TRY(database.integer_of(fmt::format("SELECT count(*) FROM {}", table)));
  }
  return functions;
}

}  // namespace capstan::catalog
