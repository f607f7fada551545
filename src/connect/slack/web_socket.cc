#include "connect/slack/web_socket.h"

#include <fmt/format.h>

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <optional>
#include <type_traits>

#include "base/http_client.h"

namespace capstan::slack {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using boost::system::error_code;
using Plain = beast::tcp_stream;
using Secure = beast::ssl_stream<beast::tcp_stream>;

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

template <class Transport>
class Connected final : public WebSocket {
 public:
  explicit Connected(Address address, const WebSocketOptions& options)
    requires std::is_same_v<Transport, Plain>
      : address_(std::move(address)), options_(options), socket_(io_) {}
  Connected(Address address, const WebSocketOptions& options, std::unique_ptr<asio::ssl::context> tls)
    requires std::is_same_v<Transport, Secure>
      : address_(std::move(address)), options_(options), tls_(std::move(tls)), socket_(io_, *tls_) {}

  Status open(const std::stop_token& stop) {
    // The limit is for all steps together.
    const auto end = std::chrono::steady_clock::now() + options_.connect_limit;
    const auto left = [&] { return std::chrono::duration_cast<Duration>(end - std::chrono::steady_clock::now()); };
    asio::ip::tcp::resolver resolver(io_);
    asio::ip::tcp::resolver::results_type places;
    TRY(run("finding", left(), stop, [&](auto done) {
      resolver.async_resolve(address_.host, address_.port, [&places, done](error_code error, auto found) {
        places = std::move(found);
        done(error);
      });
    }));
    TRY(run("connecting to", left(), stop, [&](auto done) {
      beast::get_lowest_layer(socket_).async_connect(places, [done](error_code error, const auto&) { done(error); });
    }));
    if constexpr (std::is_same_v<Transport, Secure>) TRY(secure(left(), stop));
    websocket::stream_base::timeout patience = websocket::stream_base::timeout::suggested(beast::role_type::client);
    patience.idle_timeout = options_.silence_limit;
    patience.keep_alive_pings = true;  // In the middle of the silence.
    socket_.set_option(patience);
    socket_.read_message_max(options_.largest_message);
    // RFC 9110, section 7.2: a port that goes without saying is not said; gateways tell names apart by the whole text.
    const bool usual = address_.port == (address_.secure ? "443" : "80");
    const std::string host = usual ? address_.host : address_.host + ":" + address_.port;
    return run("greeting", left(), stop, [&](auto done) {
      socket_.async_handshake(host, address_.target, [done](error_code error) { done(error); });
    });
  }

  Result<std::string> read(const std::stop_token& stop) override {
    beast::flat_buffer buffer;
    TRY(run("reading from", Duration::max(), stop,
            [&](auto done) { socket_.async_read(buffer, [done](error_code error, size_t) { done(error); }); }));
    return beast::buffers_to_string(buffer.data());
  }

  Status write(std::string_view text, const std::stop_token& stop) override {
    socket_.text(true);
    return run("writing to", kWriteLimit, stop, [&](auto done) {
      socket_.async_write(asio::buffer(text), [done](error_code error, size_t) { done(error); });
    });
  }

  void close() override {
    if (broken_) return;
    (void)run("leaving", kCloseLimit, {}, [&](auto done) {
      socket_.async_close(websocket::close_code::normal, [done](error_code error) { done(error); });
    });
  }

 private:
  Status secure(Duration limit, const std::stop_token& stop)
    requires std::is_same_v<Transport, Secure>
  {
    Secure& tls = socket_.next_layer();
    // One server serves many names: it has to be told which, and must prove that it is that one.
    SSL_set_tlsext_host_name(tls.native_handle(), address_.host.c_str());
    error_code error;
    tls.set_verify_callback(asio::ssl::host_name_verification(address_.host), error);
    if (error) return fail(ErrorCode::kInternal, "TLS: " + error.message());
    return run("encrypting to", limit, stop, [&](auto done) {
      tls.async_handshake(asio::ssl::stream_base::client, [done](error_code failed) { done(failed); });
    });
  }

  // Starts an operation and drives it to its end, in this thread. What is cut off leaves the socket of no use.
  template <class Start>
  Status run(std::string_view doing, Duration limit, const std::stop_token& stop, Start&& start) {
    if (broken_) return fail(ErrorCode::kUnavailable, address_.origin + ": the connection is closed");
    std::optional<error_code> ended;
    bool cut_off = false;
    start([&ended](error_code error) { ended = error; });
    io_.restart();
    const auto begun = std::chrono::steady_clock::now();
    while (!ended) {
      io_.run_one_for(kSlice);
      const bool late = limit != Duration::max() && std::chrono::steady_clock::now() - begun > limit;
      if (ended || cut_off || (!late && !stop.stop_requested())) continue;
      cut_off = true;
      beast::get_lowest_layer(socket_).close();
    }
    if (!*ended) return {};
    broken_ = true;
    beast::get_lowest_layer(socket_).close();
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped");
    return fail(ErrorCode::kUnavailable,
                fmt::format("{} {}: {}", doing, address_.origin, cut_off ? "no answer in time" : ended->message()));
  }

  const Address address_;
  const WebSocketOptions options_;
  std::unique_ptr<asio::ssl::context> tls_;  // Of a secure one only.
  asio::io_context io_;
  websocket::stream<Transport, false> socket_;  // Without compression: nobody offers it here.
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
  if (address.secure) {
    auto socket = std::make_unique<Connected<Secure>>(std::move(address), options, TRY(make_tls(options)));
    TRY(socket->open(stop));
    return socket;
  }
  auto socket = std::make_unique<Connected<Plain>>(std::move(address), options);
  TRY(socket->open(stop));
  return socket;
}

}  // namespace capstan::slack
