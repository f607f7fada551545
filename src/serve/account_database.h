// Users, API tokens, sessions and links to chats on disk: <data>/users.db, mode 0600.
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

// An account of a chat that acts as a user.
struct ChatLink {
  std::string account;  // As the chat names it: "U012AB3CD".
  std::string user;
  Time linked;
};

// Every change is durable when it returns. Not thread-safe.
class AccountDatabase {
 public:
  static Result<AccountDatabase> open(const std::filesystem::path& path);

  Result<std::vector<User>> users();
  Result<std::vector<ApiToken>> tokens();
  Result<std::vector<Session>> sessions();
  Result<std::vector<ChatLink>> links();

  Status insert(const User& user);
  Status insert(const ApiToken& token);
  Status insert(const Session& session);
  Status insert(const ChatLink& link);  // In place of the account's link, where it has one.
  Status touch(const Session& session);
  Status delete_user(std::string_view name);  // With the sessions and links.
  Status delete_token(std::string_view name);
  Status delete_session(std::string_view hash);
  Status delete_link(std::string_view account);

 private:
  explicit AccountDatabase(sqlite::Database database) : database_(std::move(database)) {}
  Status run(sqlite::Statement& statement);

  sqlite::Database database_;
};

}  // namespace capstan::serve
