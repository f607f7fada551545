#include "catalog/sql_engine.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/crypto.h"
#include "base/suggest.h"
#include "catalog/kind_table.h"
#include "catalog/sql_errors.h"
#include "catalog/sql_functions.h"
#include "catalog/sql_guard.h"
#include "catalog/sql_question.h"

namespace capstan::catalog {
namespace {

constexpr size_t kMostFetchedRows = 200'000;
constexpr size_t kMostAddedColumns = 100;
constexpr std::string_view kNoColumn = "capstan_no_column";  // A table needs at least one.

struct Connection {
  // The functions outlive the connection that calls them.
  std::unique_ptr<SqlFunctions> functions;
  sqlite::Database database;
};

void bind_value(sqlite::Statement& statement, int index, const SqlValue& value) {
  std::visit(
      [&](const auto& known) {
        using Known = std::decay_t<decltype(known)>;
        if constexpr (std::is_same_v<Known, std::monostate>) {
          statement.bind(index, nullptr);
        } else {
          statement.bind(index, known);
        }
      },
      value);
}

SqlValue value_of(const sqlite::Statement& row, int column) {
  switch (row.type(column)) {
    case sqlite::Statement::Type::kNull: return {};
    case sqlite::Statement::Type::kInteger: return row.integer(column);
    case sqlite::Statement::Type::kReal: return row.real(column);
    case sqlite::Statement::Type::kText: return std::string(row.text(column));
    case sqlite::Statement::Type::kBlob: return hex(row.blob(column));
  }
  return {};
}

size_t bytes_of(const SqlValue& value) {
  const std::string* text = std::get_if<std::string>(&value);
  return sizeof(SqlValue) + (text == nullptr ? 0 : text->size());
}

std::string with_colon(std::string_view name) {
  const bool marked = !name.empty() && (name[0] == ':' || name[0] == '@' || name[0] == '$' || name[0] == '?');
  return marked ? std::string(name) : ":" + std::string(name);
}

// A table in which the rows of a call are found. Equal names of columns are told apart by a number.
Status fill_call_table(sqlite::Database& database, const SqlQuestion::Call& call, const Table& rows) {
  std::string columns;
  std::string marks;
  std::set<std::string> seen;
  for (const std::string& column : rows.columns) {
    std::string name = column;
    for (int i = 2; !seen.insert(lower_case(name)).second; ++i) name = fmt::format("{}_{}", column, i);
    columns += (columns.empty() ? "" : ", ") + sql_name(name);
    marks += marks.empty() ? "?" : ", ?";
  }
  if (columns.empty()) columns = kNoColumn;
  TRY(database.execute(fmt::format("CREATE TEMP TABLE {}({})", call.table, columns)));
  if (rows.columns.empty()) return {};
  sqlite::Statement insert = TRY(database.prepare(fmt::format("INSERT INTO temp.{} VALUES({})", call.table, marks)));
  for (const std::vector<SqlValue>& row : rows.rows) {
    for (size_t i = 0; i < rows.columns.size(); ++i) {
      bind_value(insert, static_cast<int>(i) + 1, i < row.size() ? row[i] : SqlValue());
    }
    TRY(insert.run());
  }
  return {};
}

}  // namespace

class SqlEngine::State {
 public:
  State(const Catalog& catalog_in, const Clock& clock_in, SqlEngineOptions options_in)
      : catalog(catalog_in), clock(clock_in), options(std::move(options_in)) {}

  Result<std::unique_ptr<Connection>> borrow() {
    {
      std::lock_guard lock(mutex);
      if (!idle.empty()) {
        std::unique_ptr<Connection> connection = std::move(idle.back());
        idle.pop_back();
        return connection;
      }
    }
    return open();
  }

  void give_back(std::unique_ptr<Connection> connection) {
    std::lock_guard lock(mutex);
    if (idle.size() < options.connections) idle.push_back(std::move(connection));
  }

  Result<std::unique_ptr<Connection>> open() const {
    sqlite::Database database = TRY(sqlite::Database::open_reader(catalog.path()));
    // Names in double quotes that mean nothing would silently become text.
    sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    if (!options.ledger_path.empty()) {
      sqlite::Statement attach = TRY(database.prepare("ATTACH ?1 AS ledger"));
      TRY(attach.with(options.ledger_path.string()).run());
      TRY(database.execute(fmt::format("CREATE TEMP VIEW {0} AS {1}; CREATE TEMP VIEW fact AS SELECT * FROM temp.{0}",
                                       kLedgerView, options.ledger_view)));
    }
    std::unique_ptr<SqlFunctions> pure = TRY(SqlFunctions::install(database));
    limit_sizes(database);
    return std::make_unique<Connection>(Connection{.functions = std::move(pure), .database = std::move(database)});
  }

  SqlDialect dialect(const std::vector<KindSpec>& kinds, Time now) const {
    SqlDialect dialect{.table_functions = {}, .kinds = &kinds, .now = now, .parameter = {}};
    for (const auto& [name, function] : functions) dialect.table_functions.insert(name);
    return dialect;
  }

  const Catalog& catalog;
  const Clock& clock;
  const SqlEngineOptions options;
  std::map<std::string, const TableFunction*, std::less<>> functions;
  std::mutex mutex;
  std::vector<std::unique_ptr<Connection>> idle;
};

// Gives the connection back, also after an error: the transaction has left nothing behind on it.
class SqlEngine::Lease {
 public:
  static Result<Lease> take(State& state) { return Lease(state, TRY(state.borrow())); }
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (connection_) state_.give_back(std::move(connection_));
  }
  sqlite::Database& database() { return connection_->database; }

 private:
  Lease(State& state, std::unique_ptr<Connection> connection) : state_(state), connection_(std::move(connection)) {}
  State& state_;
  std::unique_ptr<Connection> connection_;
};

namespace {

// One question on one connection, within one read transaction.
class Asking {
 public:
  Asking(sqlite::Database& database, const Clock& clock, const SqlQuestion& question, const SqlDialect& dialect,
         Duration time_limit)
      : database_(database), clock_(clock), question_(question), dialect_(dialect), time_limit_(time_limit) {}

  // Prepares the statement; a column that a table function lacks becomes NULL, as a missing label does.
  Result<sqlite::Statement> prepare() {
    std::set<std::string> added;
    for (;;) {
      Error error;
      int offset = -1;
      std::optional<SqlGuard::Refusal> refusal;
      {
        const SqlGuard guard(database_, clock_, time_limit_);
        Result<sqlite::Statement> statement = database_.prepare(question_.sql);
        if (statement) return statement;
        error = std::move(statement).error();
        offset = sqlite3_error_offset(database_.handle());
        refusal = guard.refusal();
      }
      const std::optional<std::string> column = missing_column(error);
      if (!refusal && column && added.size() < kMostAddedColumns && added.insert(*column).second) {
        if (TRY(add_column(*column))) continue;
      }
      return fail(explained(std::move(error), offset, question_, refusal, database_, dialect_));
    }
  }

  Result<Table> run(sqlite::Statement& statement, size_t row_limit, size_t byte_limit) {
    std::vector<int> shown;
    Table table;
    for (int i = 0; i < statement.columns(); ++i) {
      const std::string name = statement.column_name(i);
      if (name == kNoColumn) continue;
      table.columns.push_back(name);
      shown.push_back(i);
    }
    const SqlGuard guard(database_, clock_, time_limit_);
    size_t bytes = 0;
    for (;;) {
      const Result<bool> row = statement.step();
      if (!row) return failure(row.error(), guard);
      if (!*row) return table;
      if (table.rows.size() >= row_limit) {
        table.truncated = true;
        return table;
      }
      std::vector<SqlValue>& values = table.rows.emplace_back();
      for (int column : shown) {
        values.push_back(value_of(statement, column));
        bytes += bytes_of(values.back());
      }
      if (bytes > byte_limit) {
        return fail(ErrorCode::kResourceExhausted,
                    fmt::format("the answer is larger than {} bytes; ask for fewer rows or columns", byte_limit));
      }
    }
  }

 private:
  std::unexpected<Error> failure(const Error& error, const SqlGuard& guard) const {
    if (guard.timed_out()) {
      return fail(ErrorCode::kDeadlineExceeded,
                  fmt::format("the query was stopped after {}", format_duration(time_limit_)));
    }
    if (guard.refusal()) return fail(ErrorCode::kPermissionDenied, guard.refusal()->reason);
    Error plain = error;
    plain.message = plain.message.substr(0, plain.message.find(" (in: "));
    return fail(std::move(plain));
  }

  // False when the column cannot be meant to be one of a table function.
  Result<bool> add_column(const std::string& name) {
    const size_t dot = name.rfind('.');
    const std::string column = name.substr(dot == std::string::npos ? 0 : dot + 1);
    const std::string owner = dot == std::string::npos ? "" : lower_case(name.substr(0, dot));
    for (const SqlQuestion::Call& call : question_.calls) {
      if (!owner.empty() && call.alias != owner) continue;
      if (owner.empty() && looks_misspelt(column)) return false;
      TRY(database_.execute(fmt::format("ALTER TABLE temp.{} ADD COLUMN {}", call.table, sql_name(column))));
      return true;
    }
    return false;
  }

  // A name without its table could belong to any; when it is close to one that exists, that one was meant.
  bool looks_misspelt(const std::string& column) const {
    const std::vector<std::string> known = columns_of(database_, question_);
    const std::vector<std::string_view> views(known.begin(), known.end());
    return !nearest(column, views).empty();
  }

  sqlite::Database& database_;
  const Clock& clock_;
  const SqlQuestion& question_;
  const SqlDialect& dialect_;
  const Duration time_limit_;
};

Status bind_parameters(sqlite::Statement& statement, const SqlQuestion& question, Time at,
                       const std::vector<std::pair<std::string, SqlValue>>& given) {
  const int count = sqlite3_bind_parameter_count(statement.handle());
  for (int i = 1; i <= count; ++i) {
    const char* raw = sqlite3_bind_parameter_name(statement.handle(), i);
    const std::string name = raw == nullptr ? "?" : raw;
    if (name == kNowParameter) {
      statement.bind(i, format_time(at));
      continue;
    }
    const auto value = std::ranges::find_if(given, [&](const auto& one) { return with_colon(one.first) == name; });
    if (value == given.end()) {
      Where where;
      for (const SqlToken& token : question.tokens) {
        if (token.text == name && where.line == 0) where = place_in(*question.text, token.offset);
      }
      return fail(ErrorCode::kInvalidArgument, fmt::format("the parameter {} has no value", name), where);
    }
    bind_value(statement, i, value->second);
  }
  return {};
}

}  // namespace

SqlEngine::SqlEngine(const Catalog& catalog, const Clock& clock, SqlEngineOptions options)
    : state_(std::make_unique<State>(catalog, clock, std::move(options))) {}
SqlEngine::~SqlEngine() = default;

Status SqlEngine::add(const TableFunction& function) {
  if (!state_->functions.emplace(function.name(), &function).second) {
    return fail(ErrorCode::kAlreadyExists, fmt::format("there are two table functions named '{}'", function.name()));
  }
  return {};
}

Result<Table> SqlEngine::query(std::string_view sql, Time at, const Options& options) const {
  return TRY(answer(sql, at, options)).table;
}

Result<Answer> SqlEngine::answer(std::string_view sql, Time at, const Options& options) const {
  if (sql.size() > state_->options.max_sql_bytes) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("the query has {} bytes, the limit is {}", sql.size(), state_->options.max_sql_bytes));
  }
  const std::shared_ptr<const std::vector<KindSpec>> kinds = state_->catalog.shared_kinds();
  SqlDialect dialect = state_->dialect(*kinds, at);
  dialect.parameter = [&](std::string_view name) -> const SqlValue* {
    for (const auto& [given, value] : options.bind) {
      if (with_colon(given) == name) return &value;
    }
    return nullptr;
  };
  const SqlQuestion question = TRY(read_question(sql, dialect));
  Answer answer;
  for (const SqlQuestion::Call& call : question.calls) {
    Result<Table> rows = state_->functions.at(call.function)->fetch(call.arguments, at);
    if (rows && rows->rows.size() > kMostFetchedRows) {
      rows = fail(ErrorCode::kResourceExhausted, fmt::format("more than {} rows", kMostFetchedRows));
    }
    if (!rows) {
      return fail(rows.error().code, fmt::format("{}: {}", call.written, rows.error().message),
                  place_in(*question.text, call.offset));
    }
    answer.fetched.push_back({.call = call.written, .table = *std::move(rows)});
  }
  Lease lease = TRY(Lease::take(*state_));
  sqlite::Database& database = lease.database();
  // Rolled back at the end, and with it the tables of the calls.
  const sqlite::Transaction transaction = TRY(sqlite::Transaction::begin_read(database));
  answer.seq =
      static_cast<Seq>(TRY(database.integer_of("SELECT value FROM main.capstan_meta WHERE key = 'seq'")).value_or(0));
  for (size_t i = 0; i < question.calls.size(); ++i) {
    TRY(fill_call_table(database, question.calls[i], answer.fetched[i].table));
  }
  Asking asking(database, state_->clock, question, dialect, options.time_limit);
  sqlite::Statement statement = TRY(asking.prepare());
  TRY(bind_parameters(statement, question, at, options.bind));
  answer.table = TRY(asking.run(statement, options.row_limit, state_->options.max_result_bytes));
  return answer;
}

Status SqlEngine::check(std::string_view sql) const {
  if (sql.size() > state_->options.max_sql_bytes) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("the query has {} bytes, the limit is {}", sql.size(), state_->options.max_sql_bytes));
  }
  const std::shared_ptr<const std::vector<KindSpec>> kinds = state_->catalog.shared_kinds();
  SqlDialect dialect = state_->dialect(*kinds, Time());
  // Any value will do: the functions are not called.
  const SqlValue placeholder = std::string("now");
  dialect.parameter = [&](std::string_view) { return &placeholder; };
  const SqlQuestion question = TRY(read_question(sql, dialect));
  Lease lease = TRY(Lease::take(*state_));
  const sqlite::Transaction transaction = TRY(sqlite::Transaction::begin_read(lease.database()));
  for (const SqlQuestion::Call& call : question.calls) TRY(fill_call_table(lease.database(), call, {}));
  TRY(Asking(lease.database(), state_->clock, question, dialect, Duration(1000)).prepare());
  return {};
}

}  // namespace capstan::catalog
