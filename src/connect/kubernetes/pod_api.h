// What only pods have: they can be evicted, and their containers write logs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/http_stream.h"
#include "connect/kubernetes/api_client.h"
#include "connect/kubernetes/api_transport.h"

namespace capstan::kubernetes {

struct LogOptions {
  std::string container;                    // "" for the only one.
  std::optional<int64_t> tail_lines;        // Only the last so many.
  std::optional<Duration> since;            // Only those that are no older, in whole seconds.
  std::optional<Time> since_time;           // The same as a moment; not with `since`.
  bool timestamps = false;                  // Each line begins with when it was written.
  bool previous = false;                    // Of the container before the last restart.
  int64_t limit_bytes = int64_t{16} << 20;  // From the beginning of what was asked for; 0 for no limit.
};

// Thread-safe.
class PodApi {
 public:
  explicit PodApi(ApiTransport& transport) : transport_(transport) {}

  // Deletes the pod unless a disruption budget would be broken: that is kFailedPrecondition, and trying later may work.
  Status evict(const ObjectName& pod, const DeleteOptions& options = {}, const std::stop_token& stop = {}) const;

  Result<std::string> logs(const ObjectName& pod, const LogOptions& options, const std::stop_token& stop = {}) const;
  // The same and what comes after, until the container ends or the stream is dropped. The handler is told a refusal as
  // an answer with its status. `limit_bytes` is not heeded.
  Result<std::unique_ptr<HttpStream>> follow_logs(const ObjectName& pod, const LogOptions& options,
                                                  HttpStreamer& streamer, std::shared_ptr<HttpStreamHandler> handler,
                                                  const std::stop_token& stop = {});

 private:
  ApiTransport& transport_;
};

}  // namespace capstan::kubernetes
