#include "base/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>

#include "base/file.h"

namespace capstan::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5'000;
constexpr int64_t kMostLogKept = 16 << 20;  // Bytes.
constexpr size_t kLongestQuotedStatement = 120;

ErrorCode code_of(int extended) {
  switch (extended & 0xff) {
    case SQLITE_FULL:
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG: return ErrorCode::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT: return ErrorCode::kCorrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_PROTOCOL: return ErrorCode::kUnavailable;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH: return ErrorCode::kPermissionDenied;
    case SQLITE_CANTOPEN: return ErrorCode::kNotFound;
    case SQLITE_CONSTRAINT: return ErrorCode::kAlreadyExists;
    case SQLITE_INTERRUPT: return ErrorCode::kDeadlineExceeded;
    case SQLITE_ERROR:
    case SQLITE_RANGE: return ErrorCode::kInvalidArgument;
    default: return ErrorCode::kInternal;
  }
}

std::string one_line(std::string_view sql) {
  std::string text;
  for (char c : sql.substr(0, kLongestQuotedStatement)) {
    const bool space = c == '\n' || c == '\t' || c == ' ';
    if (space && (text.empty() || text.back() == ' ')) continue;
    text += space ? ' ' : c;
  }
  while (text.ends_with(' ')) text.pop_back();
  return sql.size() > kLongestQuotedStatement ? text + "…" : text;
}

Where where_of(sqlite3* database, std::string_view sql) {
  const int offset = sqlite3_error_offset(database);
  if (offset < 0 || static_cast<size_t>(offset) > sql.size()) return {};
  Where where{"", 1, 1};
  for (char c : sql.substr(0, static_cast<size_t>(offset))) {
    where.column = c == '\n' ? 1 : where.column + 1;
    where.line += c == '\n' ? 1 : 0;
  }
  return where;
}

bool only_blank(std::string_view sql) { return sql.find_first_not_of(" \t\r\n;") == std::string_view::npos; }

int remember_wal_size(void* frames, sqlite3*, const char*, int count) {
  *static_cast<int64_t*>(frames) = count;
  return SQLITE_OK;
}

}  // namespace

Error error_of(sqlite3* database, int result, std::string_view statement) {
  const int extended = database == nullptr ? result : sqlite3_extended_errcode(database);
  std::string message = database == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(database);
  ErrorCode code = code_of(extended);
  if ((extended & 0xff) == SQLITE_IOERR || (extended & 0xff) == SQLITE_CANTOPEN) {
    const int system = database == nullptr ? 0 : sqlite3_system_errno(database);
    if (system != 0) {
      message += ": " + errno_text(system);
      if (system == ENOSPC) code = ErrorCode::kResourceExhausted;
    }
  }
  if (!statement.empty()) message += fmt::format(" (in: {})", one_line(statement));
  return {code, std::move(message), {}};
}

void Database::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
void Statement::Finalize::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

Result<Database> Database::open(const std::filesystem::path& path, int flags) {
  Database database;
  database.path_ = path;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  database.handle_.reset(handle);
  if (code != SQLITE_OK) {
    Error error = error_of(handle, code, "");
    error.message = fmt::format("cannot open {}: {}", path.string(), error.message);
    return fail(std::move(error));
  }
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

Result<Database> Database::open_writer(const std::filesystem::path& path, const WriterOptions& options) {
  Database database = TRY(open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  TRY(during(fmt::format("opening {}", path.string()), database.configure_writer(options)));
  return database;
}

Status Database::configure_writer(const WriterOptions& options) {
  TRY(execute(fmt::format("PRAGMA page_size = {}", options.page_size)));
  // A new file becomes one with a write-ahead log by a last transaction with a rollback journal. Were that journal to
  // come back after a power cut, it would undo the beginning of the file and take the log with it: so its removal is
  // synced, too.
  TRY(execute("PRAGMA synchronous = EXTRA"));
  TRY(execute("PRAGMA journal_mode = WAL"));
  TRY(execute(fmt::format("PRAGMA synchronous = {}", options.durability == Durability::kFull ? "FULL" : "NORMAL")));
  TRY(execute("PRAGMA foreign_keys = ON"));
  TRY(execute(fmt::format("PRAGMA cache_size = -{}", options.cache_bytes / 1024)));
  TRY(execute("PRAGMA trusted_schema = OFF"));
  // A log that has grown while readers held it up is cut when it begins anew.
  TRY(execute(fmt::format("PRAGMA journal_size_limit = {}", kMostLogKept)));
  // Checkpoints happen when the owner says so; the hook only learns the size of the log.
  TRY(execute("PRAGMA wal_autocheckpoint = 0"));
  wal_->page_size = TRY(integer_of("PRAGMA page_size")).value_or(4096);
  sqlite3_wal_hook(handle_.get(), remember_wal_size, &wal_->frames);
  if (options.max_bytes > 0) {
    TRY(execute(fmt::format("PRAGMA max_page_count = {}", options.max_bytes / wal_->page_size)));
  }
  return {};
}

Result<Database> Database::open_reader(const std::filesystem::path& path, int64_t cache_bytes) {
  Database database = TRY(open(path, SQLITE_OPEN_READONLY));
  sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  TRY(database.execute("PRAGMA wal_autocheckpoint = 0"));
  TRY(database.execute("PRAGMA trusted_schema = OFF"));
  TRY(database.execute(fmt::format("PRAGMA cache_size = -{}", cache_bytes / 1024)));
  return database;
}

Result<Database> Database::open_memory() { return open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE); }

Status Database::execute(std::string_view sql) {
  const std::string text(sql);
  const int code = sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(error_of(handle_.get(), code, sql));
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  Statement statement;
  sqlite3_stmt* handle = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), 0, &handle, &rest);
  statement.handle_.reset(handle);
  if (code != SQLITE_OK) {
    Error error = error_of(handle_.get(), code, sql);
    error.where = where_of(handle_.get(), sql);
    return fail(std::move(error));
  }
  if (handle == nullptr) return fail(ErrorCode::kInvalidArgument, "an empty statement");
  if (!only_blank(sql.substr(static_cast<size_t>(rest - sql.data())))) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("more than one statement (in: {})", one_line(sql)));
  }
  return statement;
}

Result<std::optional<int64_t>> Database::integer_of(std::string_view sql) {
  Statement statement = TRY(prepare(sql));
  if (!TRY(statement.step()) || statement.is_null(0)) return std::nullopt;
  return statement.integer(0);
}

Result<std::optional<std::string>> Database::text_of(std::string_view sql) {
  Statement statement = TRY(prepare(sql));
  if (!TRY(statement.step()) || statement.is_null(0)) return std::nullopt;
  return std::string(statement.text(0));
}

Status Database::checkpoint() { return checkpoint(SQLITE_CHECKPOINT_PASSIVE); }
Status Database::checkpoint_and_truncate() { return checkpoint(SQLITE_CHECKPOINT_TRUNCATE); }

Status Database::checkpoint(int mode) {
  int frames = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, mode, &frames, &copied);
  if (code != SQLITE_OK) return fail(error_of(handle_.get(), code, "checkpoint"));
  // When all is copied the next commit starts the log anew.
  if (copied >= frames) wal_->frames = 0;
  return {};
}

int64_t Database::wal_bytes() const { return wal_->frames * wal_->page_size; }
bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
int64_t Database::changes() const { return sqlite3_changes64(handle_.get()); }

void Statement::note(int code) {
  if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
}
void Statement::bind(int index, std::nullptr_t) { note(sqlite3_bind_null(handle(), index)); }
void Statement::bind(int index, int64_t value) { note(sqlite3_bind_int64(handle(), index, value)); }
void Statement::bind(int index, double value) { note(sqlite3_bind_double(handle(), index, value)); }
void Statement::bind(int index, std::string_view text) {
  // A null pointer would bind NULL, but an empty text is meant.
  const char* data = text.data() == nullptr ? "" : text.data();
  note(sqlite3_bind_text64(handle(), index, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}
void Statement::bind_blob(int index, std::string_view bytes) {
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  note(sqlite3_bind_blob64(handle(), index, data, bytes.size(), SQLITE_TRANSIENT));
}
void Statement::bind_text_in_place(int index, std::string_view text) {
  const char* data = text.data() == nullptr ? "" : text.data();
  note(sqlite3_bind_text64(handle(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}
void Statement::bind_blob_in_place(int index, std::string_view bytes) {
  const char* data = bytes.data() == nullptr ? "" : bytes.data();
  note(sqlite3_bind_blob64(handle(), index, data, bytes.size(), SQLITE_STATIC));
}
int Statement::parameter(std::string_view name) const {
  return sqlite3_bind_parameter_index(handle(), std::string(name).c_str());
}

Result<bool> Statement::step() {
  if (bind_error_ != SQLITE_OK) {
    const int code = std::exchange(bind_error_, SQLITE_OK);
    return fail(code_of(code), fmt::format("cannot bind a parameter: {} (in: {})", sqlite3_errstr(code),
                                           one_line(sqlite3_sql(handle()))));
  }
  const int code = sqlite3_step(handle());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  Error error = error_of(sqlite3_db_handle(handle()), code, sqlite3_sql(handle()));
  reset();
  return fail(std::move(error));
}

Status Statement::run() {
  while (TRY(step())) {
  }
  return {};
}

void Statement::reset() { sqlite3_reset(handle()); }

Statement::Type Statement::type(int column) const {
  switch (sqlite3_column_type(handle(), column)) {
    case SQLITE_INTEGER: return Type::kInteger;
    case SQLITE_FLOAT: return Type::kReal;
    case SQLITE_TEXT: return Type::kText;
    case SQLITE_BLOB: return Type::kBlob;
    default: return Type::kNull;
  }
}
int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle(), column); }
double Statement::real(int column) const { return sqlite3_column_double(handle(), column); }
std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle(), column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(handle(), column))};
}
std::string_view Statement::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(handle(), column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(handle(), column))};
}
int Statement::columns() const { return sqlite3_column_count(handle()); }
std::string Statement::column_name(int column) const {
  const char* name = sqlite3_column_name(handle(), column);
  return name == nullptr ? std::string() : name;
}

Result<Statement*> StatementCache::get(Database& database, std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) found = statements_.emplace(sql, TRY(database.prepare(sql))).first;
  found->second.reset();
  return &found->second;
}

Result<Transaction> Transaction::begin(Database& database) {
  TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Result<Transaction> Transaction::begin_read(Database& database) {
  TRY(database.execute("BEGIN"));
  Transaction transaction(database);
  // BEGIN alone waits for the first read before it fixes the view.
  TRY(database.integer_of("SELECT 1 FROM sqlite_schema LIMIT 1"));
  return transaction;
}

Transaction::~Transaction() {
  // After some errors (a full disk) SQLite has rolled back by itself.
  if (database_ == nullptr || !database_->in_transaction()) return;
  (void)database_->execute("ROLLBACK");
}

Status Transaction::commit() {
  TRY(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace capstan::sqlite
