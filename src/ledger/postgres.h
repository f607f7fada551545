// A connection to PostgreSQL: statements with parameters, in binary, each with a time limit. Only postgres.cc sees
// libpq, which takes the password from where all its programs do: PGPASSFILE, PGPASSWORD, certificates.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

struct pg_conn;
struct pg_result;

namespace capstan::ledger {

// Where a database is. Made of what a person wrote, so its errors never repeat any of it.
class PostgresAddress {
 public:
  // "postgresql://HOST:PORT/DATABASE", or the keywords that libpq knows. kInvalidArgument for what is neither, and for
  // a password in it: whoever lists processes would read it.
  static Result<PostgresAddress> parse(std::string_view text);

  const std::string& text() const { return text_; }
  // For people: "capstan at db1:5432".
  const std::string& shown() const { return shown_; }

 private:
  std::string text_;
  std::string shown_;
};

// The values of a statement's $1, $2, …
class PostgresParameters {
 public:
  PostgresParameters& add(int64_t value);
  PostgresParameters& add(std::string_view bytes);  // As bytea, or as text where the statement wants that.
  PostgresParameters& add(std::span<const int64_t> values);
  // NULL where an entry's data() is nullptr.
  PostgresParameters& add(std::span<const std::string_view> values);

 private:
  friend class Postgres;
  std::vector<std::string> values_;
  std::vector<uint32_t> types_;
};

// What a statement gave. Columns must be bigint, or bytea or text.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* result) : result_(result) {}

  int size() const;
  int64_t affected() const;
  bool is_null(int row, int column) const;
  int64_t integer(int row, int column) const;
  std::string_view bytes(int row, int column) const;  // Valid as long as the rows.

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

// Not thread-safe. Errors: kUnavailable when the server cannot be reached or the connection broke, kDeadlineExceeded
// when it was silent for too long (the connection is closed then; whether the statement was done is not known),
// kResourceExhausted for a full disk, kPermissionDenied, kUnauthenticated, kNotFound (no such database or table),
// kInternal for what else the server says.
class Postgres {
 public:
  // Waits some seconds for each host.
  static Result<Postgres> connect(const PostgresAddress& address);

  Result<PostgresRows> run(const char* sql, const PostgresParameters& parameters, Duration patience);
  // Several statements without parameters.
  Status run_all(const char* sql, Duration patience);
  // False after an error that closed it.
  bool is_open() const { return connection_ != nullptr; }
  int server_version() const;  // 150'004 for 15.4.

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };
  explicit Postgres(pg_conn* connection) : connection_(connection) {}
  Result<PostgresRows> finish(Duration patience);
  Status wait(bool for_writing, Duration deadline);
  Error lost(ErrorCode code);

  std::unique_ptr<pg_conn, Close> connection_;
};

}  // namespace capstan::ledger
