// The calls that a source's metrics count: which questions to ask in PromQL, and what their answers say.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/sample.h"
#include "traffic/names.h"
#include "traffic/traffic_file.h"

namespace capstan::traffic {

// One each for all calls of a source; "" for what it does not count.
struct Questions {
  std::string requests;
  std::string failed;
  std::string latency;
  std::vector<std::string> bytes;  // Their answers are added.
  std::string newest;              // When anything was counted last, in Unix seconds.
};
Questions questions_of(const Source& source, Duration window);

struct Answers {
  std::vector<SeriesSample> requests;
  std::vector<SeriesSample> failed;
  std::vector<SeriesSample> latency;
  std::vector<SeriesSample> bytes;
};

// Of one call, a second. Nothing: not counted.
struct Numbers {
  std::optional<double> requests_per_second;
  std::optional<double> failed_per_second;
  std::optional<double> p50_seconds;
  std::optional<double> p95_seconds;
  std::optional<double> p99_seconds;
  std::optional<double> bytes_per_second;
};

struct CountedCall {
  Service from;
  Service to;
  std::string protocol;  // "http", "grpc", "tcp", or "" where nobody says.
  Numbers numbers;
};

// Each pair and protocol once, in the order of their ids.
std::vector<CountedCall> counted_calls(const Source& source, const Answers& answers, const Names& names);

}  // namespace capstan::traffic
