#include "connect/kubernetes/api_transport.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "connect/kubernetes/api_status.h"

namespace capstan::kubernetes {
namespace {

constexpr Duration kLongestWait{30'000};  // In all, between the tries of one request.
constexpr int kMaxTries = 10;

// How long the server asks to wait, where another try is of use and can do no harm.
std::optional<Duration> wait_before_retry(const ApiRequest& request, const ApiStatus& status) {
  if (status.has_cause("DisruptionBudget")) return std::nullopt;  // That takes longer, and is for the caller to know.
  const bool not_done = status.code == 429;
  const bool harmless = request.method == "GET" && status.code >= 500;
  return not_done || harmless ? status.retry_after : std::nullopt;
}

// Some servers repeat what they were sent.
void take_out(std::string& message, const std::string& secret) {
  if (secret.empty()) return;
  for (size_t at = 0; (at = message.find(secret, at)) != std::string::npos; at += 3) {
    message.replace(at, secret.size(), "***");
  }
}

}  // namespace

bool sleep_unless_stopped(Duration time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

Result<HttpResponse> ApiTransport::send_once(const ApiRequest& request, uint64_t& proof, std::string& secret,
                                             const std::stop_token& stop) {
  HttpRequest http;
  http.method = request.method;
  http.url = credentials_.access().server + request.path + (request.query.empty() ? "" : "?" + request.query);
  http.headers = request.headers;
  if (http.headers.empty()) http.headers = {{"Accept", "application/json"}};
  http.body = request.body;
  if (!request.body.empty()) http.headers.emplace_back("Content-Type", request.content_type);
  http.timeout = request.timeout;
  http.max_response_bytes = request.max_response_bytes;
  proof = TRY(credentials_.sign(http, stop));
  secret = http.bearer_token.empty() ? http.password : http.bearer_token;
  return http_.send(http, stop);
}

Result<HttpResponse> ApiTransport::send(const ApiRequest& request, const std::stop_token& stop) {
  Duration waited{0};
  bool signed_anew = false;
  for (int tries = 1;; ++tries) {
    uint64_t proof = 0;
    std::string secret;
    HttpResponse response = TRY(send_once(request, proof, secret, stop));
    if (response.ok() || response.status == 304) return response;
    const ApiStatus status = read_api_status(response);
    if (status.code == 401 && !std::exchange(signed_anew, true) && credentials_.refused(proof)) continue;
    const std::optional<Duration> wait = wait_before_retry(request, status);
    if (!wait || waited + *wait > kLongestWait || tries >= kMaxTries) {
      Error error = to_error(status);
      take_out(error.message, secret);
      return fail(std::move(error));
    }
    waited += *wait;
    if (!sleep_(*wait, stop)) return fail(ErrorCode::kCancelled, "stopped while the API server was too busy");
  }
}

}  // namespace capstan::kubernetes
