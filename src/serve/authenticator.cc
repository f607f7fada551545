#include "serve/authenticator.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <vector>

namespace capstan::serve {
namespace {

std::string local_user_name(uid_t uid) {
  std::vector<char> buffer(16 << 10);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || !found) return fmt::format("uid-{}", uid);
  return found->pw_name;
}

bool is_bearer(std::string_view scheme) {
  constexpr std::string_view kBearer = "bearer";
  if (scheme.size() != kBearer.size()) return false;
  for (size_t i = 0; i < scheme.size(); ++i) {
    if ((scheme[i] | 0x20) != kBearer[i]) return false;
  }
  return true;
}

}  // namespace

Result<std::optional<Authenticator::Identity>> Authenticator::identify(const HttpServerRequest& request) const {
  const std::string_view authorization = request.header("Authorization");
  if (!authorization.empty()) return identify_token(authorization);
  if (request.peer.uid) return identify_local(request.peer);
  const std::optional<std::string_view> cookie = find_cookie(request.header("Cookie"), kSessionCookie);
  if (!cookie) return std::nullopt;
  // An expired session is the same as none: the page then shows the login.
  const std::optional<User> user = users_.use_session(*cookie);
  if (!user) return std::nullopt;
  return Identity{{Principal::Kind::kUser, user->name, user->role}, true};
}

bool Authenticator::still_valid(const HttpServerRequest& request) const {
  const std::string_view authorization = request.header("Authorization");
  if (!authorization.empty()) return identify_token(authorization).has_value();
  if (request.peer.uid) return true;  // The kernel said so, and nobody can take it back.
  const std::optional<std::string_view> cookie = find_cookie(request.header("Cookie"), kSessionCookie);
  return cookie && users_.find_session(*cookie);
}

Result<std::optional<Authenticator::Identity>> Authenticator::identify_local(const HttpPeer& peer) const {
  // The socket's mode lets nobody else in; this is the second lock.
  if (*peer.uid != 0 && *peer.uid != ::geteuid()) {
    return fail(ErrorCode::kPermissionDenied, "only root and the user that runs Capstan may use the local socket");
  }
  return Identity{{Principal::Kind::kLocal, local_user_name(*peer.uid), Role::kAdmin}, false};
}

Result<std::optional<Authenticator::Identity>> Authenticator::identify_token(std::string_view authorization) const {
  const size_t space = authorization.find(' ');
  if (space == std::string_view::npos || !is_bearer(authorization.substr(0, space))) {
    return fail(ErrorCode::kUnauthenticated, "expected 'Authorization: Bearer <API token>'");
  }
  const std::optional<ApiToken> token = users_.find_token(authorization.substr(space + 1));
  if (!token) return fail(ErrorCode::kUnauthenticated, "unknown API token");
  return Identity{{Principal::Kind::kToken, token->name, token->role}, false};
}

}  // namespace capstan::serve
