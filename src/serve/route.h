// The routing table: what can be asked, by whom, with what. To add an endpoint, add a line to one of the tables
// (session_routes, reading_routes, …) and a section to docs/reference/api.md; the tests go over all lines.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_server.h"
#include "serve/role.h"

namespace capstan::serve {

enum class Access {
  kPublic,    // Needs no login.
  kLoopback,  // Needs none from this machine, else a viewer: /metrics.
  kViewer,
  kOperator,
  kAdmin,
};

enum class Body {
  kNone,  // Whatever comes is ignored.
  kJson,  // application/json; may be empty.
  kForm,  // application/x-www-form-urlencoded, or none.
  kRaw,
};

// One request on its way through a handler.
struct Call {
  const HttpServerRequest& request;
  const Principal& principal;         // Of a public route: without a name when nobody is logged in.
  std::vector<std::string> captures;  // What stands at the pattern's "{}".
};

struct Route {
  std::string_view method;   // HEAD is asked of GET.
  std::string_view pattern;  // "/capstan/v1/plans/{}/approve"; a last "{*}" takes all the rest.
  Access access = Access::kAdmin;
  bool changes = false;  // Then a session's cookie alone does not suffice: "X-Capstan: 1" must come with it.
  Body body = Body::kNone;
  std::function<HttpServerResponse(const Call&)> handle;
  size_t body_limit = 1 << 20;
  // Has threads of its own, so that slow reads cannot hold it up: what acts, lets people in or says how Capstan is. It
  // must be quickly answered.
  bool reserved = false;
};

class Router {
 public:
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;  // nullptr: no such path, or not with this method.
    std::vector<std::string> captures;
    std::string allowed;  // The methods of the path, "GET, POST", when only the method is wrong.
  };
  Match find(std::string_view method, const std::vector<std::string>& segments) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
  std::vector<std::vector<std::string_view>> patterns_;  // Split at '/', in step with `routes_`.
};

}  // namespace capstan::serve
