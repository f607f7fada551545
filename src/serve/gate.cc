#include "serve/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "serve/answer.h"
#include "serve/language.h"

namespace capstan::serve {
namespace {

constexpr size_t kSmallBody = 64 << 10;

Role role_of(Access access) {
  switch (access) {
    case Access::kAdmin: return Role::kAdmin;
    case Access::kOperator: return Role::kOperator;
    case Access::kPublic:
    case Access::kLoopback:
    case Access::kViewer: return Role::kViewer;
  }
  return Role::kAdmin;
}

// A proxy on this machine makes the whole world look like loopback; proxies say so in a header.
bool from_this_machine(const HttpServerRequest& request) {
  return request.peer.loopback && request.header("X-Forwarded-For").empty() && request.header("Forwarded").empty();
}

bool is_type(std::string_view content_type, std::string_view wanted) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return type.size() >= wanted.size() &&
         std::ranges::equal(
             type.substr(0, wanted.size()), wanted,
             [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; }) &&
         type.find_first_not_of(" \t", wanted.size()) == std::string_view::npos;
}

// Other sites can make a browser send a form, but not JSON: that is half of the protection against them.
bool has_expected_type(const Route& route, const HttpServerRequest& request) {
  if (request.body.empty()) return true;
  const std::string_view type = request.header("Content-Type");
  if (route.body == Body::kJson) return is_type(type, "application/json");
  if (route.body == Body::kForm) return is_type(type, "application/x-www-form-urlencoded");
  return true;
}

bool has_small_body(const HttpServerRequest& head) {
  if (!head.header("Transfer-Encoding").empty()) return false;
  const std::string_view text = head.header("Content-Length");
  size_t length = 0;
  std::from_chars(text.data(), text.data() + text.size(), length);
  return length <= kSmallBody;
}

}  // namespace

std::expected<Gate::Passed, Gate::Refusal> Gate::pass(const HttpServerRequest& request) const {
  if (!request.peer.uid && !hosts_.accepts(request.header("Host"), request.peer.loopback)) {
    return std::unexpected(Refusal{
        421,
        {ErrorCode::kPermissionDenied, fmt::format("'{}' is no name of this server: use localhost, or start it with "
                                                   "that name as an allowed host",
                                                   request.header("Host"))}});
  }
  Router::Match match = router_.find(request.method, request.target.segments);
  if (!match.route && !match.allowed.empty()) {
    return std::unexpected(Refusal{405,
                                   {ErrorCode::kInvalidArgument, fmt::format("{} takes {}, not {}", request.target.path,
                                                                             match.allowed, request.method)}});
  }
  if (!match.route) {
    return std::unexpected(
        Refusal{404, {ErrorCode::kNotFound, fmt::format("there is nothing at {}", request.target.path)}});
  }
  auto principal = authorise(*match.route, request);
  if (!principal) return std::unexpected(principal.error());
  return Passed{std::move(match), std::move(*principal)};
}

std::expected<Principal, Gate::Refusal> Gate::authorise(const Route& route, const HttpServerRequest& request) const {
  const auto identity = authenticator_.identify(request);
  const bool is_open =
      route.access == Access::kPublic || (route.access == Access::kLoopback && from_this_machine(request));
  if (is_open) return identity && *identity ? (*identity)->principal : Principal{};
  if (!identity) return std::unexpected(Refusal{status_of(identity.error().code), identity.error()});
  if (!*identity) {
    return std::unexpected(
        Refusal{401, {ErrorCode::kUnauthenticated, "log in, or send 'Authorization: Bearer <API token>'"}});
  }
  const Principal& principal = (*identity)->principal;
  const Role needed = role_of(route.access);
  if (principal.role < needed) {
    return std::unexpected(
        Refusal{403,
                {ErrorCode::kPermissionDenied, fmt::format("this needs the role {}; {} is {}", to_string(needed),
                                                           principal.actor(), to_string(principal.role))}});
  }
  if (route.changes && (*identity)->by_cookie && request.header("X-Capstan") != "1") {
    return std::unexpected(Refusal{
        403, {ErrorCode::kPermissionDenied, "a change with the session's cookie needs the header 'X-Capstan: 1'"}});
  }
  return principal;
}

std::expected<size_t, HttpServerResponse> Gate::admit(const HttpServerRequest& head) {
  const Router::Match match = router_.find(head.method, head.target.segments);
  const size_t limit = match.route ? match.route->body_limit : kSmallBody;
  if (has_small_body(head)) return std::max(limit, kSmallBody);
  if (const auto passed = pass(head); !passed) return std::unexpected(answer(head, passed.error()));
  return limit;
}

bool Gate::is_reserved(const HttpServerRequest& request) {
  const Router::Match match = router_.find(request.method, request.target.segments);
  return match.route && match.route->reserved;
}

HttpServerResponse Gate::handle(const HttpServerRequest& request) {
  auto passed = pass(request);
  if (!passed) return answer(request, passed.error());
  const Route& route = *passed->match.route;
  if (!has_expected_type(route, request)) {
    return answer(
        request, {415,
                  {ErrorCode::kInvalidArgument,
                   fmt::format("Content-Type '{}': expected {}", request.header("Content-Type"),
                               route.body == Body::kJson ? "application/json" : "application/x-www-form-urlencoded")}});
  }
  HttpServerResponse response = route.handle({request, passed->principal, std::move(passed->match.captures)});
  localize_answer(request, response);
  add_security_headers(response);
  return response;
}

HttpServerResponse Gate::answer(const HttpServerRequest& request, const Refusal& refusal) {
  HttpServerResponse response = error_answer_for(request.target.path, refusal.status, refusal.error);
  add_security_headers(response);
  return response;
}

HttpServerResponse Gate::refuse(int status, std::string_view message) {
  const ErrorCode code = status == 503                                     ? ErrorCode::kUnavailable
                         : status == 413 || status == 429 || status == 431 ? ErrorCode::kResourceExhausted
                         : status >= 500                                   ? ErrorCode::kInternal
                                                                           : ErrorCode::kInvalidArgument;
  HttpServerResponse response = error_answer(status, {code, std::string(message)});
  add_security_headers(response);
  return response;
}

}  // namespace capstan::serve
