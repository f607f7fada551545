// Holds what has arrived of an answer until somebody reads it, within a limit.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/http_stream.h"

namespace capstan::kubernetes {

// Thread-safe.
class AnswerIntake final : public HttpStreamHandler {
 public:
  // `arrived` is called whenever there is something to take; must not block.
  AnswerIntake(size_t limit_bytes, std::function<void()> arrived)
      : limit_bytes_(limit_bytes), arrived_(std::move(arrived)) {}

  struct Arrived {
    std::optional<HttpResponse> head;
    std::string bytes;
    std::optional<Status> end;  // Comes with the last bytes.
    bool was_full = false;      // The stream is to be resumed.
  };
  Arrived take();

  void on_head(HttpResponse head) override;
  bool on_chunk(std::string_view chunk) override;
  void on_end(Status status) override;

 private:
  const size_t limit_bytes_;
  const std::function<void()> arrived_;
  std::mutex mutex_;
  Arrived waiting_;
};

}  // namespace capstan::kubernetes
