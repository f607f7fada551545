// Prometheus' HTTP query API without the HTTP: from a path and parameters to a status and a JSON text, in the exact
// shapes that Grafana and other clients expect. Source: Prometheus documentation, "HTTP API".
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "telemetry/promql/engine.h"

namespace capstan::telemetry {

// Decoded; "match[]" keeps its brackets.
using ApiParameters = std::multimap<std::string, std::string, std::less<>>;

struct ApiAnswer {
  int status = 200;  // 200, 400 (bad_data), 404, 422 (execution), 500 (internal), 503 (timeout, canceled, unavailable).
  std::string body;  // JSON, also for errors.
};

// `path` is what follows /api/v1/: "query", "query_range", "series", "labels", "label/<name>/values", "metadata",
// "status/buildinfo", "format_query", "query_exemplars". `now` stands in for a missing time. Thread-safe.
ApiAnswer answer_api(const PromqlEngine& engine, std::string_view path, const ApiParameters& parameters, Time now,
                     const std::stop_token& stop = {});

}  // namespace capstan::telemetry
