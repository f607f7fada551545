// Finds out who makes a request: a program with an API token, a person with a session, or a local user.
#pragma once

#include <optional>
#include <string_view>

#include "base/http_server.h"
#include "serve/role.h"
#include "serve/user_store.h"

namespace capstan::serve {

inline constexpr std::string_view kSessionCookie = "capstan_session";

// Thread-safe.
class Authenticator {
 public:
  explicit Authenticator(UserStore& users) : users_(users) {}

  struct Identity {
    Principal principal;
    bool by_cookie = false;  // The browser sends it with any request, even one that another site made it send.
  };
  // Nothing when nobody is named. An error when somebody is, wrongly: a wrong token is never replaced by a good cookie.
  Result<std::optional<Identity>> identify(const HttpServerRequest& request) const;
  // Whether somebody who was identified by this request still would be. It is no use of a session, and touches no file.
  bool still_valid(const HttpServerRequest& request) const;

 private:
  Result<std::optional<Identity>> identify_local(const HttpPeer& peer) const;
  Result<std::optional<Identity>> identify_token(std::string_view authorization) const;

  UserStore& users_;
};

}  // namespace capstan::serve
