// Users, API tokens and sessions on disk: <data>/users.db, mode 0600.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/sqlite.h"
#include "base/time.h"
#include "serve/role.h"

namespace capstan::serve {

struct User {
  std::string name;
  Role role = Role::kViewer;
  std::string password_hash;  // Argon2id.
  Time created;
};

struct ApiToken {
  std::string name;
  Role role = Role::kViewer;
  std::string hash;  // Hexadecimal SHA-256 of the token: a random token needs no salt.
  Time created;
  std::string created_by;  // An actor.
};

struct Session {
  std::string hash;  // Hexadecimal SHA-256 of the id in the cookie.
  std::string user;
  Time created;
  Time seen;
};

// Every change is durable when it returns. Not thread-safe.
class AccountDatabase {
 public:
  static Result<AccountDatabase> open(const std::filesystem::path& path);

  Result<std::vector<User>> users();
  Result<std::vector<ApiToken>> tokens();
  Result<std::vector<Session>> sessions();

  Status insert(const User& user);
  Status insert(const ApiToken& token);
  Status insert(const Session& session);
  Status touch(const Session& session);
  Status delete_user(std::string_view name);  // With the sessions.
  Status delete_token(std::string_view name);
  Status delete_session(std::string_view hash);

 private:
  explicit AccountDatabase(sqlite::Database database) : database_(std::move(database)) {}
  Status run(sqlite::Statement& statement);

  sqlite::Database database_;
};

}  // namespace capstan::serve
