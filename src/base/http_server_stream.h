// The bytes of one connection of the HTTP server: as they are, or within TLS. An AsyncReadStream and AsyncWriteStream.
// Only http_server*.cc include this: it brings Asio and OpenSSL.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <memory>
#include <utility>

#include "base/http_server.h"

namespace capstan::http_server {

class Stream {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Plain = boost::beast::basic_stream<boost::asio::generic::stream_protocol>;
  using executor_type = Plain::executor_type;

  // Without a context: bytes as they are. The context must outlive the stream.
  Stream(Socket socket, boost::asio::ssl::context* tls) : plain_(std::make_unique<Plain>(std::move(socket))) {
    if (tls != nullptr) tls_ = std::make_unique<boost::asio::ssl::stream<Plain&>>(*plain_, *tls);
  }

  bool is_tls() const { return tls_ != nullptr; }
  executor_type get_executor() { return plain_->get_executor(); }
  Socket& socket() { return plain_->socket(); }
  void close() { plain_->close(); }
  void expires_after(Duration limit) { plain_->expires_after(limit); }
  void expires_never() { plain_->expires_never(); }

  template <class Handler>
  void async_handshake(Handler&& handler) {
    tls_->async_handshake(boost::asio::ssl::stream_base::server, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    tls_ ? tls_->async_read_some(buffers, std::forward<Handler>(handler))
         : plain_->async_read_some(buffers, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    tls_ ? tls_->async_write_some(buffers, std::forward<Handler>(handler))
         : plain_->async_write_some(buffers, std::forward<Handler>(handler));
  }

 private:
  std::unique_ptr<Plain> plain_;  // Does not move when this does: TLS refers to it.
  std::unique_ptr<boost::asio::ssl::stream<Plain&>> tls_;
};

// TLS 1.2 and later. Errors say what is wrong with which part.
Result<std::unique_ptr<boost::asio::ssl::context>> make_tls_context(const HttpServerTls& tls);

}  // namespace capstan::http_server
