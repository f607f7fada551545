// One connection of the HTTP server, and what all of them share. Only http_server*.cc include this: it brings Asio.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/byte_stream.h"
#include "base/http_server.h"
#include "base/worker_pool.h"

namespace capstan::http_server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

class Connection;

// Touched on the I/O thread only, but for `io`, which takes work from any thread.
struct Core {
  Core(HttpServerOptions given, HttpHandler& handler_given)
      : options(std::move(given)), handler(handler_given), stop_timer(io) {}

  const HttpServerOptions options;
  HttpHandler& handler;
  std::unordered_set<Connection*> connections;
  size_t buffered_bytes = 0;
  bool stopping = false;
  // Destroyed before what is above: handlers that never ran hold connections, which take themselves off the set.
  std::unique_ptr<asio::ssl::context> tls;  // For new connections; those that are there keep what they need of theirs.
  asio::io_context io{1};
  asio::steady_timer stop_timer;
  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<WorkerPool> reserved_workers;
};

// Lives as long as an operation of it is under way. All functions run on the I/O thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Core> core, ByteStream stream, HttpPeer peer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  // Answers the first request with 503, whatever it is.
  void start_refusing();
  // Ends at once when nothing is being answered, else after the answer.
  void begin_stop();
  // What is under way ends with an error soon, and with the last of it the connection.
  void close();

 private:
  friend class ConnectionSink;

  enum class State {
    kIdle,       // Nothing of a request is there; may be closed without a word.
    kReading,    // A request is arriving.
    kHandling,   // A worker has it; nothing is being read or written.
    kWriting,    // The answer is on its way.
    kStreaming,  // An answer without end; what arrives is thrown away.
    kDraining,   // Refused with unread input: closing at once would take the answer away from the client.
  };

  void shake_hands();
  void await_request();
  void read_head();
  void on_head(beast::error_code error);
  Status take_head();
  void admit();
  void read_body(size_t limit);
  void on_body(beast::error_code error);
  void dispatch();
  void respond(HttpServerResponse response);
  // Answers without a handler, then closes: the rest of the input cannot be trusted or is not wanted.
  void refuse(int status, std::string_view message);
  void refuse(HttpServerResponse response);
  template <class Message>
  void write(std::shared_ptr<Message> message, bool keep_alive);
  void write_response(HttpServerResponse response, bool keep_alive);
  void after_write(beast::error_code error, bool keep_alive);
  void drain(size_t left);

  void start_stream(HttpServerResponse response);
  void watch_stream();
  void queue_chunk(std::string text);
  void write_chunk();

  std::shared_ptr<Core> core_;
  ByteStream stream_;
  HttpPeer peer_;
  beast::flat_buffer buffer_;
  State state_ = State::kIdle;
  bool refusing_ = false;
  bool close_after_ = false;
  std::optional<http::request_parser<http::string_body>> parser_;
  HttpServerRequest request_;
  size_t reserved_bytes_ = 0;  // Of Core::buffered_bytes.

  std::deque<std::string> chunks_;  // The front one is being written.
  std::shared_ptr<struct SinkState> sink_;
};

}  // namespace capstan::http_server
