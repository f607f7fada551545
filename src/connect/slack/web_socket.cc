#include "connect/slack/web_socket.h"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <optional>

#include "base/byte_stream.h"

namespace capstan::slack {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

// How often a wait looks whether it should end.
constexpr auto kSlice = std::chrono::milliseconds(50);
constexpr Duration kCloseLimit{500};
constexpr Duration kWriteLimit{5'000};

struct Address {
  bool secure = false;
  std::string host;
  std::string port;
  std::string target;
  std::string origin;  // What errors say.
};

Result<Address> read_address(const std::string& url) {
  Address address;
  std::string_view rest = url;
  if (rest.starts_with("wss://")) {
    address.secure = true;
    rest.remove_prefix(6);
  } else if (rest.starts_with("ws://")) {
    rest.remove_prefix(5);
  } else {
    return fail(ErrorCode::kInvalidArgument, "the address of the socket is neither ws:// nor wss://");
  }
  const size_t path = rest.find_first_of("/?");
  const std::string_view authority = rest.substr(0, path);
  if (path != std::string_view::npos) address.target = rest.substr(path);
  if (!address.target.starts_with('/')) address.target = "/" + address.target;
  const size_t colon = authority.rfind(':');
  address.host = authority.substr(0, colon);
  address.port = colon == std::string_view::npos ? (address.secure ? "443" : "80") : authority.substr(colon + 1);
  if (address.host.empty() || address.port.empty() || authority.find('@') != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "the address of the socket has no host that can be read");
  }
  address.origin = fmt::format("{}://{}:{}", address.secure ? "wss" : "ws", address.host, address.port);
  return address;
}

class Connected final : public WebSocket {
 public:
  // Without `tls`: bytes as they are.
  Connected(Address address, const WebSocketOptions& options, std::unique_ptr<asio::ssl::context> tls)
      : address_(std::move(address)), options_(options), tls_(std::move(tls)), tcp_(io_) {}

  Status open(const std::stop_token& stop) {
    // The limit is for all steps together.
    const auto end = std::chrono::steady_clock::now() + options_.connect_limit;
    const auto left = [&] { return std::chrono::duration_cast<Duration>(end - std::chrono::steady_clock::now()); };
    tcp::resolver resolver(io_);
    tcp::resolver::results_type places;
    TRY(run("finding", left(), stop, [&](auto done) {
      resolver.async_resolve(address_.host, address_.port, [&places, done](error_code error, auto found) {
        places = std::move(found);
        done(error);
      });
    }));
    TRY(run("connecting to", left(), stop, [&](auto done) {
      asio::async_connect(tcp_, places, [done](error_code error, const auto&) { done(error); });
    }));
    socket_.emplace(ByteStream::Socket(std::move(tcp_)), tls_.get());
    if (tls_) TRY(secure(left(), stop));
    websocket::stream_base::timeout patience = websocket::stream_base::timeout::suggested(beast::role_type::client);
    patience.idle_timeout = options_.silence_limit;
    patience.keep_alive_pings = true;  // In the middle of the silence.
    socket_->set_option(patience);
    socket_->read_message_max(options_.largest_message);
    // RFC 9110, section 7.2: a port that goes without saying is not said; gateways tell names apart by the whole text.
    const bool usual = address_.port == (address_.secure ? "443" : "80");
    const std::string host = usual ? address_.host : address_.host + ":" + address_.port;
    return run("greeting", left(), stop, [&](auto done) { socket_->async_handshake(host, address_.target, done); });
  }

  Result<std::string> read(const std::stop_token& stop) override {
    beast::flat_buffer buffer;
    TRY(run("reading from", Duration::max(), stop,
            [&](auto done) { socket_->async_read(buffer, [done](error_code error, size_t) { done(error); }); }));
    return beast::buffers_to_string(buffer.data());
  }

  Status write(std::string_view text, const std::stop_token& stop) override {
    socket_->text(true);
    return run("writing to", kWriteLimit, stop, [&](auto done) {
      socket_->async_write(asio::buffer(text), [done](error_code error, size_t) { done(error); });
    });
  }

  void close() override {
    if (broken_) return;
    (void)run("leaving", kCloseLimit, {},
              [&](auto done) { socket_->async_close(websocket::close_code::normal, done); });
  }

 private:
  Status secure(Duration limit, const std::stop_token& stop) {
    ByteStream::Tls& tls = *socket_->next_layer().tls();
    // One server serves many names: it has to be told which, and must prove that it is that one.
    SSL_set_tlsext_host_name(tls.native_handle(), address_.host.c_str());
    error_code error;
    tls.set_verify_callback(asio::ssl::host_name_verification(address_.host), error);
    if (error) return fail(ErrorCode::kInternal, "TLS: " + error.message());
    return run("encrypting to", limit, stop,
               [&](auto done) { socket_->next_layer().async_handshake(asio::ssl::stream_base::client, done); });
  }

  void cut_off() {
    error_code ignored;
    socket_ ? socket_->next_layer().close() : void(tcp_.close(ignored));
  }

  // Starts an operation and drives it to its end, in this thread. What is cut off leaves the socket of no use.
  template <class Start>
  Status run(std::string_view doing, Duration limit, const std::stop_token& stop, Start&& start) {
    if (broken_) return fail(ErrorCode::kUnavailable, address_.origin + ": the connection is closed");
    std::optional<error_code> ended;
    bool cut = false;
    start([&ended](error_code error) { ended = error; });
    io_.restart();
    const auto begun = std::chrono::steady_clock::now();
    while (!ended) {
      io_.run_one_for(kSlice);
      const bool late = limit != Duration::max() && std::chrono::steady_clock::now() - begun > limit;
      if (ended || cut || (!late && !stop.stop_requested())) continue;
      cut = true;
      cut_off();
    }
    if (!*ended) return {};
    broken_ = true;
    cut_off();
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped");
    return fail(ErrorCode::kUnavailable,
                fmt::format("{} {}: {}", doing, address_.origin, cut ? "no answer in time" : ended->message()));
  }

  const Address address_;
  const WebSocketOptions options_;
  std::unique_ptr<asio::ssl::context> tls_;  // Of a secure one only.
  asio::io_context io_;
  tcp::socket tcp_;  // Until it is connected.
  // Without compression: nobody offers it here.
  std::optional<websocket::stream<ByteStream, false>> socket_;
  bool broken_ = false;
};

Result<std::unique_ptr<asio::ssl::context>> make_tls(const WebSocketOptions& options) {
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  error_code error;
  tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                   asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
  tls->set_default_verify_paths(error);
  if (!error && !options.ca_pem.empty()) tls->add_certificate_authority(asio::buffer(options.ca_pem), error);
  if (!error) tls->set_verify_mode(asio::ssl::verify_peer, error);
  if (error) return fail(ErrorCode::kInvalidArgument, "the authorities of certificates: " + error.message());
  return tls;
}

}  // namespace

Result<std::unique_ptr<WebSocket>> WebSocket::connect(const std::string& url, const WebSocketOptions& options,
                                                      const std::stop_token& stop) {
  Address address = TRY(read_address(url));
  std::unique_ptr<asio::ssl::context> tls;
  if (address.secure) tls = TRY(make_tls(options));
  auto socket = std::make_unique<Connected>(std::move(address), options, std::move(tls));
  TRY(socket->open(stop));
  return socket;
}

}  // namespace capstan::slack
