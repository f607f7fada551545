#include "serve/setup_token.h"

namespace capstan::serve {
namespace {

std::string_view bytes_of(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

SetupToken::SetupToken(UserStore& users, Random& random) : users_(users) {
  if (users.has_admin()) return;
  text_ = random_token(random);
  hash_ = sha256(text_);
}

bool SetupToken::needed() const {
  std::lock_guard lock(mutex_);
  return hash_.has_value() && !users_.has_admin();
}

Result<User> SetupToken::redeem(std::string_view token, std::string_view name, std::string_view password) {
  // Held while the user is made, so that two at once cannot both be first.
  std::lock_guard lock(mutex_);
  if (!hash_ || users_.has_admin()) {
    return fail(ErrorCode::kFailedPrecondition, "there is an administrator already: log in instead");
  }
  if (!equal_in_constant_time(bytes_of(sha256(token)), bytes_of(*hash_))) {
    return fail(ErrorCode::kUnauthenticated, "wrong setup token: 'capstan run' prints a new one at each start");
  }
  User user = TRY(users_.create_user(name, password, Role::kAdmin));
  hash_.reset();
  return user;
}

}  // namespace capstan::serve
