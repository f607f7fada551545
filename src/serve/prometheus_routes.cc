#include "serve/prometheus_routes.h"

#include <fmt/format.h>

#include "serve/answer.h"

namespace capstan::serve {
namespace {

constexpr size_t kLargestWrite = 32 << 20;

HttpServerResponse query(const PrometheusApi& api, const Call& call) {
  const HttpServerRequest& request = call.request;
  const auto refuse = [&](const Error& error) {
    return error_answer_for(request.target.path, status_of(error.code), error);
  };
  if (!api) return refuse({ErrorCode::kUnimplemented, "metrics are not served here"});
  QueryParameters parameters = request.target.query;
  if (request.method == "POST") {
    Result<QueryParameters> form = parse_query(request.body);
    if (!form) return refuse(form.error());
    parameters.insert(parameters.end(), form->begin(), form->end());
  }
  std::string path;
  for (size_t i = 2; i < request.target.segments.size(); ++i) path += (i > 2 ? "/" : "") + request.target.segments[i];
  PrometheusAnswer answer = api(path, request.method == "HEAD" ? "GET" : request.method, parameters);
  return {answer.status, {{"Content-Type", "application/json"}}, std::move(answer.body), {}};
}

// https://prometheus.io/docs/specs/prw/remote_write_spec/: version 1.0 is taken; a sender of 2.0 falls back on 415.
HttpServerResponse remote_write(const RemoteWrite& write, const Call& call) {
  const HttpServerRequest& request = call.request;
  const auto refuse = [&](int status, const Error& error) {
    return error_answer_for(request.target.path, status, error);
  };
  if (!write) return refuse(501, {ErrorCode::kUnimplemented, "metrics are not taken here"});
  const std::string_view encoding = request.header("Content-Encoding");
  if (!encoding.empty() && encoding != "snappy") {
    return refuse(415, {ErrorCode::kInvalidArgument, fmt::format("Content-Encoding '{}': expected snappy", encoding)});
  }
  const std::string_view type = request.header("Content-Type");
  if (!type.starts_with("application/x-protobuf") || type.find("write.v2") != std::string_view::npos) {
    return refuse(415, {ErrorCode::kInvalidArgument,
                        fmt::format("Content-Type '{}': expected application/x-protobuf, remote write 1.0", type)});
  }
  const Status taken = write(request.body);
  if (taken) return {204, {}, "", {}};
  const bool their_mistake = taken.error().code == ErrorCode::kCorrupt;
  return refuse(their_mistake ? 400 : status_of(taken.error().code), taken.error());
}

}  // namespace

std::vector<Route> prometheus_routes(PrometheusApi api, RemoteWrite write) {
  const auto ask = [api = std::move(api)](const Call& call) { return query(api, call); };
  const auto take = [write = std::move(write)](const Call& call) { return remote_write(write, call); };
  std::vector<Route> routes = {
      // Not for viewers: who may write metrics can raise any alert.
      {"POST", "/api/v1/write", Access::kOperator, true, Body::kRaw, take, kLargestWrite},
      {"GET", "/api/v1/label/{}/values", Access::kViewer, false, Body::kNone, ask},
      {"GET", "/api/v1/metadata", Access::kViewer, false, Body::kNone, ask},
      {"GET", "/api/v1/status/{}", Access::kViewer, false, Body::kNone, ask},
      {"GET", "/api/v1/rules", Access::kViewer, false, Body::kNone, ask},
      {"GET", "/api/v1/alerts", Access::kViewer, false, Body::kNone, ask},
  };
  for (const std::string_view path :
       {"/api/v1/query", "/api/v1/query_range", "/api/v1/query_exemplars", "/api/v1/series", "/api/v1/labels",
        "/api/v1/format_query", "/api/v1/parse_query"}) {
    routes.push_back({"GET", path, Access::kViewer, false, Body::kNone, ask});
    routes.push_back({"POST", path, Access::kViewer, false, Body::kForm, ask});
  }
  return routes;
}

}  // namespace capstan::serve
