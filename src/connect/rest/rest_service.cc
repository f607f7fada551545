#include "connect/rest/rest_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.h"

namespace capstan::rest {
namespace {

constexpr size_t kMostSessions = 2'000;
constexpr int kMostPages = 10'000;

}  // namespace

Result<std::unique_ptr<RestService>> RestService::create(RestSpec spec, const Json& settings, HttpClient& http,
                                                         const service::Outside& outside) {
  Endpoint endpoint;
  endpoint.url = settings["url"].string_or_empty();
  while (endpoint.url.ends_with('/')) endpoint.url.pop_back();
  if (!endpoint.url.starts_with("http://") && !endpoint.url.starts_with("https://"))
    return fail(ErrorCode::kInvalidArgument, fmt::format("the service '{}' needs a 'url' of http or https", spec.name));
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

Status RestService::take_turn(const std::stop_token& stop) {
  const service::Outside& outside = parts_.outside;
  Duration wait{0};
  {
    std::unique_lock lock(turns_mutex_);
    if (!turns_.wait(lock, stop, [this] { return under_way_ < spec_.in_flight; }))
      return fail(ErrorCode::kCancelled, "cancelled while waiting for a turn");
    ++under_way_;
    if (spec_.calls_per_second > 0) {
      const Duration now = outside.clock->monotonic();
      wait = std::max(Duration(0), next_turn_ - now);
      next_turn_ = std::max(now, next_turn_) + Duration(static_cast<int64_t>(1000 / spec_.calls_per_second));
    }
  }
  if (wait == Duration(0) || outside.pause(wait, stop)) return {};
  end_turn();
  return fail(ErrorCode::kCancelled, "cancelled while waiting for a turn");
}

void RestService::end_turn() {
  {
    const std::lock_guard lock(turns_mutex_);
    --under_way_;
  }
  turns_.notify_one();
}

Result<ServiceAnswer> RestService::one(RestSession& session, const Json& request, const std::stop_token& stop) {
  TRY(take_turn(stop));
  Result<ServiceAnswer> answer = session.call(request, stop);
  end_turn();
  return answer;
}

Result<ServiceAnswer> RestService::call(const ServiceCall& call, const std::stop_token& stop) {
  const std::shared_ptr<RestSession> session = TRY(this->session(call));
  return call.collect.empty() ? one(*session, call.request, stop) : all_pages(*session, call, stop);
}

Result<ServiceAnswer> RestService::all_pages(RestSession& session, const ServiceCall& call,
                                             const std::stop_token& stop) {
  const std::string& named = call.request["paging"].string_or_empty();
  const auto other = spec_.pagings.find(named);
  if (!named.empty() && other == spec_.pagings.end())
    return fail(ErrorCode::kInvalidArgument, fmt::format("the service '{}' has no paging '{}'", spec_.name, named));
  const Paging& paging = named.empty() ? spec_.paging : other->second;
  const JsonPath where = TRY(JsonPath::parse(call.collect));
  Json request = call.request;
  Json query = request["query"].is_object() ? request["query"] : Json::object();
  if (!paging.size.empty() && !query.contains(paging.size)) query.set(paging.size, paging.per_page);
  int64_t number = paging.by == Paging::By::kPage ? paging.first : 0;
  Json::Array items;
  for (int page = 0; page < kMostPages; ++page) {
    if (paging.by == Paging::By::kPage || paging.by == Paging::By::kOffset) query.set(paging.parameter, number);
    if (!query.members().empty()) request.set("query", query);
    ServiceAnswer answer = TRY(one(session, request, stop));
    if (!answer.ok()) return answer;
    const Json found = where.read(answer.body);
    if (!found.is_array())
      return fail(ErrorCode::kCorrupt, fmt::format("expected a list at {}, found none", call.collect));
    items.insert(items.end(), found.items().begin(), found.items().end());
    const auto done = [&] {
      answer.body = std::move(items);
      return std::move(answer);
    };
    switch (paging.by) {
      case Paging::By::kNone: return done();
      case Paging::By::kPage:
      case Paging::By::kOffset: {
        const int64_t total = paging.total.empty() ? -1 : paging.total.read(answer.body).int_or(-1);
        if (found.items().empty() || (total >= 0 && static_cast<int64_t>(items.size()) >= total)) return done();
        number += paging.by == Paging::By::kPage ? 1 : static_cast<int64_t>(found.items().size());
        break;
      }
      case Paging::By::kCursor: {
        const Json next = paging.next.read(answer.body);
        if (next.is_null() || next == Json("")) return done();
        query.set(paging.parameter, next);
        break;
      }
      case Paging::By::kLink: {
        const std::string next = TRY(next_link(answer, paging.parameter, parts_.endpoint));
        if (next.empty()) return done();
        request = Json::object({{"get", next}});
        query = Json::object();
        break;
      }
    }
  }
  return fail(ErrorCode::kResourceExhausted, fmt::format("more than {} pages", kMostPages));
}

}  // namespace capstan::rest
