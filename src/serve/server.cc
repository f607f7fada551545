#include "serve/server.h"

#include <iterator>
#include <optional>

#include "base/log.h"
#include "serve/authenticator.h"
#include "serve/changing_routes.h"
#include "serve/chat_desk.h"
#include "serve/fleet_routes.h"
#include "serve/gate.h"
#include "serve/link_routes.h"
#include "serve/login_throttle.h"
#include "serve/page.h"
#include "serve/policy_routes.h"
#include "serve/reading_routes.h"
#include "serve/secret_routes.h"
#include "serve/session_routes.h"
#include "serve/setup_token.h"
#include "serve/slack_routes.h"
#include "serve/status_routes.h"

namespace capstan::serve {
namespace {

void append(std::vector<Route>& all, std::vector<Route> some) { std::ranges::move(some, std::back_inserter(all)); }

std::vector<Route> reserved(std::vector<Route> routes) {
  for (Route& route : routes) route.reserved = true;
  return routes;
}

class RunningServer final : public Server {
 public:
  RunningServer(ServerOptions options, loop::Control& control, std::unique_ptr<UserStore> users, const Clock& clock,
                Random& random)
      : options_(std::move(options)),
        control_(control),
        clock_(clock),
        socket_(options_.data_directory / "capstan.sock"),
        users_(std::move(users)),
        setup_(*users_, random),
        throttle_(clock),
        authenticator_(*users_),
        codes_(clock, random),
        chat_({control_, *users_, codes_, clock}) {}
  ~RunningServer() override { RunningServer::stop(); }

  Status open(ServerHooks hooks) {
    events_ = std::make_unique<EventHub>(control_, clock_, options_.events);
    std::vector<Route> routes;
    const SessionParts sessions{*users_, setup_, throttle_, control_, clock_, options_.version, options_.secure_cookie};
    append(routes, reserved(session_routes(sessions)));
    append(routes, reserved(link_routes(sessions, codes_)));
    append(routes, reading_routes(control_, clock_));
    append(routes, fleet_routes(control_, clock_));
    append(routes, policy_routes(control_));
    append(routes, reserved(changing_routes(control_)));
    append(routes, secret_routes(control_));
    append(routes, prometheus_routes(std::move(hooks.prometheus), std::move(hooks.remote_write)));
    append(routes, reserved(status_routes(control_, *events_, authenticator_)));
    append(routes, reserved(slack_routes(std::move(hooks.slack))));
    append(routes, page_routes());
    HttpServerOptions http = options_.limits;
    http.listen = options_.listen;
    http.unix_socket = socket_;
    gate_ = std::make_unique<Gate>(Router(std::move(routes)), authenticator_, HostCheck(options_.allowed_hosts));
    http_ = TRY(HttpServer::start(std::move(http), *gate_));
    if (!http_->loopback_only())
      log::warning("serve", "reachable from other machines, without encryption: put a TLS proxy in front");
    return {};
  }

  const std::string& address() const override { return http_->addresses().front(); }
  const std::filesystem::path& socket() const override { return socket_; }
  const std::string& setup_token() const override { return setup_.text(); }

  const std::vector<Route>& routes() const override { return gate_->routes(); }

  ChatAnswer answer_chat(const ChatRequest& request) const override { return chat_.answer(request); }

  void stop() override {
    if (http_) http_->stop();
    events_.reset();
  }

 private:
  const ServerOptions options_;
  loop::Control& control_;
  const Clock& clock_;
  const std::filesystem::path socket_;
  std::unique_ptr<UserStore> users_;
  SetupToken setup_;
  LoginThrottle throttle_;
  Authenticator authenticator_;
  LinkCodes codes_;
  ChatDesk chat_;
  std::unique_ptr<EventHub> events_;
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<HttpServer> http_;  // Before what it calls.
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, loop::Control& control, ServerHooks hooks,
                                              const Clock& clock, Random& random) {
  std::unique_ptr<UserStore> users = TRY(UserStore::open(options.data_directory, clock, random, options.sessions));
  auto server = std::make_unique<RunningServer>(std::move(options), control, std::move(users), clock, random);
  TRY(server->open(std::move(hooks)));
  return server;
}

}  // namespace capstan::serve
