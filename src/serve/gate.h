// What every request passes: host, route, identity, role, forgery, body. Behind it are the handlers of the routes.
#pragma once

#include "base/http_server.h"
#include "serve/authenticator.h"
#include "serve/host_check.h"
#include "serve/route.h"

namespace capstan::serve {

// Thread-safe. The authenticator must outlive it.
class Gate final : public HttpHandler {
 public:
  Gate(Router router, const Authenticator& authenticator, HostCheck hosts)
      : router_(std::move(router)), authenticator_(authenticator), hosts_(std::move(hosts)) {}

  // Large bodies are only taken from who may send them.
  std::expected<size_t, HttpServerResponse> admit(const HttpServerRequest& head) override;
  bool is_reserved(const HttpServerRequest& request) override;
  HttpServerResponse handle(const HttpServerRequest& request) override;
  HttpServerResponse refuse(int status, std::string_view message) override;

  const std::vector<Route>& routes() const { return router_.routes(); }

 private:
  struct Refusal {
    int status;
    Error error;
  };
  struct Passed {
    Router::Match match;
    Principal principal;
  };
  std::expected<Passed, Refusal> pass(const HttpServerRequest& request) const;
  std::expected<Principal, Refusal> authorise(const Route& route, const HttpServerRequest& request) const;
  static HttpServerResponse answer(const HttpServerRequest& request, const Refusal& refusal);

  const Router router_;
  const Authenticator& authenticator_;
  const HostCheck hosts_;
};

}  // namespace capstan::serve
