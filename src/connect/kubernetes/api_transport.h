// One request to an API server and its answer: signed, tried again where the server asks for that, refusals made
// errors.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "base/http_client.h"
#include "base/result.h"
#include "connect/kubernetes/credentials.h"

namespace capstan::kubernetes {

// Waits so long; false when `stop` was requested meanwhile.
using Sleep = std::function<bool(Duration, const std::stop_token&)>;
bool sleep_unless_stopped(Duration time, const std::stop_token& stop);

struct ApiRequest {
  std::string method = "GET";
  std::string path;   // "/api/v1/pods"
  std::string query;  // "limit=500", encoded; "" for none.
  std::string content_type = "application/json";
  std::string body;
  HttpHeaders headers;
  Duration timeout{60'000};
  size_t max_response_bytes = 64 << 20;
};

// Thread-safe.
class ApiTransport {
 public:
  ApiTransport(HttpClient& http, Credentials& credentials, Sleep sleep = sleep_unless_stopped)
      : http_(http), credentials_(credentials), sleep_(std::move(sleep)) {}

  Credentials& credentials() { return credentials_; }

  // A success, or 304. Refusals are as `to_error` says; failures of the network as HttpClient does. Waits and tries
  // again, half a minute in all, when the server is too busy and says for how long (of changes, only when it says that
  // it did nothing); tries once more with new credentials when it does not know who asks.
  Result<HttpResponse> send(const ApiRequest& request, const std::stop_token& stop = {});

 private:
  Result<HttpResponse> send_once(const ApiRequest& request, uint64_t& proof, std::string& secret,
                                 const std::stop_token& stop);

  HttpClient& http_;
  Credentials& credentials_;
  const Sleep sleep_;
};

}  // namespace capstan::kubernetes
