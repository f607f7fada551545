// Who may use Capstan: users with passwords, API tokens, and the sessions of the page.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "serve/account_database.h"

namespace capstan::serve {

struct SessionLimits {
  Duration idle = std::chrono::hours(24);
  Duration absolute = std::chrono::days(14);
};

// What is secret (passwords, tokens, session ids) is kept as hashes only, and returned once, when it is made.
// Thread-safe. Reads answer from memory; changes are durable when they return.
class UserStore {
 public:
  // `directory` is Capstan's data directory; the store is its file users.db.
  static Result<std::unique_ptr<UserStore>> open(const std::filesystem::path& directory, const Clock& clock,
                                                 Random& random, SessionLimits limits = {});

  std::vector<User> users() const;
  bool has_admin() const;
  // kAlreadyExists for a name that is taken, kInvalidArgument for a bad name or password.
  Result<User> create_user(std::string_view name, std::string_view password, Role role);
  // Ends the user's sessions too. kFailedPrecondition for the last administrator.
  Status delete_user(std::string_view name);
  // kUnauthenticated for a wrong password as for an unknown name, after the same work; kResourceExhausted when too many
  // passwords are being checked at once (each takes 64 MiB).
  Result<User> authenticate(std::string_view name, std::string_view password) const;

  std::vector<ApiToken> tokens() const;
  // Returns the token itself: "cap_" and 43 characters.
  Result<std::string> create_token(std::string_view name, Role role, std::string_view by);
  Status delete_token(std::string_view name);
  std::optional<ApiToken> find_token(std::string_view token) const;

  // Returns the id for the cookie. A user has at most twenty sessions; the one unused for longest makes room.
  Result<std::string> open_session(std::string_view user);
  // The user of a session that has not expired, and that it is in use.
  std::optional<User> use_session(std::string_view id);
  // The same, without counting as a use. Touches no file.
  std::optional<User> find_session(std::string_view id) const;
  Status close_session(std::string_view id);

  // Accounts of chats that act as users, beside those that the settings declare (user_store_links.cc).
  std::vector<ChatLink> links() const;
  // The user as whom an account acts; "" for none.
  std::string linked_user(std::string_view account) const;
  // In place of the account's link, where it has one. The link goes with its user.
  Result<ChatLink> link(std::string_view account, std::string_view user);
  Status unlink(std::string_view account);

 private:
  UserStore(AccountDatabase database, const Clock& clock, Random& random, SessionLimits limits);
  Status load();
  bool expired(const Session& session, Time now) const;
  Status forget_session(const std::string& hash);
  Status make_room_for_session(std::string_view user);
  size_t count_admins() const;

  const Clock& clock_;
  Random& random_;
  const SessionLimits limits_;
  std::string decoy_hash_;  // Checked for unknown names, so that they take as long as known ones.
  mutable std::counting_semaphore<> password_checks_;

  mutable std::mutex mutex_;
  AccountDatabase database_;
  std::map<std::string, User, std::less<>> users_;
  std::map<std::string, ApiToken, std::less<>> tokens_;          // By name.
  std::map<std::string, std::string, std::less<>> token_names_;  // By hash.
  std::map<std::string, Session, std::less<>> sessions_;         // By hash.
  std::map<std::string, ChatLink, std::less<>> links_;           // By account.
};

}  // namespace capstan::serve
