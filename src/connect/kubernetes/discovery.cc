#include "connect/kubernetes/discovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "connect/kubernetes/discovery_document.h"

namespace capstan::kubernetes {
namespace {

constexpr size_t kMaxTypes = 20'000;
constexpr std::string_view kAccept =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,"
    "application/json";

bool is_of(const ResourceType& type, std::string_view api_version) { return type.api_version() == api_version; }

// What was known of a version goes on being known while its server is away.
void keep_known(const std::vector<ResourceType>& before, const std::string& api_version,
                std::vector<ResourceType>& types) {
  if (std::ranges::any_of(types, [&](const ResourceType& type) { return is_of(type, api_version); })) return;
  std::ranges::copy_if(before, std::back_inserter(types),
                       [&](const ResourceType& type) { return is_of(type, api_version); });
}

void add_preferred(const std::vector<ResourceType>& all, std::vector<ResourceType>& types) {
  std::set<std::string> seen;
  for (const ResourceType& type : all) {
    if (types.size() < kMaxTypes && seen.insert(type.name()).second) types.push_back(type);
  }
}

}  // namespace

Result<Discovered> Discovery::look(const std::stop_token& stop) {
  TRY(look_at("/api", core_, stop));
  TRY(look_at("/apis", groups_, stop));
  Discovered found;
  add_preferred(core_.types, found.types);
  add_preferred(groups_.types, found.types);
  std::ranges::sort(found.types, {}, [](const ResourceType& type) { return std::tie(type.group, type.plural); });
  for (const Root* root : {&core_, &groups_}) {
    for (const std::string& problem : root->problems) found.problems.push_back({ErrorCode::kUnavailable, problem});
  }
  const auto message = [](const Error& error) { return error.message; };
  found.changed =
      found.types != last_.types || !std::ranges::equal(found.problems, last_.problems, {}, message, message);
  last_ = found;
  return found;
}

Status Discovery::look_at(const std::string& path, Root& root, const std::stop_token& stop) {
  ApiRequest request{.path = path};
  request.headers = {{"Accept", std::string(kAccept)}};
  if (!root.etag.empty()) request.headers.emplace_back("If-None-Match", root.etag);
  const HttpResponse response = TRY(transport_.send(request, stop));
  if (response.status == 304) return {};
  const Json body = TRY(during("the API server's list of types", Json::parse(response.body)));
  if (body["kind"].string_or_empty() != "APIGroupDiscoveryList") return read_old_root(path, body, root, stop);
  DiscoveryDocument document = read_group_discovery(body);
  root.problems.clear();
  for (const std::string& stale : document.stale) {
    keep_known(root.types, stale, document.types);
    root.problems.push_back(fmt::format("{} is served by something that does not answer the API server", stale));
  }
  root.types = std::move(document.types);
  root.etag = response.header("ETag");
  return {};
}

Status Discovery::read_old_root(const std::string& path, const Json& body, Root& root, const std::stop_token& stop) {
  const std::vector<std::string> versions = read_group_list(body);
  if (versions.empty() && path == "/api") return fail(ErrorCode::kCorrupt, "the API server lists no versions at /api");
  Root read;
  for (const std::string& version : versions) {
    if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped while asking for types");
    read_old_version(version, root.types, read, stop);
  }
  root = std::move(read);
  return {};
}

void Discovery::read_old_version(const std::string& api_version, const std::vector<ResourceType>& before, Root& root,
                                 const std::stop_token& stop) {
  const bool core = api_version.find('/') == std::string::npos;
  const Result<HttpResponse> response = transport_.send({.path = (core ? "/api/" : "/apis/") + api_version}, stop);
  const Result<Json> body = response ? Json::parse(response->body) : fail(response.error());
  if (body) {
    std::ranges::move(read_resource_list(*body, api_version), std::back_inserter(root.types));
    return;
  }
  root.problems.push_back(fmt::format("{} cannot be asked for its types: {}", api_version, body.error().message));
  keep_known(before, api_version, root.types);
}

}  // namespace capstan::kubernetes
