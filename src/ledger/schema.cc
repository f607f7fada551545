#include "ledger/schema.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::ledger {
namespace {

constexpr int kApplicationId = 0x43617073;  // "Caps": tells a ledger from any other SQLite file.
constexpr int kFormat = 1;

constexpr std::string_view kTables = R"sql(
CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE fact(
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, cause INTEGER NOT NULL, actor INTEGER NOT NULL,
  subject TEXT NOT NULL, body_hash BLOB NOT NULL, chain BLOB NOT NULL);
CREATE TABLE body(seq INTEGER PRIMARY KEY, salt BLOB NOT NULL, body TEXT NOT NULL);
CREATE TABLE segment(
  id INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, min_at INTEGER NOT NULL,
  max_at INTEGER NOT NULL, anchor BLOB NOT NULL);
CREATE TABLE posting(
  segment INTEGER NOT NULL, field INTEGER NOT NULL, last_key INTEGER NOT NULL, block INTEGER NOT NULL,
  entries BLOB NOT NULL, PRIMARY KEY(segment, field, last_key, block)) WITHOUT ROWID;
)sql";

}  // namespace

Status prepare_schema(sqlite::Database& database) {
  const int64_t id = TRY(database.integer_of("PRAGMA application_id")).value_or(0);
  const int64_t format = TRY(database.integer_of("PRAGMA user_version")).value_or(0);
  const bool empty = TRY(database.integer_of("SELECT count(*) FROM sqlite_schema")).value_or(0) == 0;
  if (!empty && id != kApplicationId) {
    return fail(ErrorCode::kCorrupt, fmt::format("{} is a database, but no ledger", database.path().string()));
  }
  if (!empty && format > kFormat) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("{} was written by a newer Capstan (format {}, this one knows {})",
                            database.path().string(), format, kFormat));
  }
  if (!empty) return {};
  sqlite::Transaction transaction = TRY(sqlite::Transaction::begin(database));
  TRY(database.execute(kTables));
  TRY(database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId)));
  TRY(database.execute(fmt::format("PRAGMA user_version = {}", kFormat)));
  return transaction.commit();
}

std::string_view bytes_of(const Sha256& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

Result<Sha256> hash_of(std::string_view bytes) {
  Sha256 hash;
  if (bytes.size() != hash.size()) {
    return fail(ErrorCode::kCorrupt, fmt::format("a hash of {} bytes instead of {}", bytes.size(), hash.size()));
  }
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

}  // namespace capstan::ledger
