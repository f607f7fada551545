// The bytes of one connection: as they are, or within TLS. What Asio calls an AsyncReadStream and AsyncWriteStream.
// Only what Asio's own sources need (the HTTP server, a WebSocket) includes this: it brings Asio and OpenSSL.
//
// The types of handlers end here: were the machinery of TLS and of timers made for each of them, as Asio's own streams
// do it, a file that uses them would take minutes to compile.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/container/static_vector.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "base/time.h"

namespace capstan {

class ByteStream {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Plain = boost::beast::basic_stream<boost::asio::generic::stream_protocol>;
  using Tls = boost::asio::ssl::stream<Plain&>;
  using Error = boost::system::error_code;
  using executor_type = Plain::executor_type;

  // Without a context: bytes as they are. The context must outlive the stream.
  ByteStream(Socket socket, boost::asio::ssl::context* tls);

  // Null when the bytes are as they are.
  Tls* tls() const { return tls_.get(); }
  executor_type get_executor() { return plain_->get_executor(); }
  Socket& socket() { return plain_->socket(); }
  void close() { plain_->close(); }
  void expires_after(Duration limit) { plain_->expires_after(limit); }
  void expires_never() { plain_->expires_never(); }

  // Only of a stream with TLS.
  void async_handshake(boost::asio::ssl::stream_base::handshake_type side, std::move_only_function<void(Error)> done);
  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    // Some of the bytes are enough, so the first place that has room is.
    boost::asio::mutable_buffer room;
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto it = boost::asio::buffer_sequence_begin(buffers); it != end && room.size() == 0; ++it) room = *it;
    read_some(room, std::forward<Handler>(handler));
  }
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    Parts parts;
    const auto end = boost::asio::buffer_sequence_end(buffers);
    for (auto it = boost::asio::buffer_sequence_begin(buffers); it != end && parts.size() < kParts; ++it) {
      parts.push_back(*it);
    }
    write_some(parts, std::forward<Handler>(handler));
  }
  // Says the end of TLS, if any, and of what is sent.
  void async_end(std::move_only_function<void(Error)> done);

  // What Beast asks for of the stream below a WebSocket.
  template <class Handler>
  friend void async_teardown(boost::beast::role_type, ByteStream& stream, Handler&& handler) {
    stream.async_end(std::forward<Handler>(handler));
  }
  friend void beast_close_socket(ByteStream& stream) { stream.close(); }

 private:
  using Done = std::move_only_function<void(Error, size_t)>;
  // A head and a body leave in one packet.
  static constexpr size_t kParts = 16;
  using Parts = boost::container::static_vector<boost::asio::const_buffer, kParts>;
  void read_some(boost::asio::mutable_buffer room, Done done);
  void write_some(const Parts& parts, Done done);

  std::unique_ptr<Plain> plain_;  // Does not move when this does: TLS refers to it.
  std::unique_ptr<Tls> tls_;
};

}  // namespace capstan
