#include "base/http_server_connection.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <mutex>

#include "base/log.h"

namespace capstan::http_server {
namespace {

constexpr size_t kReadBytes = 16 << 10;
constexpr size_t kDrainBytes = 64 << 20;
constexpr std::chrono::seconds kDrainLimit{2};
constexpr char kTlsHandshake = 0x16;  // The first byte of a TLS client.

HttpServerResponse call(HttpHandler& handler, const HttpServerRequest& request) {
  try {
    return handler.handle(request);
  } catch (const std::exception& e) {
    log::error("base", fmt::format("{} {}: {}", request.method, request.target.path, e.what()));
    return handler.refuse(500, "the request could not be answered");
  }
}

template <class Body>
std::shared_ptr<http::response<Body>> head_of(const HttpServerResponse& response, unsigned version) {
  auto message = std::make_shared<http::response<Body>>();
  message->version(version);
  message->result(static_cast<unsigned>(response.status));
  for (const auto& [name, value] : response.headers) message->insert(name, value);
  return message;
}

}  // namespace

Connection::Connection(std::shared_ptr<Core> core, ByteStream stream, HttpPeer peer)
    : core_(std::move(core)),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      buffer_(core_->options.header_bytes + (64 << 10)) {
  core_->connections.insert(this);
}

Connection::~Connection() {
  core_->connections.erase(this);
  core_->buffered_bytes -= reserved_bytes_;
  if (core_->stopping && core_->connections.empty()) core_->stop_timer.cancel();
}

void Connection::start() { stream_.tls() != nullptr ? shake_hands() : await_request(); }

void Connection::start_refusing() {
  refusing_ = true;
  start();
}

void Connection::shake_hands() {
  state_ = State::kReading;
  stream_.expires_after(core_->options.header_limit);
  stream_.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](beast::error_code error) {
    if (!error) self->await_request();
  });
}

void Connection::begin_stop() {
  close_after_ = true;
  if (state_ == State::kIdle || state_ == State::kReading || state_ == State::kStreaming) close();
}

void Connection::await_request() {
  if (close_after_) return close();
  state_ = State::kIdle;
  request_ = {};
  if (buffer_.size() > 0) return read_head();
  stream_.expires_after(refusing_ ? core_->options.header_limit : core_->options.idle_limit);
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this()](beast::error_code error, size_t got) {
                            if (error) return;
                            self->buffer_.commit(got);
                            self->read_head();
                          });
}

void Connection::read_head() {
  state_ = State::kReading;
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(core_->options.header_bytes));
  parser_->body_limit(boost::none);  // Known when the head is.
  if (stream_.tls() == nullptr && static_cast<const char*>(buffer_.cdata().data())[0] == kTlsHandshake) {
    return refuse(400, "this address speaks HTTP, not HTTPS");
  }
  stream_.expires_after(core_->options.header_limit);
  http::async_read_header(stream_, buffer_, *parser_,
                          [self = shared_from_this()](beast::error_code error, size_t) { self->on_head(error); });
}

void Connection::on_head(beast::error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return refuse(431, fmt::format("the head of the request is larger than {} bytes", core_->options.header_bytes));
  }
  if (error && error.category() == make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message) {
    return refuse(400, fmt::format("not an HTTP/1.1 request: {}", error.message()));
  }
  if (error) return;  // Gone, or too slow.
  if (refusing_) return refuse(503, "too many connections");
  if (const Status taken = take_head(); !taken) {
    return refuse(taken.error().code == ErrorCode::kResourceExhausted ? 431 : 400, taken.error().message);
  }
  admit();
}

Status Connection::take_head() {
  const auto& head = parser_->get();
  if (head.version() != 10 && head.version() != 11) {
    return fail(ErrorCode::kInvalidArgument, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  }
  request_.method = std::string(head.method_string());
  request_.target = TRY(parse_target(std::string_view(head.target().data(), head.target().size())));
  request_.peer = peer_;
  size_t hosts = 0;
  for (const auto& field : head) {
    if (field.name() == http::field::host) ++hosts;
    request_.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  if (hosts > 1 || (hosts == 0 && head.version() == 11)) {
    return fail(ErrorCode::kInvalidArgument, "expected exactly one Host header");
  }
  return {};
}

void Connection::admit() {
  const auto limit = core_->handler.admit(request_);
  if (!limit) return refuse(limit.error());
  const boost::optional<uint64_t> announced = parser_->content_length();
  if (announced && *announced > *limit) {
    return refuse(413, fmt::format("the body is {} bytes, more than the limit of {}", *announced, *limit));
  }
  const size_t needed = announced ? static_cast<size_t>(*announced) : parser_->chunked() ? *limit : 0;
  if (core_->buffered_bytes + needed > core_->options.buffered_bytes) {
    return refuse(503, "too many large bodies are arriving at once; try again later");
  }
  reserved_bytes_ = needed;
  core_->buffered_bytes += needed;
  if (parser_->is_done()) return dispatch();
  read_body(*limit);
}

void Connection::read_body(size_t limit) {
  parser_->body_limit(limit);
  stream_.expires_after(core_->options.body_limit);
  auto read = [self = shared_from_this()] {
    http::async_read(self->stream_, self->buffer_, *self->parser_,
                     [self](beast::error_code error, size_t) { self->on_body(error); });
  };
  if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return read();
  // Clients with large bodies wait to be told that it is welcome.
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(kContinue), [read](beast::error_code error, size_t) {
    if (!error) read();
  });
}

void Connection::on_body(beast::error_code error) {
  if (error == http::error::body_limit) return refuse(413, "the body is larger than the limit");
  if (error == http::error::end_of_stream || error == http::error::partial_message) return;
  if (error && error.category() == make_error_code(http::error::bad_method).category()) {
    return refuse(400, fmt::format("not an HTTP/1.1 body: {}", error.message()));
  }
  if (error) return;
  request_.body = std::move(parser_->get().body());
  dispatch();
}

void Connection::dispatch() {
  state_ = State::kHandling;
  stream_.expires_never();
  WorkerPool& workers = *(core_->handler.is_reserved(request_) ? core_->reserved_workers : core_->workers);
  // The connection goes back to the I/O thread with the answer: it must not be destroyed on a worker.
  const bool accepted = workers.try_run([self = shared_from_this()]() mutable {
    HttpServerResponse response = call(self->core_->handler, self->request_);
    asio::io_context& io = self->core_->io;
    asio::post(
        io, [self = std::move(self), response = std::move(response)]() mutable { self->respond(std::move(response)); });
  });
  if (!accepted) respond(core_->handler.refuse(503, "too many requests are waiting; try again later"));
}

void Connection::respond(HttpServerResponse response) {
  if (response.stream && request_.method != "HEAD") return start_stream(std::move(response));
  const bool keep_alive = parser_->get().keep_alive() && !close_after_ && !core_->stopping;
  write_response(std::move(response), keep_alive);
}

void Connection::refuse(int status, std::string_view message) { refuse(core_->handler.refuse(status, message)); }

void Connection::refuse(HttpServerResponse response) { write_response(std::move(response), false); }

void Connection::write_response(HttpServerResponse response, bool keep_alive) {
  const unsigned version = parser_ && parser_->is_header_done() ? parser_->get().version() : 11;
  const bool bodiless = response.status == 204 || response.status == 304;
  if (bodiless || request_.method == "HEAD") {
    auto message = head_of<http::empty_body>(response, version);
    if (!bodiless && !response.stream) message->content_length(response.body.size());
    return write(std::move(message), keep_alive);
  }
  auto message = head_of<http::string_body>(response, version);
  message->body() = std::move(response.body);
  message->content_length(message->body().size());
  write(std::move(message), keep_alive);
}

template <class Message>
void Connection::write(std::shared_ptr<Message> message, bool keep_alive) {
  state_ = State::kWriting;
  message->keep_alive(keep_alive);
  stream_.expires_after(core_->options.write_limit);
  Message& sent = *message;
  http::async_write(stream_, sent,
                    [self = shared_from_this(), message = std::move(message), keep_alive](
                        beast::error_code error, size_t) { self->after_write(error, keep_alive); });
}

void Connection::after_write(beast::error_code error, bool keep_alive) {
  core_->buffered_bytes -= std::exchange(reserved_bytes_, 0);
  if (error) return;
  if (keep_alive) return await_request();
  state_ = State::kDraining;
  beast::error_code ignored;
  stream_.socket().shutdown(ByteStream::Socket::shutdown_send, ignored);
  stream_.expires_after(kDrainLimit);
  if (!core_->stopping) drain(kDrainBytes);
}

void Connection::drain(size_t left) {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadBytes),
                          [self = shared_from_this(), left](beast::error_code error, size_t got) {
                            if (!error && got < left) self->drain(left - got);
                          });
}

void Connection::close() { stream_.close(); }

// Shared by a connection and the sinks made of it.
struct SinkState {
  std::mutex mutex;
  bool open = true;
  size_t waiting_bytes = 0;
};

class ConnectionSink final : public StreamSink {
 public:
  ConnectionSink(std::shared_ptr<Core> core, std::weak_ptr<Connection> connection, std::shared_ptr<SinkState> state)
      : core_(std::move(core)), connection_(std::move(connection)), state_(std::move(state)) {}

  bool send(std::string text) override {
    {
      std::lock_guard lock(state_->mutex);
      if (!state_->open) return false;
      state_->waiting_bytes += text.size();
      if (state_->waiting_bytes > core_->options.stream_buffer_bytes) state_->open = false;
    }
    if (!is_open()) {
      close();
      return false;
    }
    // Locked on the I/O thread only, so that the connection dies there.
    asio::post(core_->io, [connection = connection_, text = std::move(text)]() mutable {
      if (auto alive = connection.lock()) alive->queue_chunk(std::move(text));
    });
    return true;
  }

  bool is_open() const override {
    std::lock_guard lock(state_->mutex);
    return state_->open;
  }

  void close() override {
    {
      std::lock_guard lock(state_->mutex);
      state_->open = false;
    }
    asio::post(core_->io, [connection = connection_] {
      if (auto alive = connection.lock()) alive->close();
    });
  }

 private:
  std::shared_ptr<Core> core_;
  std::weak_ptr<Connection> connection_;
  std::shared_ptr<SinkState> state_;
};

// The end of such an answer is the end of the connection, so it needs no length and no chunks.
void Connection::start_stream(HttpServerResponse response) {
  if (core_->stopping) return refuse(503, "stopping");
  state_ = State::kStreaming;
  sink_ = std::make_shared<SinkState>();
  auto message = head_of<http::empty_body>(response, 11);
  message->keep_alive(false);
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, std::string(message->reason()));
  for (const auto& field : *message) {
    head += fmt::format("{}: {}\r\n", std::string(field.name_string()), std::string(field.value()));
  }
  queue_chunk(head + "\r\n");
  watch_stream();
  response.stream(std::make_shared<ConnectionSink>(core_, weak_from_this(), sink_));
}

// The only way to learn that the client has gone. Holds the connection until then.
void Connection::watch_stream() {
  buffer_.clear();
  stream_.expires_never();
  stream_.async_read_some(buffer_.prepare(kReadBytes), [self = shared_from_this()](beast::error_code error, size_t) {
    if (!error) return self->watch_stream();
    {
      std::lock_guard lock(self->sink_->mutex);
      self->sink_->open = false;
    }
    self->close();
  });
}

void Connection::queue_chunk(std::string text) {
  chunks_.push_back(std::move(text));
  if (chunks_.size() == 1) write_chunk();
}

void Connection::write_chunk() {
  stream_.expires_after(core_->options.write_limit);  // Of the write only: a read is under way and keeps its own.
  asio::async_write(stream_, asio::buffer(chunks_.front()),
                    [self = shared_from_this()](beast::error_code error, size_t) {
                      if (error) return self->close();
                      {
                        std::lock_guard lock(self->sink_->mutex);
                        const size_t written = self->chunks_.front().size();
                        self->sink_->waiting_bytes -= std::min(written, self->sink_->waiting_bytes);
                      }
                      self->chunks_.pop_front();
                      if (!self->chunks_.empty()) self->write_chunk();
                    });
}

}  // namespace capstan::http_server
