#include "base/byte_stream.h"

#include <boost/asio/post.hpp>

namespace capstan {

ByteStream::ByteStream(Socket socket, boost::asio::ssl::context* tls)
    : plain_(std::make_unique<Plain>(std::move(socket))) {
  if (tls != nullptr) tls_ = std::make_unique<Tls>(*plain_, *tls);
}

void ByteStream::async_handshake(boost::asio::ssl::stream_base::handshake_type side,
                                 std::move_only_function<void(Error)> done) {
  tls_->async_handshake(side, std::move(done));
}

void ByteStream::read_some(boost::asio::mutable_buffer room, Done done) {
  tls_ ? tls_->async_read_some(room, std::move(done)) : plain_->async_read_some(room, std::move(done));
}

void ByteStream::write_some(const Parts& parts, Done done) {
  tls_ ? tls_->async_write_some(parts, std::move(done)) : plain_->async_write_some(parts, std::move(done));
}

void ByteStream::async_end(std::move_only_function<void(Error)> done) {
  if (tls_) return tls_->async_shutdown(std::move(done));
  Error error;
  socket().shutdown(Socket::shutdown_send, error);
  boost::asio::post(get_executor(), [done = std::move(done), error]() mutable { done(error); });
}

}  // namespace capstan
