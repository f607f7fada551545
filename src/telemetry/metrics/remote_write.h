// Prometheus remote write 1.0: a snappy block of a protocol buffer `prometheus.WriteRequest`, as its specification
// (prometheus.io/docs/specs/prw/remote_write_spec) publishes it. Only labels and samples are read.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/sample.h"

namespace capstan::telemetry {

struct RemoteWriteLimits {
  size_t compressed_bytes = 16 << 20;
  size_t decompressed_bytes = 64 << 20;
  size_t samples = 1'000'000;
  size_t label_bytes = 512 << 20;  // Of all samples together, as each carries the labels of its series.
};

struct RemoteWriteRequest {
  std::vector<SeriesSample> samples;
  // What was sent besides and left out.
  size_t metadata = 0;
  size_t exemplars = 0;
  size_t histograms = 0;
  size_t label_bytes = 0;
};

// kInvalidArgument for what is no such request (the message says what and where), kResourceExhausted beyond a limit.
Result<RemoteWriteRequest> decode_remote_write(std::string_view body, const RemoteWriteLimits& limits);

}  // namespace capstan::telemetry
