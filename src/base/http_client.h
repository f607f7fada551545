// HTTP as a client speaks it: one request, one answer, with a limit on everything.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace capstan {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpTls {
  bool verify = true;            // Chain and host name of the server's certificate.
  std::string ca_file;           // PEM; "" for the system's authorities.
  std::string certificate_file;  // The client's own, PEM; "" for none.
  std::string key_file;
  // The same as text, which comes before a file: what is only in memory need never be on a disk.
  std::string ca_pem;
  std::string certificate_pem;
  std::string key_pem;
  std::string server_name;  // The name expected in the certificate where it is not the URL's host; "" for that.
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http or https; anything else is refused.
  HttpHeaders headers;
  std::string body;
  Duration connect_timeout{5'000};
  Duration timeout{10'000};              // For the whole exchange. A stream may have 0 for none.
  Duration idle_limit{0};                // Of a stream: no byte for so long ends it; 0 for none.
  size_t max_response_bytes = 16 << 20;  // After decompression.
  std::string username;                  // Basic authentication when not empty.
  std::string password;
  std::string bearer_token;       // Sent as "Authorization: Bearer …" when not empty.
  bool follow_redirects = false;  // At most ten; credentials never follow to another host.
  bool accept_compressed = true;
  std::string proxy;               // "http://proxy:3128"; "" for none,
  bool environment_proxy = false;  // or for what HTTPS_PROXY, http_proxy and NO_PROXY say.
  HttpTls tls;
  bool path_as_is = false;  // Keeps "/../" and "/./" in the path: they are names to some servers.
  std::string unix_socket;  // Connects to this socket in place of the URL's host; "" for TCP.
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;

  // The value of a header, names compared without case; "" when absent.
  std::string_view header(std::string_view name) const;
  bool ok() const { return status >= 200 && status < 300; }
};

// Thread-safe.
class HttpClient {
 public:
  virtual ~HttpClient() = default;

  // Any status is an answer, not an error. The errors tell whether the other side can have acted on the request:
  //   kInvalidArgument    the request cannot be sent as it is (URL, header, certificate file); it was not sent.
  //   kUnavailable        no connection: refused, no such host, TLS failed; it was not sent.
  //   kDeadlineExceeded   no complete answer in time; it may have been received.
  //   kCorrupt            the answer ended early or is not HTTP; it may have been received.
  //   kResourceExhausted  the answer is larger than the limit; it was received.
  //   kCancelled          `stop` was requested; it may have been received.
  // Messages name scheme, host and port only: paths, queries, headers and credentials may be secrets.
  virtual Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) = 0;
  Result<HttpResponse> send(const HttpRequest& request) { return send(request, std::stop_token()); }
};

// By libcurl. Connections are kept and used again for requests to the same origin.
class CurlHttpClient final : public HttpClient {
 public:
  CurlHttpClient();
  ~CurlHttpClient() override;
  CurlHttpClient(const CurlHttpClient&) = delete;
  CurlHttpClient& operator=(const CurlHttpClient&) = delete;

  using HttpClient::send;
  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) override;

 private:
  class Idle;
  std::unique_ptr<Idle> idle_;
};

// "https://example.org:8443" of a URL: what messages may show. Never its user, password, path or query.
std::string http_origin(std::string_view url);

}  // namespace capstan
