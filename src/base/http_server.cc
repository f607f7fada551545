#include "base/http_server.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <ranges>
#include <thread>

#include "base/file.h"
#include "base/http_server_connection.h"
#include "base/http_server_tls.h"
#include "base/log.h"

namespace capstan {
namespace {

using boost::system::error_code;
using http_server::Connection;
using http_server::Core;
namespace asio = boost::asio;
using asio::ip::tcp;
using Local = asio::local::stream_protocol;

// Connections beyond the limit that are still told so; those beyond that are closed without a word.
constexpr size_t kRefusedConnections = 64;
constexpr std::chrono::milliseconds kAcceptRetry{100};

std::unexpected<Error> cannot_listen(std::string_view address, const error_code& error) {
  const ErrorCode code = error == asio::error::address_in_use ? ErrorCode::kAlreadyExists : errno_code(error.value());
  return fail(code, fmt::format("cannot listen on {}: {}", address, error.message()));
}

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return fmt::format(fmt::runtime(endpoint.address().is_v6() ? "[{}]:{}" : "{}:{}"), address, endpoint.port());
}

struct HostPort {
  std::string host;
  uint16_t port = 0;
};

Result<HostPort> parse_listen(const std::string& text) {
  const auto expected = [&] {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("'{}' is no address to listen on: expected HOST:PORT, such as 127.0.0.1:9280 or [::1]:9280", text));
  };
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon + 1 == text.size()) return expected();
  HostPort parsed{text.substr(0, colon), 0};
  uint32_t port = 0;
  for (const char c : text.substr(colon + 1)) {
    if (c < '0' || c > '9' || port > 65535) return expected();
    port = port * 10 + static_cast<uint32_t>(c - '0');
  }
  if (port > 65535) return expected();
  parsed.port = static_cast<uint16_t>(port);
  if (parsed.host.starts_with('[') && parsed.host.ends_with(']')) {
    parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
  } else if (parsed.host.find(':') != std::string::npos) {
    return expected();
  }
  return parsed;
}

bool is_loopback(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

// Nothing when the other end went away meanwhile.
std::optional<HttpPeer> peer_of(const tcp::socket& socket) {
  error_code error;
  const tcp::endpoint endpoint = socket.remote_endpoint(error);
  if (error) return std::nullopt;
  return HttpPeer{endpoint.address().to_string(), is_loopback(endpoint.address()), std::nullopt};
}

std::optional<HttpPeer> peer_of(Local::socket& socket) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  return HttpPeer{"local", true, credentials.uid};
}

template <class Protocol>
class Listener : public std::enable_shared_from_this<Listener<Protocol>> {
 public:
  Listener(std::shared_ptr<Core> core, typename Protocol::acceptor acceptor)
      : core_(std::move(core)), acceptor_(std::move(acceptor)), retry_(core_->io) {}

  void accept() {
    acceptor_.async_accept([self = this->shared_from_this()](error_code error, typename Protocol::socket socket) {
      if (error == asio::error::operation_aborted || self->core_->stopping) return;
      if (error) return self->wait_and_accept(error);
      self->welcome(std::move(socket));
      self->accept();
    });
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
  }

 private:
  // Out of file descriptors, most likely: trying again at once would only burn time.
  void wait_and_accept(const error_code& error) {
    log::warning("base", fmt::format("cannot accept a connection: {}", error.message()));
    retry_.expires_after(kAcceptRetry);
    retry_.async_wait([self = this->shared_from_this()](error_code cancelled) {
      if (!cancelled) self->accept();
    });
  }

  void welcome(typename Protocol::socket socket) {
    const size_t limit = core_->options.connections;
    const size_t now = core_->connections.size();
    if (now >= limit + kRefusedConnections) return;
    std::optional<HttpPeer> peer = peer_of(socket);
    if (!peer) return;
    if constexpr (std::is_same_v<Protocol, tcp>) {
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
    }
    asio::ssl::context* tls = std::is_same_v<Protocol, tcp> ? core_->tls.get() : nullptr;
    auto connection =
        std::make_shared<Connection>(core_, ByteStream(ByteStream::Socket(std::move(socket)), tls), std::move(*peer));
    now < limit ? connection->start() : connection->start_refusing();
  }

  std::shared_ptr<Core> core_;
  typename Protocol::acceptor acceptor_;
  asio::steady_timer retry_;
};

Result<tcp::acceptor> open_tcp(asio::io_context& io, const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(io);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot_listen(to_text(endpoint), error);
  return acceptor;
}

// A socket file that nobody answers on is left from a crash; one that is answered belongs to a running Capstan.
Status remove_stale(asio::io_context& io, const std::filesystem::path& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return {};
  if (!S_ISSOCK(found.st_mode)) {
    return fail(ErrorCode::kAlreadyExists, fmt::format("{} exists and is not a socket", path.string()));
  }
  Local::socket probe(io);
  error_code error;
  probe.connect(Local::endpoint(path.string()), error);
  if (!error) return fail(ErrorCode::kAlreadyExists, fmt::format("another process serves {}", path.string()));
  if (error != asio::error::connection_refused) return cannot_listen(path.string(), error);
  if (::unlink(path.c_str()) != 0) {
    return fail(errno_code(errno), fmt::format("cannot remove the stale {}: {}", path.string(), errno_text(errno)));
  }
  return {};
}

Result<Local::acceptor> open_local(asio::io_context& io, const std::filesystem::path& path) {
  constexpr size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.string().size() > kLongest) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is too long for a socket: at most {} bytes", path.string(), kLongest));
  }
  TRY(remove_stale(io, path));
  Local::acceptor acceptor(io);
  error_code error;
  acceptor.open(Local(), error);
  // Linux gives the file the mode of the socket, so that it is never open to others, not even for a moment.
  if (!error && ::fchmod(acceptor.native_handle(), 0600) != 0) error.assign(errno, boost::system::system_category());
  if (!error) acceptor.bind(Local::endpoint(path.string()), error);
  if (!error && ::chmod(path.c_str(), 0600) != 0) error.assign(errno, boost::system::system_category());
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot_listen(path.string(), error);
  return acceptor;
}

class BeastServer final : public HttpServer {
 public:
  BeastServer(HttpServerOptions options, HttpHandler& handler)
      : core_(std::make_shared<Core>(std::move(options), handler)) {}
  ~BeastServer() override { BeastServer::stop(); }

  Status open() {
    if (core_->options.tls) core_->tls = TRY(http_server::make_tls_context(*core_->options.tls));
    for (const std::string& address : core_->options.listen) TRY(listen(address));
    if (!core_->options.unix_socket.empty()) {
      add<Local>(TRY(open_local(core_->io, core_->options.unix_socket)));
      owns_socket_ = true;
    }
    if (listeners_.empty()) return fail(ErrorCode::kInvalidArgument, "no address to listen on");
    const HttpServerOptions& options = core_->options;
    core_->workers = std::make_unique<WorkerPool>(options.workers, options.requests_waiting);
    core_->reserved_workers = std::make_unique<WorkerPool>(options.reserved_workers, options.requests_waiting);
    thread_ = std::jthread([core = core_] { core->io.run(); });
    return {};
  }

  const std::vector<std::string>& addresses() const override { return addresses_; }
  bool loopback_only() const override { return loopback_only_; }

  Status set_tls(const HttpServerTls& tls) override {
    if (!core_->options.tls) return fail(ErrorCode::kFailedPrecondition, "the server speaks no HTTPS");
    auto context = TRY(http_server::make_tls_context(tls));
    asio::post(core_->io, [core = core_, context = std::move(context)]() mutable { core->tls = std::move(context); });
    return {};
  }

  void stop() override {
    if (stopped_) return;
    stopped_ = true;
    asio::post(core_->io, [this] { begin_stop(); });
    if (thread_.joinable()) thread_.join();
    // Waits for what runs beyond the limit: nobody may call the handler after this.
    core_->workers.reset();
    core_->reserved_workers.reset();
    // What is left, because the limit was reached or nothing ever ran, ends here with errors.
    core_->io.restart();
    for (Connection* connection : core_->connections) connection->close();
    core_->io.run();
    if (owns_socket_) ::unlink(core_->options.unix_socket.c_str());
  }

 private:
  struct AnyListener {
    std::function<void()> close;
  };

  template <class Protocol>
  void add(typename Protocol::acceptor acceptor) {
    auto listener = std::make_shared<Listener<Protocol>>(core_, std::move(acceptor));
    listener->accept();
    listeners_.push_back({[listener] { listener->close(); }});
  }

  Status listen(const std::string& text) {
    const HostPort wanted = TRY(parse_listen(text));
    error_code error;
    tcp::resolver resolver(core_->io);
    const auto found = resolver.resolve(wanted.host, std::to_string(wanted.port),
                                        tcp::resolver::passive | tcp::resolver::numeric_service, error);
    if (error) return cannot_listen(text, error);
    uint16_t port = wanted.port;
    size_t opened = 0;
    Status problem;
    for (const auto& entry : found) {
      Result<tcp::acceptor> acceptor = open_tcp(core_->io, tcp::endpoint(entry.endpoint().address(), port));
      if (!acceptor) {
        // A name may have addresses that this machine lacks, such as ::1 where IPv6 is off.
        problem = fail(acceptor.error());
        if (acceptor.error().code == ErrorCode::kAlreadyExists) break;
        continue;
      }
      const tcp::endpoint chosen = acceptor->local_endpoint();
      port = chosen.port();
      addresses_.push_back(to_text(chosen));
      loopback_only_ = loopback_only_ && is_loopback(chosen.address());
      add<tcp>(std::move(*acceptor));
      ++opened;
    }
    if (!problem && (opened == 0 || problem.error().code == ErrorCode::kAlreadyExists)) return problem;
    return {};
  }

  // On the I/O thread.
  void begin_stop() {
    core_->stopping = true;
    for (const AnyListener& listener : listeners_) listener.close();
    listeners_.clear();
    if (core_->connections.empty()) return;
    core_->stop_timer.expires_after(core_->options.stop_limit);
    core_->stop_timer.async_wait([core = core_.get()](error_code cancelled) {
      if (!cancelled) core->io.stop();
    });
    for (Connection* connection : core_->connections) connection->begin_stop();
  }

  std::shared_ptr<Core> core_;
  std::vector<AnyListener> listeners_;
  std::vector<std::string> addresses_;
  bool loopback_only_ = true;
  bool owns_socket_ = false;
  bool stopped_ = false;
  std::jthread thread_;
};

}  // namespace

std::string_view HttpServerRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (boost::beast::iequals(key, name)) return value;
  }
  return "";
}

std::string_view HttpServerRequest::last_header(std::string_view name) const {
  for (const auto& [key, value] : std::views::reverse(headers)) {
    if (boost::beast::iequals(key, name)) return value;
  }
  return "";
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, HttpHandler& handler) {
  auto server = std::make_unique<BeastServer>(std::move(options), handler);
  TRY(server->open());
  return server;
}

}  // namespace capstan
