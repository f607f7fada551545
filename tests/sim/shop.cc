#include "sim/shop.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/url.h"

namespace capstan::sim {
namespace {

constexpr Duration kShownAfter{4'000};

HttpResponse answer(int status, const Json& body = Json::object()) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body.dump()};
}

HttpResponse refusal(int status, std::string_view code) { return answer(status, Json::object({{"code", code}})); }

std::string header(const HttpRequest& request, std::string_view name) {
  const auto found = std::ranges::find(request.headers, name, &HttpHeaders::value_type::first);
  return found == request.headers.end() ? "" : found->second;
}

std::vector<std::string> segments(std::string_view url) {
  std::vector<std::string> parts;
  for (size_t at = url.find('/', std::string_view("http://").size()); at != std::string_view::npos;) {
    const size_t next = url.find('/', at + 1);
    parts.push_back(percent_decode(url.substr(at + 1, next - at - 1)).value_or(""));
    at = next;
  }
  return parts;
}

}  // namespace

struct Shop::Asked {
  std::string method;
  std::vector<std::string> path;
  Json body;
  std::string key;  // To be remembered.
  Action action;    // As far as the request says.
  bool undo = false;

  const std::string& thing() const { return path[1]; }
  const std::string& part() const { return path[2]; }
};

Result<HttpResponse> Shop::send(const HttpRequest& request, const std::stop_token& stop) {
  const bool looks = request.method == "GET" || request.url.ends_with("/login");
  world_.called(looks ? "look" : "request");
  if (stop.stop_requested()) return fail(ErrorCode::kCancelled, "stopped");
  if (world_.outage()) {
    world_.count("fault: no connection to a service");
    return fail(ErrorCode::kUnavailable, "no connection");
  }
  Asked asked{.method = request.method,
              .path = segments(request.url),
              .body = Json::parse(request.body).value_or(Json()),
              .key = header(request, "Idempotency-Key"),
              .action = {},
              .undo = !header(request, "X-Undo").empty()};
  asked.action.id = header(request, "X-Action");
  asked.action.verb = header(request, "X-Verb");
  if (asked.path.front() == "login") return log_in();
  const std::string token = header(request, "Authorization");
  if (random_.below(400) == 0) {
    world_.count("fault: a service forgets its sessions");
    oldest_session_ = logins_ + 1;
  }
  if (token.empty() || std::stoull(token) < oldest_session_) return refusal(401, "SESSION_EXPIRED");
  return asked.method == "GET" ? look(asked) : change(asked);
}

HttpResponse Shop::slow_down(int status) {
  HttpResponse response = refusal(status, "SLOW_DOWN");
  response.headers.emplace_back("Retry-After", std::to_string(random_.below(20)));
  return response;
}

HttpResponse Shop::log_in() { return answer(200, Json::object({{"token", std::to_string(++logins_)}})); }

// It may have been received, or not: nothing came back, half of it, or a page of something in between.
std::unexpected<Error> Shop::no_answer() {
  if (chance(50)) return fail(ErrorCode::kDeadlineExceeded, "no answer in time");
  world_.count("fault: half an answer of a service");
  return fail(ErrorCode::kCorrupt, "the answer ended early");
}

Result<HttpResponse> Shop::look(const Asked& asked) {
  if (blind) return refusal(500, "BROKEN");
  if (world_.next_fault(asked.thing()) == Fault::kNone) return show(asked);
  switch (random_.below(3)) {
    case 0: world_.count("fault: a service is too busy for a look"); return slow_down(429);
    case 1: world_.count("fault: a service fails at a look"); return refusal(500, "BROKEN");
    default: return no_answer();
  }
}

HttpResponse Shop::show(const Asked& asked) const {
  const Resource* resource = world_.find(asked.thing());
  if (resource == nullptr) return refusal(404, "NO_SUCH_THING");
  if (asked.part() == "fields") return answer(200, Json::object({{"value", resource->fields[asked.path[3]]}}));
  const auto bump = bumps_.find(asked.path[3]);
  return bump == bumps_.end() || clock_.monotonic() < bump->second ? refusal(404, "NO_SUCH_BUMP") : answer(200);
}

Result<HttpResponse> Shop::change(const Asked& asked) {
  switch (world_.next_fault(asked.thing())) {
    case Fault::kNone: break;
    case Fault::kRefuse: world_.count("fault: a service refuses"); return refusal(409, "NOT_NOW");
    case Fault::kTimeoutBefore:
      if (chance(50)) {
        world_.count("fault: a service is too busy");
        return slow_down(429);
      }
      world_.count("fault: no answer of a service, not done");
      return no_answer();
    case Fault::kLate: world_.count("fault: a service fails, not done"); return slow_down(503);
    case Fault::kLie: world_.count("fault: a false answer of a service"); return answer(200);
    case Fault::kTimeoutAfter:
      world_.count("fault: no answer of a service, but done");
      (void)act(asked);
      return no_answer();
    case Fault::kFalseRefusal:
      world_.count("fault: a service fails, but done");
      (void)act(asked);
      return refusal(500, "BROKEN");
    case Fault::kFrozenBefore:
    case Fault::kFrozenAfter: {
      HttpResponse response = act(asked);
      world_.count("fault: a node is frozen before it hears a service's answer");
      world_.on_freeze();
      return response;
    }
  }
  HttpResponse response = act(asked);
  // Of what a service does not tell from a second one, nobody on the way makes two.
  const bool is_repeatable = asked.method != "POST" || !asked.key.empty();
  if (is_repeatable && chance(5)) {
    world_.count("fault: a request arrives twice");
    (void)act(asked);
  }
  return response;
}

HttpResponse Shop::act(const Asked& asked) {
  const Resource* resource = world_.find(asked.thing());
  if (resource == nullptr) return refusal(404, "NO_SUCH_THING");
  if (asked.part() == "bumps") return bump(asked);
  const std::string field = asked.part() == "kill" ? "state" : asked.path[3];
  const Json value = asked.part() == "kill" ? Json("dead") : asked.body["value"];
  // What is so already is not done again.
  if (resource->fields[field] != value) world_.take_effect(asked.action, asked.thing(), field, value, asked.undo);
  return answer(200);
}

HttpResponse Shop::bump(const Asked& asked) {
  const int64_t count = world_.find(asked.thing())->fields["count"].int_or(0);
  if (asked.method == "DELETE") {
    if (bumps_.erase(asked.path[3]) == 0) return refusal(404, "NO_SUCH_BUMP");
    world_.take_effect(asked.action, asked.thing(), "count", count - 1, asked.undo);
    return answer(200);
  }
  if (!asked.key.empty() && !keys_.insert(asked.key).second) {
    world_.count("recovery: a service knows a request again");
    return answer(200);
  }
  bumps_[asked.action.id] = clock_.monotonic() + Duration(static_cast<int64_t>(random_.below(kShownAfter.count())));
  world_.take_effect(asked.action, asked.thing(), "count", count + 1, asked.undo);
  return answer(200);
}

}  // namespace capstan::sim
