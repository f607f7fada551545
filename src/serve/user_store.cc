#include "serve/user_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/log.h"
#include "serve/password_rules.h"

namespace capstan::serve {
namespace {

constexpr size_t kMostUsers = 1000;
constexpr size_t kMostTokens = 1000;
constexpr size_t kMostSessionsOfAUser = 20;
constexpr std::ptrdiff_t kPasswordChecksAtOnce = 2;
constexpr Duration kTouchEvery = std::chrono::minutes(1);  // Not every request needs to reach the disk.
constexpr std::string_view kTokenPrefix = "cap_";          // So that scanners for leaked secrets can find them.

std::string hash_of(std::string_view secret) { return hex(sha256(secret)); }

}  // namespace

Result<std::unique_ptr<UserStore>> UserStore::open(const std::filesystem::path& directory, const Clock& clock,
                                                   Random& random, SessionLimits limits) {
  AccountDatabase database = TRY(during("the users", AccountDatabase::open(directory / "users.db")));
  std::unique_ptr<UserStore> store(new UserStore(std::move(database), clock, random, limits));
  store->decoy_hash_ = TRY(hash_password(random_token(random)));
  TRY(during("the users", store->load()));
  return store;
}

UserStore::UserStore(AccountDatabase database, const Clock& clock, Random& random, SessionLimits limits)
    : clock_(clock),
      random_(random),
      limits_(limits),
      password_checks_(kPasswordChecksAtOnce),
      database_(std::move(database)) {}

Status UserStore::load() {
  for (User& user : TRY(database_.users())) {
    std::string name = user.name;
    users_.emplace(std::move(name), std::move(user));
  }
  for (ApiToken& token : TRY(database_.tokens())) {
    token_names_.emplace(token.hash, token.name);
    std::string name = token.name;
    tokens_.emplace(std::move(name), std::move(token));
  }
  for (ChatLink& link : TRY(database_.links())) {
    std::string account = link.account;
    links_.emplace(std::move(account), std::move(link));
  }
  const Time now = clock_.now();
  for (Session& session : TRY(database_.sessions())) {
    if (expired(session, now)) {
      TRY(database_.delete_session(session.hash));
      continue;
    }
    std::string hash = session.hash;
    sessions_.emplace(std::move(hash), std::move(session));
  }
  return {};
}

std::vector<User> UserStore::users() const {
  std::lock_guard lock(mutex_);
  std::vector<User> users;
  for (const auto& [name, user] : users_) users.push_back(user);
  return users;
}

size_t UserStore::count_admins() const {
  return static_cast<size_t>(
      std::ranges::count_if(users_, [](const auto& entry) { return entry.second.role == Role::kAdmin; }));
}

bool UserStore::has_admin() const {
  std::lock_guard lock(mutex_);
  return count_admins() > 0;
}

Result<User> UserStore::create_user(std::string_view name, std::string_view password, Role role) {
  TRY(check_name("user", name));
  TRY(check_password(name, password));
  User user{std::string(name), role, TRY(hash_password(password)), clock_.now()};  // Slow, so before the lock.
  std::lock_guard lock(mutex_);
  if (users_.contains(name)) return fail(ErrorCode::kAlreadyExists, fmt::format("there is a user '{}' already", name));
  if (users_.size() >= kMostUsers) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("there are {} users, the most there can be", kMostUsers));
  }
  TRY(database_.insert(user));
  users_.emplace(user.name, user);
  return user;
}

Status UserStore::delete_user(std::string_view name) {
  std::lock_guard lock(mutex_);
  const auto found = users_.find(name);
  if (found == users_.end()) return fail(ErrorCode::kNotFound, fmt::format("no user '{}'", name));
  if (found->second.role == Role::kAdmin && count_admins() == 1) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("'{}' is the last administrator: make another first", name));
  }
  TRY(database_.delete_user(name));
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.user == name; });
  std::erase_if(links_, [&](const auto& entry) { return entry.second.user == name; });
  users_.erase(found);
  return {};
}

Result<User> UserStore::authenticate(std::string_view name, std::string_view password) const {
  if (!password_checks_.try_acquire()) {
    return fail(ErrorCode::kResourceExhausted, "too many are logging in at once; try again in a second");
  }
  std::optional<User> user;
  {
    std::lock_guard lock(mutex_);
    if (const auto found = users_.find(name); found != users_.end()) user = found->second;
  }
  const bool matches = verify_password(user ? user->password_hash : decoy_hash_, password);
  password_checks_.release();
  if (!user || !matches) return fail(ErrorCode::kUnauthenticated, "wrong user name or password");
  return *user;
}

std::vector<ApiToken> UserStore::tokens() const {
  std::lock_guard lock(mutex_);
  std::vector<ApiToken> tokens;
  for (const auto& [name, token] : tokens_) tokens.push_back(token);
  return tokens;
}

Result<std::string> UserStore::create_token(std::string_view name, Role role, std::string_view by) {
  TRY(check_name("token", name));
  std::string text = std::string(kTokenPrefix) + random_token(random_);
  const ApiToken token{std::string(name), role, hash_of(text), clock_.now(), std::string(by)};
  std::lock_guard lock(mutex_);
  if (tokens_.contains(name))
    return fail(ErrorCode::kAlreadyExists, fmt::format("there is a token '{}' already", name));
  if (tokens_.size() >= kMostTokens) {
    return fail(ErrorCode::kResourceExhausted, fmt::format("there are {} tokens, the most there can be", kMostTokens));
  }
  TRY(database_.insert(token));
  tokens_.emplace(token.name, token);
  token_names_.emplace(token.hash, token.name);
  return text;
}

Status UserStore::delete_token(std::string_view name) {
  std::lock_guard lock(mutex_);
  const auto found = tokens_.find(name);
  if (found == tokens_.end()) return fail(ErrorCode::kNotFound, fmt::format("no token '{}'", name));
  TRY(database_.delete_token(name));
  token_names_.erase(found->second.hash);
  tokens_.erase(found);
  return {};
}

std::optional<ApiToken> UserStore::find_token(std::string_view token) const {
  if (!token.starts_with(kTokenPrefix)) return std::nullopt;
  const std::string hash = hash_of(token);
  std::lock_guard lock(mutex_);
  const auto found = token_names_.find(hash);
  if (found == token_names_.end()) return std::nullopt;
  return tokens_.find(found->second)->second;
}

bool UserStore::expired(const Session& session, Time now) const {
  return now - session.created > limits_.absolute || now - session.seen > limits_.idle;
}

Status UserStore::forget_session(const std::string& hash) {
  TRY(database_.delete_session(hash));
  sessions_.erase(hash);
  return {};
}

Status UserStore::make_room_for_session(std::string_view user) {
  const Time now = clock_.now();
  std::vector<Session> gone;
  std::vector<Session> kept;
  for (const auto& [hash, session] : sessions_) {
    if (expired(session, now)) {
      gone.push_back(session);
    } else if (session.user == user) {
      kept.push_back(session);
    }
  }
  std::ranges::sort(kept, {}, &Session::seen);
  for (size_t i = 0; i + kMostSessionsOfAUser <= kept.size(); ++i) gone.push_back(kept[i]);
  for (const Session& session : gone) TRY(forget_session(session.hash));
  return {};
}

Result<std::string> UserStore::open_session(std::string_view user) {
  std::string id = random_token(random_);
  std::lock_guard lock(mutex_);
  if (!users_.contains(user)) return fail(ErrorCode::kNotFound, fmt::format("no user '{}'", user));
  TRY(make_room_for_session(user));
  const Time now = clock_.now();
  const Session session{hash_of(id), std::string(user), now, now};
  TRY(database_.insert(session));
  sessions_.emplace(session.hash, session);
  return id;
}

std::optional<User> UserStore::use_session(std::string_view id) {
  const std::string hash = hash_of(id);
  std::lock_guard lock(mutex_);
  const auto found = sessions_.find(hash);
  if (found == sessions_.end()) return std::nullopt;
  Session& session = found->second;
  const Time now = clock_.now();
  if (expired(session, now)) return std::nullopt;  // Deleted when the next one is opened, or at the next start.
  if (now - session.seen >= kTouchEvery) {
    session.seen = now;
    // A full disk must not log people out: they may be here to look into it.
    if (const Status touched = database_.touch(session); !touched) log::warning("serve", touched.error().to_string());
  }
  return users_.find(session.user)->second;
}

std::optional<User> UserStore::find_session(std::string_view id) const {
  const std::string hash = hash_of(id);
  std::lock_guard lock(mutex_);
  const auto found = sessions_.find(hash);
  if (found == sessions_.end() || expired(found->second, clock_.now())) return std::nullopt;
  return users_.find(found->second.user)->second;
}

Status UserStore::close_session(std::string_view id) {
  const std::string hash = hash_of(id);
  std::lock_guard lock(mutex_);
  return sessions_.contains(hash) ? forget_session(hash) : Status();
}

}  // namespace capstan::serve
