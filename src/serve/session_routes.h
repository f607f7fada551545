// Login, users and tokens: docs/reference/api.md, section Session.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "loop/control.h"
#include "serve/login_throttle.h"
#include "serve/route.h"
#include "serve/setup_token.h"
#include "serve/user_store.h"

namespace capstan::serve {

// What login needs; all references must outlive the routes.
struct SessionParts {
  UserStore& users;
  SetupToken& setup;
  LoginThrottle& throttle;
  loop::Control& control;
  const Clock& clock;
  std::string version;
  bool secure_cookie = false;  // Where the page is reached by https: through a proxy.
};

std::vector<Route> session_routes(const SessionParts& parts);

}  // namespace capstan::serve
