// An HttpClient for tests: a function answers, and every request is kept to be looked at.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "base/http_client.h"

namespace capstan {

// Thread-safe as long as the function is.
class FakeHttpClient final : public HttpClient {
 public:
  using Answer = std::function<Result<HttpResponse>(const HttpRequest&)>;
  explicit FakeHttpClient(Answer answer) : answer_(std::move(answer)) {}

  using HttpClient::send;
  Result<HttpResponse> send(const HttpRequest& request, const std::stop_token& stop) override {
    {
      std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped");
    return answer_(request);
  }

  std::vector<HttpRequest> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  Answer answer_;
  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;
};

}  // namespace capstan
