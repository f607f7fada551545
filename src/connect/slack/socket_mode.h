// Slack's socket mode: what people do in Slack arrives over a connection that Capstan opened, so that no public address
// is needed. Keeps one connection, answers every envelope at once, and drops what came twice.
// Source: Slack API documentation, "Using Socket Mode", "apps.connections.open".
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/http_client.h"
#include "base/random.h"
#include "connect/slack/interaction.h"
#include "connect/slack/request_check.h"
#include "connect/slack/web_socket.h"
#include "model/secret.h"

namespace capstan::slack {

class SocketMode {
 public:
  struct Parts {
    HttpClient& http;
    const Clock& clock;
    Random& random;
    // Called from the connection's thread with what was acknowledged; must return at once. False when there is no room:
    // the envelope is then not acknowledged, Slack tells the person that it did not work, and it may come again.
    std::function<bool(Door door, Json payload)> take;
    // How the connection is doing: "" while it stands, else what is wrong.
    std::function<void(std::string error)> report;
  };
  struct Options {
    Secret app_token;      // "xapp-…", with the scope connections:write.
    std::string base_url;  // https://slack.com/api but for tests.
    Duration first_wait{1'000};
    Duration longest_wait{60'000};
    WebSocketOptions socket;
  };
  // Runs from now on, on a thread of its own.
  SocketMode(Parts parts, Options options);
  // Ends within a second, but for a name server that does not answer.
  ~SocketMode() = default;

 private:
  void run(const std::stop_token& stop);
  // Until the connection ends. True when Slack only wants another one.
  Result<bool> serve(const std::stop_token& stop);
  Result<std::unique_ptr<WebSocket>> connect(const std::stop_token& stop);
  Status handle(WebSocket& socket, const Json& envelope, const std::stop_token& stop);
  void wait(const std::stop_token& stop);

  const Parts parts_;
  const Options options_;
  SeenBefore seen_;
  Duration wait_{0};
  std::jthread thread_;  // The last: it uses all of the others.
};

}  // namespace capstan::slack
