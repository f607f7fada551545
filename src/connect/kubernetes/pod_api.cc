#include "connect/kubernetes/pod_api.h"

#include <algorithm>

#include "connect/kubernetes/query_text.h"

namespace capstan::kubernetes {
namespace {

const ResourceType& pods() {
  static const ResourceType type{.group = "", .version = "v1", .plural = "pods", .kind = "Pod"};
  return type;
}

Result<std::string> pod_path(const ObjectName& pod, std::string_view subresource) {
  if (pod.name.empty()) return fail(ErrorCode::kInvalidArgument, "which pod? A name is needed");
  return resource_path(pods(), pod, subresource);
}

std::string log_query(const LogOptions& options, bool follow) {
  QueryText query;
  query.add("container", options.container);
  if (options.tail_lines) query.add("tailLines", std::to_string(*options.tail_lines));
  if (options.since) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*options.since).count();
    query.add("sinceSeconds", std::to_string(std::max<int64_t>(1, seconds)));  // The server refuses 0.
  }
  if (options.since_time) query.add("sinceTime", format_time(*options.since_time));
  if (options.timestamps) query.add("timestamps", "true");
  if (options.previous) query.add("previous", "true");
  if (follow) {
    query.add("follow", "true");
  } else if (options.limit_bytes > 0) {
    query.add("limitBytes", std::to_string(options.limit_bytes));
  }
  return query.text();
}

}  // namespace

Status PodApi::evict(const ObjectName& pod, const DeleteOptions& options, const std::stop_token& stop) const {
  Json how = Json::object();
  if (options.grace_seconds) how.set("gracePeriodSeconds", *options.grace_seconds);
  if (!options.propagation.empty()) how.set("propagationPolicy", options.propagation);
  Json preconditions = Json::object();
  if (!options.uid.empty()) preconditions.set("uid", options.uid);
  if (!options.resource_version.empty()) preconditions.set("resourceVersion", options.resource_version);
  if (!preconditions.members().empty()) how.set("preconditions", std::move(preconditions));
  ApiRequest request{.method = "POST", .path = TRY(pod_path(pod, "eviction"))};
  if (options.dry_run) request.query = "dryRun=All";
  request.body = Json::object({{"apiVersion", "policy/v1"},
                               {"kind", "Eviction"},
                               {"metadata", Json::object({{"name", pod.name}, {"namespace", pod.name_space}})},
                               {"deleteOptions", std::move(how)}})
                     .dump();
  TRY(transport_.send(request, stop));
  return {};
}

Result<std::string> PodApi::logs(const ObjectName& pod, const LogOptions& options, const std::stop_token& stop) const {
  ApiRequest request{.path = TRY(pod_path(pod, "log")), .query = log_query(options, false)};
  request.headers = {{"Accept", "*/*"}};
  return TRY(transport_.send(request, stop)).body;
}

Result<std::unique_ptr<HttpStream>> PodApi::follow_logs(const ObjectName& pod, const LogOptions& options,
                                                        HttpStreamer& streamer,
                                                        std::shared_ptr<HttpStreamHandler> handler,
                                                        const std::stop_token& stop) {
  HttpRequest request;
  request.url = transport_.credentials().access().server + TRY(pod_path(pod, "log")) + "?" + log_query(options, true);
  request.timeout = Duration(0);
  (void)TRY(transport_.credentials().sign(request, stop));
  return streamer.open(std::move(request), std::move(handler));
}

}  // namespace capstan::kubernetes
