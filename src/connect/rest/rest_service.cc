#include "connect/rest/rest_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"
#include "base/resolve_url.h"
#include "connect/rest/pages.h"

namespace capstan::rest {
namespace {

constexpr size_t kMostSessions = 2'000;

}  // namespace

Result<std::unique_ptr<RestService>> RestService::create(RestSpec spec, const Json& settings, HttpClient& http,
                                                         const service::Outside& outside) {
  Endpoint endpoint;
  endpoint.url = settings["url"].string_or_empty();
  while (endpoint.url.ends_with('/')) endpoint.url.pop_back();
  if (!endpoint.url.starts_with("http://") && !endpoint.url.starts_with("https://"))
    return fail(ErrorCode::kInvalidArgument, fmt::format("the service '{}' needs a 'url' of http or https", spec.name));
  // Facts and logs name it: what logs in belongs into settings that refer to secrets.
  if (resolve_url(endpoint.url, "").empty() || endpoint.url.find_first_of("@?#") != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the service '{}': 'url' must be like https://host/path, without user, query or fragment",
                            spec.name));
  }
  for (const std::string& need : spec.needs) {
    if (!settings.contains(need))
      return fail(ErrorCode::kInvalidArgument, fmt::format("the service '{}' needs '{}'", spec.name, need));
  }
  endpoint.tls.ca_file = settings["ca_file"].string_or_empty();
  endpoint.tls.verify = !settings["insecure"].bool_or(false);
  endpoint.proxy = settings["proxy"].string_or_empty();
  endpoint.timeout = spec.timeout;
  return std::unique_ptr<RestService>(new RestService(std::move(spec), std::move(endpoint), settings, http, outside));
}

bool RestService::changes(const Json& request) const {
  const std::string method = method_of(request);
  return method != "get" && method != "head";
}

// RFC 9110: PUT and DELETE are idempotent; a POST is where the service remembers its key.
bool RestService::repeatable(const Json& request) const {
  const std::string method = method_of(request);
  return method == "put" || method == "delete" || request["headers"].contains("Idempotency-Key");
}

Result<std::shared_ptr<RestSession>> RestService::session(const ServiceCall& call) {
  const auto login =
      call.login.empty() ? spec_.logins.begin() : std::ranges::find(spec_.logins, call.login, &Login::name);
  if (login == spec_.logins.end())
    return fail(ErrorCode::kInvalidArgument, fmt::format("the service '{}' has no login '{}'", spec_.name, call.login));
  for (const std::string& name : login->takes) {
    if (!call.parameters.contains(name)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the login '{}' of the service '{}' needs '{}'", login->name, spec_.name, name));
    }
  }
  const std::string key = login->name + " " + hex(sha256(call.parameters.dump()));
  const std::lock_guard lock(mutex_);
  if (call.fresh) sessions_.erase(key);
  auto found = sessions_.find(key);
  if (found == sessions_.end()) {
    // Passwords change, and their sessions with them: whoever still needs one logs in anew.
    if (sessions_.size() >= kMostSessions) sessions_.clear();
    found = sessions_.emplace(key, std::make_shared<RestSession>(parts_, *login, call.parameters)).first;
  }
  return found->second;
}

Result<ServiceAnswer> RestService::call(const ServiceCall& call, const std::stop_token& stop) {
  const std::shared_ptr<RestSession> session = TRY(this->session(call));
  if (!call.collect.empty()) return all_pages(*session, call, stop);
  return session->call(call.request, call.reads_text, stop);
}

Result<ServiceAnswer> RestService::all_pages(RestSession& session, const ServiceCall& call,
                                             const std::stop_token& stop) {
  const std::string& named = call.request["paging"].string_or_empty();
  const auto other = spec_.pagings.find(named);
  if (!named.empty() && other == spec_.pagings.end())
    return fail(ErrorCode::kInvalidArgument, fmt::format("the service '{}' has no paging '{}'", spec_.name, named));
  const PagedList list{
      .request = call.request, .paging = named.empty() ? spec_.paging : other->second, .items = call.collect};
  return read_pages(list, parts_.endpoint, [&](const Json& request) { return session.call(request, false, stop); });
}

}  // namespace capstan::rest
