// A thin, safe way to SQLite: connections, statements and transactions that close themselves, and errors that name the
// statement. Only .cc files see sqlite3.h.
//
//   sqlite::Statement select = TRY(database.prepare("SELECT name FROM host WHERE id = ?"));
//   select.bind(1, id);
//   while (TRY(select.step())) names.push_back(std::string(select.text(0)));
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace capstan::sqlite {

// How hard a commit tries to survive a power cut. Either way the file stays consistent.
enum class Durability {
  kFull,    // Durable when the commit returns.
  kNormal,  // The newest commits may be missing after a power cut, not after a crash of the process.
};

struct WriterOptions {
  Durability durability = Durability::kFull;
  int64_t cache_bytes = 64 << 20;
  int page_size = 4096;   // Of a new file.
  int64_t max_bytes = 0;  // The file's largest size; reaching it is kResourceExhausted. 0: what the disk has.
};

class Statement;

// One connection. Not thread-safe; may be handed from thread to thread.
class Database {
 public:
  // The one connection that writes and checkpoints: WAL mode, automatic checkpoints off (call `checkpoint`), foreign
  // keys on. Creates a missing file. kCorrupt for what is no database, kResourceExhausted for a full disk.
  static Result<Database> open_writer(const std::filesystem::path& path, const WriterOptions& options);
  // Sees committed snapshots only and never checkpoints, not even when closed. The writer must have created the file.
  static Result<Database> open_reader(const std::filesystem::path& path, int64_t cache_bytes = 8 << 20);
  // Private to this connection.
  static Result<Database> open_memory();

  // Runs one or more statements that return no rows.
  Status execute(std::string_view sql);
  // Exactly one statement; errors carry the line and column within `sql` where SQLite knows them.
  Result<Statement> prepare(std::string_view sql);
  // The first column of the first row; nothing where there is no row or it is NULL.
  Result<std::optional<int64_t>> integer_of(std::string_view sql);
  Result<std::optional<std::string>> text_of(std::string_view sql);

  // Copies the write-ahead log into the file as far as readers allow, without waiting for them.
  Status checkpoint();
  // The same for all of it, waiting for readers, and empties the log: nothing deleted is left in it.
  Status checkpoint_and_truncate();
  // Bytes of the write-ahead log after the last commit of this connection.
  int64_t wal_bytes() const;

  bool in_transaction() const;
  int64_t changes() const;
  // For hooks that this wrapper does not know; valid while the connection is open.
  sqlite3* handle() const { return handle_.get(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  struct WalSize {
    int64_t frames = 0;
    int64_t page_size = 4096;
  };
  Database() = default;
  static Result<Database> open(const std::filesystem::path& path, int flags);
  Status configure_writer(const WriterOptions& options);
  Status checkpoint(int mode);

  std::unique_ptr<sqlite3, Close> handle_;
  std::unique_ptr<WalSize> wal_ = std::make_unique<WalSize>();
  std::filesystem::path path_;
};

// A prepared statement; lives no longer than its database. Parameters count from 1, columns from 0. What a bind
// function cannot do is reported by the next `step`.
class Statement {
 public:
  void bind(int index, std::nullptr_t);
  void bind(int index, int64_t value);
  void bind(int index, uint64_t value) { bind(index, static_cast<int64_t>(value)); }
  void bind(int index, int value) { bind(index, static_cast<int64_t>(value)); }
  void bind(int index, bool value) { bind(index, static_cast<int64_t>(value)); }
  void bind(int index, double value);
  // The text is copied.
  void bind(int index, std::string_view text);
  void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
  void bind(int index, const char* text) { bind(index, std::string_view(text)); }
  void bind_blob(int index, std::string_view bytes);
  // Without a copy: the bytes must stay as they are until the next `reset` or `run` ends.
  void bind_text_in_place(int index, std::string_view text);
  void bind_blob_in_place(int index, std::string_view bytes);
  // 0 where no parameter has this name (":id").
  int parameter(std::string_view name) const;

  // Binds the values to the parameters 1, 2, …
  template <class... Values>
  Statement& with(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return *this;
  }

  // True when there is a row, false at the end (and then the statement can be bound and stepped anew).
  Result<bool> step();
  // Steps to the end and resets.
  Status run();
  void reset();

  enum class Type { kNull, kInteger, kReal, kText, kBlob };
  Type type(int column) const;
  bool is_null(int column) const { return type(column) == Type::kNull; }
  int64_t integer(int column) const;
  double real(int column) const;
  // Valid until the next step, reset or conversion of this column.
  std::string_view text(int column) const;
  std::string_view blob(int column) const;
  int columns() const;
  std::string column_name(int column) const;

  sqlite3_stmt* handle() const { return handle_.get(); }

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  void note(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int bind_error_ = 0;
};

// The statements of a connection by their text, each prepared once. Lives no longer than the database; meant for texts
// from the code, of which there are few.
class StatementCache {
 public:
  // Reset and without bindings of an earlier use that matter: bind every parameter.
  Result<Statement*> get(Database& database, std::string_view sql);
  void clear() { statements_.clear(); }

 private:
  std::map<std::string, Statement, std::less<>> statements_;
};

// Rolls back unless it was committed.
class Transaction {
 public:
  // A writing transaction; takes the write lock at once.
  static Result<Transaction> begin(Database& database);
  // A consistent view for several reads; takes effect at once.
  static Result<Transaction> begin_read(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

// The error of a failed call on `database`, with the statement it failed in.
Error error_of(sqlite3* database, int code, std::string_view statement);

}  // namespace capstan::sqlite
