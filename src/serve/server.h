// Capstan as others reach it: the API, the page, login and live updates, on TCP and on the local socket.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/http_server.h"
#include "base/random.h"
#include "loop/control.h"
#include "model/chat.h"
#include "serve/event_hub.h"
#include "serve/prometheus_routes.h"
#include "serve/slack_routes.h"
#include "serve/user_store.h"

namespace capstan::serve {

struct ServerOptions {
  std::vector<std::string> listen = {"127.0.0.1:9280"};  // As HttpServerOptions::listen.
  std::filesystem::path data_directory;                  // Of users.db and capstan.sock.
  std::vector<std::string> allowed_hosts;                // Names beside localhost that a Host header may have.
  bool secure_cookie = false;                            // Where a proxy serves the page by https.
  std::string version;
  HttpServerOptions limits;  // Its addresses are ignored.
  SessionLimits sessions;
  EventLimits events;
};

struct ServerHooks {
  PrometheusApi prometheus;
  RemoteWrite remote_write;
  SlackDelivery slack = {};
};

class Server {
 public:
  // Serves from the moment it returns. What is passed by reference must outlive the server.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, loop::Control& control, ServerHooks hooks,
                                               const Clock& clock, Random& random);
  virtual ~Server() = default;

  // "127.0.0.1:9280": the first address, with the port that was chosen.
  virtual const std::string& address() const = 0;
  virtual const std::filesystem::path& socket() const = 0;
  // For the first administrator, to be printed once; "" when there is one.
  virtual const std::string& setup_token() const = 0;
  // The routing table, for those who check all of it.
  virtual const std::vector<Route>& routes() const = 0;
  // What somebody in a chat asked, answered with the rights of the user they are linked to. Thread-safe.
  virtual ChatAnswer answer_chat(const ChatRequest& request) const = 0;
  // Ends streams, lets running requests finish. Nothing calls `control` or the hooks afterwards.
  virtual void stop() = 0;
};

}  // namespace capstan::serve
