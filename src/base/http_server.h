// HTTP/1.1 as a server speaks it, over TCP and a Unix socket, with a limit on everything a client can send or hold.
#pragma once

#include <sys/types.h>

#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_client.h"
#include "base/result.h"
#include "base/time.h"
#include "base/url.h"

namespace capstan {

struct HttpPeer {
  std::string address;       // "127.0.0.1", "2001:db8::1"; "local" on the Unix socket.
  bool loopback = false;     // It is this machine.
  std::optional<uid_t> uid;  // Who the kernel says is at the other end of the Unix socket.
};

struct HttpServerRequest {
  std::string method;
  RequestTarget target;
  HttpHeaders headers;
  std::string body;
  HttpPeer peer;

  // The value of a header, names compared without case; "" when absent.
  std::string_view header(std::string_view name) const;
  // Where it comes several times: `header` is the first one.
  std::string_view last_header(std::string_view name) const;
};

// The way into an answer that has no end. Thread-safe; may outlive the connection and the server.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  // False when the client is gone, or reads so slowly that `stream_buffer_bytes` wait: it is then disconnected.
  virtual bool send(std::string text) = 0;
  virtual bool is_open() const = 0;
  virtual void close() = 0;
};

struct HttpServerResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;
  // When set, `body` is ignored: called once, on the I/O thread, and must return at once.
  std::function<void(std::shared_ptr<StreamSink>)> stream;
};

// What a server asks while it serves.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  // How many bytes the body may have, or the answer that refuses it unread. Called on the I/O thread when only the head
  // of the request is there; must return at once.
  virtual std::expected<size_t, HttpServerResponse> admit(const HttpServerRequest& head) = 0;
  // Whether the request is for the reserved workers: one of those that are quickly answered, and must be whatever the
  // others do. Called on the I/O thread when all of the request is there; must return at once.
  virtual bool is_reserved(const HttpServerRequest&) { return false; }
  // Called on a worker, by several at once. HEAD requests arrive as such; the server drops the body of the answer.
  virtual HttpServerResponse handle(const HttpServerRequest& request) = 0;
  // The answer to what is not HTTP, too large, or too much. Called on the I/O thread.
  virtual HttpServerResponse refuse(int status, std::string_view message) = 0;
};

// All as text in PEM.
struct HttpServerTls {
  std::string certificate_pem;  // With those between it and its authority.
  std::string key_pem;
  std::string client_ca_pem;  // Clients need a certificate of this authority; "" for any client.

  bool operator==(const HttpServerTls&) const = default;
};

struct HttpServerOptions {
  // "127.0.0.1:9280", "[::1]:0", "localhost:9280" (all addresses of the name), ":9280" (all of this machine). Port 0
  // lets the system choose.
  std::vector<std::string> listen;
  std::filesystem::path unix_socket;  // Made with mode 0600; a stale one is replaced. "" for none.

  std::optional<HttpServerTls> tls;  // HTTPS, on all addresses but the Unix socket.

  size_t header_bytes = 16 << 10;          // Beyond: 431.
  size_t connections = 256;                // Beyond: 503.
  size_t workers = 4;                      // Threads that run the handler.
  size_t reserved_workers = 2;             // More of them, for what is reserved.
  size_t requests_waiting = 64;            // For a worker of either sort; beyond: 503.
  size_t buffered_bytes = 128 << 20;       // Of all bodies held at once; beyond: 503.
  size_t stream_buffer_bytes = 256 << 10;  // Waiting to be read by the client of one stream.

  Duration idle_limit{60'000};    // Between two requests of a connection.
  Duration header_limit{10'000};  // From a request's first byte to the end of its head.
  Duration body_limit{60'000};
  Duration write_limit{60'000};  // For one answer, or one write to a stream.
  Duration stop_limit{10'000};   // For what runs when the server stops.
};

class HttpServer {
 public:
  // Serves from the moment it returns. `handler` must outlive the server. Errors name the address.
  static Result<std::unique_ptr<HttpServer>> start(HttpServerOptions options, HttpHandler& handler);

  // Stops if nobody did.
  virtual ~HttpServer() = default;

  // "127.0.0.1:41234", "[::1]:41234": where it listens, with the port that was chosen.
  virtual const std::vector<std::string>& addresses() const = 0;
  // True when every address is of the loopback interface.
  virtual bool loopback_only() const = 0;

  // Takes another certificate for the connections that begin from now on. An error leaves the one it has. Thread-safe;
  // only of a server that was started with one.
  virtual Status set_tls(const HttpServerTls& tls) = 0;

  // Takes no more requests, lets those that run finish within `stop_limit`, ends streams. Returns when no call of the
  // handler is running. Not from a handler.
  virtual void stop() = 0;
};

}  // namespace capstan
