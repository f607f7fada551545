// HTTP answers that are read as they arrive: those that never end, and those that are too large to hold.
#pragma once

#include <memory>
#include <string_view>

#include "base/http_client.h"

namespace capstan {

// What streams travel on.
enum class HttpConnections {
  kOwn,     // One for each answer under way.
  kShared,  // HTTP/2 where a server speaks it: hundreds of answers on one connection, none of which can be made to
            // wait.
};

// Who takes an answer. Called from one thread of the transport, in this order; must not block.
class HttpStreamHandler {
 public:
  virtual ~HttpStreamHandler() = default;
  // Once, before the first chunk: status and headers, with an empty body.
  virtual void on_head(HttpResponse head) = 0;
  // Any number of times. False: there is no room; nothing more comes until HttpStream::resume, then the same again. On
  // a shared connection that is the end instead: kResourceExhausted.
  virtual bool on_chunk(std::string_view chunk) = 0;
  // Exactly once, and the last: the answer is complete, or why it is not. Errors are those of HttpClient;
  // kDeadlineExceeded also when nothing came within the idle limit.
  virtual void on_end(Status status) = 0;
};

// One answer under way. Dropping it cancels: the handler is told kCancelled, perhaps after a few more chunks.
// Thread-safe.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  // There is room again. Of no effect when nothing was refused.
  virtual void resume() = 0;
};

// Thread-safe.
class HttpStreamer {
 public:
  virtual ~HttpStreamer() = default;
  // Returns at once; the handler may be told from within. `timeout` and `idle_limit` of the request hold, its
  // `max_response_bytes` does not: the handler sees what comes. Answers are never asked for compressed.
  virtual std::unique_ptr<HttpStream> open(HttpRequest request, std::shared_ptr<HttpStreamHandler> handler) = 0;
};

}  // namespace capstan
