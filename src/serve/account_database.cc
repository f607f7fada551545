#include "serve/account_database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

namespace capstan::serve {
namespace {

constexpr int64_t kCheckpointBytes = 1 << 20;

constexpr std::string_view kSchema = R"sql(
  CREATE TABLE IF NOT EXISTS user (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password_hash TEXT NOT NULL, created_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS token (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL,
    created_by TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS session (
    hash TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES user(name) ON DELETE CASCADE, created_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS chat_link (
    account TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES user(name) ON DELETE CASCADE,
    linked_ms INTEGER NOT NULL) STRICT;
)sql";

// SQLite would make the file readable by everybody; its log files take over the mode it finds.
Status make_private(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return fail(errno_code(errno), fmt::format("cannot open {}: {}", path.string(), errno_text(errno)));
  const bool changed = ::fchmod(file, 0600) == 0;
  const int problem = errno;
  ::close(file);
  if (!changed) {
    return fail(errno_code(problem), fmt::format("cannot protect {}: {}", path.string(), errno_text(problem)));
  }
  return {};
}

std::string text(const sqlite::Statement& statement, int column) { return std::string(statement.text(column)); }
Time time(const sqlite::Statement& statement, int column) { return from_unix_ms(statement.integer(column)); }

}  // namespace

Result<AccountDatabase> AccountDatabase::open(const std::filesystem::path& path) {
  TRY(make_private(path));
  sqlite::Database database = TRY(sqlite::Database::open_writer(path, {.cache_bytes = 1 << 20}));
  TRY(during(path.string(), database.execute(kSchema)));
  TRY(database.checkpoint());
  return AccountDatabase(std::move(database));
}

Result<std::vector<User>> AccountDatabase::users() {
  sqlite::Statement rows = TRY(database_.prepare("SELECT name, role, password_hash, created_ms FROM user"));
  std::vector<User> users;
  while (TRY(rows.step())) {
    users.push_back({text(rows, 0), TRY(parse_role(rows.text(1))), text(rows, 2), time(rows, 3)});
  }
  return users;
}

Result<std::vector<ApiToken>> AccountDatabase::tokens() {
  sqlite::Statement rows = TRY(database_.prepare("SELECT name, role, hash, created_ms, created_by FROM token"));
  std::vector<ApiToken> tokens;
  while (TRY(rows.step())) {
    tokens.push_back({text(rows, 0), TRY(parse_role(rows.text(1))), text(rows, 2), time(rows, 3), text(rows, 4)});
  }
  return tokens;
}

Result<std::vector<Session>> AccountDatabase::sessions() {
  sqlite::Statement rows = TRY(database_.prepare("SELECT hash, user, created_ms, seen_ms FROM session"));
  std::vector<Session> sessions;
  while (TRY(rows.step())) sessions.push_back({text(rows, 0), text(rows, 1), time(rows, 2), time(rows, 3)});
  return sessions;
}

Result<std::vector<ChatLink>> AccountDatabase::links() {
  sqlite::Statement rows = TRY(database_.prepare("SELECT account, user, linked_ms FROM chat_link"));
  std::vector<ChatLink> links;
  while (TRY(rows.step())) links.push_back({text(rows, 0), text(rows, 1), time(rows, 2)});
  return links;
}

Status AccountDatabase::insert(const User& user) {
  sqlite::Statement insert = TRY(database_.prepare("INSERT INTO user VALUES (?, ?, ?, ?)"));
  return run(insert.with(user.name, to_string(user.role), user.password_hash, to_unix_ms(user.created)));
}

Status AccountDatabase::insert(const ApiToken& token) {
  sqlite::Statement insert = TRY(database_.prepare("INSERT INTO token VALUES (?, ?, ?, ?, ?)"));
  return run(insert.with(token.name, to_string(token.role), token.hash, to_unix_ms(token.created), token.created_by));
}

Status AccountDatabase::insert(const Session& session) {
  sqlite::Statement insert = TRY(database_.prepare("INSERT INTO session VALUES (?, ?, ?, ?)"));
  return run(insert.with(session.hash, session.user, to_unix_ms(session.created), to_unix_ms(session.seen)));
}

Status AccountDatabase::insert(const ChatLink& link) {
  sqlite::Statement insert = TRY(database_.prepare("INSERT OR REPLACE INTO chat_link VALUES (?, ?, ?)"));
  return run(insert.with(link.account, link.user, to_unix_ms(link.linked)));
}

Status AccountDatabase::touch(const Session& session) {
  sqlite::Statement update = TRY(database_.prepare("UPDATE session SET seen_ms = ? WHERE hash = ?"));
  return run(update.with(to_unix_ms(session.seen), session.hash));
}

Status AccountDatabase::delete_user(std::string_view name) {
  sqlite::Statement statement = TRY(database_.prepare("DELETE FROM user WHERE name = ?"));
  return run(statement.with(name));
}

Status AccountDatabase::delete_token(std::string_view name) {
  sqlite::Statement statement = TRY(database_.prepare("DELETE FROM token WHERE name = ?"));
  return run(statement.with(name));
}

Status AccountDatabase::delete_session(std::string_view hash) {
  sqlite::Statement statement = TRY(database_.prepare("DELETE FROM session WHERE hash = ?"));
  return run(statement.with(hash));
}

Status AccountDatabase::delete_link(std::string_view account) {
  sqlite::Statement statement = TRY(database_.prepare("DELETE FROM chat_link WHERE account = ?"));
  return run(statement.with(account));
}

Status AccountDatabase::run(sqlite::Statement& statement) {
  TRY(statement.run());
  if (database_.wal_bytes() > kCheckpointBytes) return database_.checkpoint();
  return {};
}

}  // namespace capstan::serve
