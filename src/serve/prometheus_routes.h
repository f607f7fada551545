// The paths that Prometheus' own clients ask: Grafana, promtool, and Prometheus itself for remote write.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/url.h"
#include "serve/route.h"

namespace capstan::serve {

struct PrometheusAnswer {
  int status = 200;
  std::string body;  // JSON.
};

// Answers /api/v1/… but write. `path` is what follows /api/v1/: "query", "label/job/values"; the parameters are those
// of the query and the form together. Thread-safe.
using PrometheusApi =
    std::function<PrometheusAnswer(std::string_view path, std::string_view method, const QueryParameters& parameters)>;

// Takes the snappy-compressed body of a remote write request. kInvalidArgument and kCorrupt: the sender must not try
// again; kResourceExhausted and kUnavailable: it may. Thread-safe.
using RemoteWrite = std::function<Status(std::string_view body)>;

// Where a hook is missing, its paths answer 501.
std::vector<Route> prometheus_routes(PrometheusApi api, RemoteWrite write);

}  // namespace capstan::serve
