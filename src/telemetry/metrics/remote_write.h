// Prometheus remote write 1.0: a snappy block of a protocol buffer `prometheus.WriteRequest`, as its specification
// (prometheus.io/docs/specs/prw/remote_write_spec) publishes it. Only labels and samples are read.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/sample.h"
#include "telemetry/metrics/head.h"

namespace capstan::telemetry {

struct RemoteWriteLimits {
  size_t compressed_bytes = 16 << 20;
  size_t decompressed_bytes = 64 << 20;
  size_t samples = 1'000'000;
  size_t labels = 2'000'000;  // Of all series together: a label takes ten times the room of its shortest encoding.
  size_t series_labels = HeadLimits().labels;
};

struct RemoteWriteRequest {
  std::vector<Series> series;
  size_t samples = 0;  // Of all series together.
  size_t labels = 0;
  // Of the first series that was left out for having too many labels; the others are there.
  std::optional<Error> left_out;
  // What was sent besides and left out.
  size_t metadata = 0;
  size_t exemplars = 0;
  size_t histograms = 0;
};

// kInvalidArgument for what is no such request (the message says what and where), kResourceExhausted beyond a limit.
Result<RemoteWriteRequest> decode_remote_write(std::string_view body, const RemoteWriteLimits& limits);

}  // namespace capstan::telemetry
