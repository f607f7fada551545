// A WebSocket as a client speaks it, for one thread: messages of text, one after the other.
// Source: RFC 6455.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace capstan::slack {

struct WebSocketOptions {
  Duration connect_limit{10'000};  // For name, connection, TLS and handshake together.
  Duration silence_limit{60'000};  // A peer that answers no ping for so long is gone.
  size_t largest_message = 1 << 20;
  std::string ca_pem;  // Authorities to trust beside the system's; "" for those only.
};

// Not thread-safe. Errors name scheme, host and port only: the path and query are a ticket.
class WebSocket {
 public:
  // `url` is ws:// or wss://; the certificate of the latter must be its host's.
  static Result<std::unique_ptr<WebSocket>> connect(const std::string& url, const WebSocketOptions& options,
                                                    const std::stop_token& stop);
  virtual ~WebSocket() = default;

  // Waits for the next message, answering pings meanwhile. kUnavailable when the peer closed or is gone, kCancelled
  // when `stop` was requested.
  virtual Result<std::string> read(const std::stop_token& stop) = 0;
  virtual Status write(std::string_view text, const std::stop_token& stop) = 0;
  // Says goodbye, without waiting long for an answer.
  virtual void close() = 0;
};

}  // namespace capstan::slack
