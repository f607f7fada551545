// Many HTTP requests under way at once on one thread: for those who ask a thousand counterparts, of which some hang.
#pragma once

#include <functional>
#include <memory>

#include "base/http_client.h"
#include "base/http_stream.h"

namespace capstan {

// Thread-safe.
class HttpFetcher {
 public:
  virtual ~HttpFetcher() = default;

  using Done = std::function<void(Result<HttpResponse>)>;
  // Returns at once. `done` is called exactly once, from another thread or from within; it must not block. Errors are
  // those of HttpClient, and kResourceExhausted when too many requests wait.
  virtual void start(HttpRequest request, Done done) = 0;
};

// By libcurl's multi interface. Connections are kept and used again.
class CurlHttpFetcher final : public HttpFetcher, public HttpStreamer {
 public:
  // Beyond `max_in_flight` requests and streams under way, further ones are refused.
  explicit CurlHttpFetcher(size_t max_in_flight = 10'000, HttpConnections connections = HttpConnections::kOwn);
  // What is under way ends as kCancelled.
  ~CurlHttpFetcher() override;
  CurlHttpFetcher(const CurlHttpFetcher&) = delete;
  CurlHttpFetcher& operator=(const CurlHttpFetcher&) = delete;

  void start(HttpRequest request, Done done) override;
  // The stream may outlive the fetcher.
  std::unique_ptr<HttpStream> open(HttpRequest request, std::shared_ptr<HttpStreamHandler> handler) override;

 private:
  class Transfers;
  std::unique_ptr<Transfers> transfers_;
};

}  // namespace capstan
