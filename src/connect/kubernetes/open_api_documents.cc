#include "connect/kubernetes/open_api_documents.h"

#include <algorithm>

namespace capstan::kubernetes {
namespace {

constexpr size_t kLargestDocument = 32 << 20;
constexpr Duration kPatience{10'000};  // Somebody waits for the answer.
constexpr size_t kMostVersions = 10'000;

ApiRequest request_for(const std::string& address) {
  const size_t query = address.find('?');
  ApiRequest request{.path = address.substr(0, query)};
  if (query != std::string::npos) request.query = address.substr(query + 1);
  request.headers = {{"Accept", "application/json"}};
  request.timeout = kPatience;
  request.max_response_bytes = kLargestDocument;
  return request;
}

// "apis/apps/v1" is of "apps/v1"; "apis/apps" is about no version.
std::string api_version_of(std::string_view path) {
  if (path.starts_with("api/")) path.remove_prefix(4);
  if (path.starts_with("apis/")) return std::string(std::ranges::count(path, '/') == 2 ? path.substr(5) : "");
  return std::string(path == "v1" ? path : "");
}

}  // namespace

OpenApiIndex read_open_api_index(const Json& body) {
  OpenApiIndex index;
  for (const auto& [path, entry] : body["paths"].members()) {
    const std::string version = api_version_of(path);
    const std::string& address = entry["serverRelativeURL"].string_or_empty();
    if (!version.empty() && address.starts_with('/') && index.size() < kMostVersions) index.emplace(version, address);
  }
  return index;
}

Result<OpenApiIndex> OpenApiDocuments::index(const std::stop_token& stop) {
  const HttpResponse response = TRY(transport_.send(request_for("/openapi/v3"), stop));
  return read_open_api_index(TRY(during("the API server's list of schemas", Json::parse(response.body))));
}

Result<std::string> OpenApiDocuments::document(const std::string& address, const std::stop_token& stop) {
  HttpResponse response = TRY(transport_.send(request_for(address), stop));
  return std::move(response.body);
}

Result<bool> OpenApiDocuments::serves(const std::string& api_version, const std::stop_token& stop) {
  const bool core = api_version.find('/') == std::string::npos;
  const Result<HttpResponse> response = transport_.send(request_for((core ? "/api/" : "/apis/") + api_version), stop);
  if (response) return true;
  if (response.error().code == ErrorCode::kNotFound) return false;
  return fail(response.error());
}

}  // namespace capstan::kubernetes
