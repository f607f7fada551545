// An HttpStreamer for tests: nothing is sent, and the test says what arrives, when it likes.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/http_stream.h"

namespace capstan {

// Thread-safe.
class FakeHttpStreamer final : public HttpStreamer {
 public:
  struct Call {
    HttpRequest request;
    std::shared_ptr<HttpStreamHandler> handler;
    bool dropped = false;
    int resumed = 0;
  };

  std::unique_ptr<HttpStream> open(HttpRequest request, std::shared_ptr<HttpStreamHandler> handler) override {
    std::lock_guard lock(mutex_);
    calls_.push_back(std::make_shared<Call>(Call{std::move(request), std::move(handler)}));
    return std::make_unique<Owner>(*this, calls_.back());
  }

  size_t count() const {
    std::lock_guard lock(mutex_);
    return calls_.size();
  }
  // The number-th, from 0.
  std::shared_ptr<Call> call(size_t number) const {
    std::lock_guard lock(mutex_);
    return calls_.at(number);
  }

 private:
  class Owner final : public HttpStream {
   public:
    Owner(FakeHttpStreamer& streamer, std::shared_ptr<Call> call) : streamer_(streamer), call_(std::move(call)) {}
    ~Owner() override {
      std::lock_guard lock(streamer_.mutex_);
      call_->dropped = true;
    }
    void resume() override {
      std::lock_guard lock(streamer_.mutex_);
      ++call_->resumed;
    }

   private:
    FakeHttpStreamer& streamer_;
    const std::shared_ptr<Call> call_;
  };

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Call>> calls_;
};

}  // namespace capstan
