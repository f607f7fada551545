#include "serve/session_routes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/url.h"
#include "serve/answer.h"
#include "serve/authenticator.h"
#include "serve/inputs.h"

namespace capstan::serve {
namespace {

using Parts = const SessionParts&;
using Answer = Result<HttpServerResponse>;
using Handler = Answer (*)(Parts, const Call&);

Json describe_session(Parts parts, const Principal& who) {
  Json session = Json::object({{"authenticated", !who.name.empty()},
                               {"setup_needed", parts.setup.needed()},
                               {"user", nullptr},
                               {"role", nullptr},
                               {"version", parts.version}});
  if (who.name.empty()) return session;
  session.set("user", who.name);
  session.set("role", to_string(who.role));
  return session;
}

std::string cookie(Parts parts, std::string_view id, std::string_view rest) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}{}", kSessionCookie, id,
                     parts.secure_cookie ? "; Secure" : "", rest);
}

Answer log_in(Parts parts, const User& user) {
  const std::string id = TRY(parts.users.open_session(user.name));
  HttpServerResponse response = json_answer(describe_session(parts, {Principal::Kind::kUser, user.name, user.role}));
  response.headers.emplace_back("Set-Cookie", cookie(parts, id, ""));
  return response;
}

HttpServerResponse slow_down(Duration wait) {
  const int64_t seconds = (wait.count() + 999) / 1000;
  HttpServerResponse response = error_answer(
      Error{ErrorCode::kResourceExhausted, fmt::format("too many failed attempts; try again in {} s", seconds)});
  response.headers.emplace_back("Retry-After", std::to_string(seconds));
  return response;
}

Status record(Parts parts, std::string_view kind, std::string subject, Json body, std::string actor) {
  return parts.control.record(
      {parts.clock.now(), std::string(kind), std::move(subject), std::move(body), 0, std::move(actor)});
}

Status record_user(Parts parts, const User& user, const std::string& actor) {
  Status recorded = record(parts, fact_kind::kUserCreated, "user:" + user.name,
                           Json::object({{"name", user.name}, {"role", to_string(user.role)}}), actor);
  return during("the user was made, but the fact could not be written", std::move(recorded));
}

// The end of a request that took somebody's access away.
Answer removed(Parts parts, const Call& call, std::string_view kind, std::string_view prefix, const Status& deleted) {
  if (!deleted) return fail(deleted.error());
  const std::string& name = call.captures[0];
  const Json body = Json::object({{"name", name}});
  TRY(during("access was taken away, but the fact could not be written",
             record(parts, kind, std::string(prefix) + name, body, call.principal.actor())));
  return json_answer(body);
}

Answer session(Parts parts, const Call& call) { return json_answer(describe_session(parts, call.principal)); }

Answer setup(Parts parts, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  const std::string token = body.required_text("token");
  const std::string name = body.required_text("user");
  const std::string password = body.required_text("password");
  TRY(body.finish());
  const User user = TRY(parts.setup.redeem(token, name, password));
  TRY(record_user(parts, user, "user:" + user.name));
  return log_in(parts, user);
}

// Where a login comes from. A proxy on this machine makes the whole world look like loopback; the last address it
// passes on is the one that it saw itself, those before may be invented.
std::string address_of(Parts parts, const HttpServerRequest& request) {
  constexpr size_t kLongest = 64;
  if (!parts.secure_cookie || !request.peer.loopback || request.peer.uid) return request.peer.address;
  std::string_view last = request.last_header("X-Forwarded-For");
  last.remove_prefix(last.rfind(',') + 1);  // npos + 1 is 0.
  last.remove_prefix(std::min(last.find_first_not_of(" \t"), last.size()));
  last = last.substr(0, std::min(last.find_last_not_of(" \t") + 1, kLongest));
  return last.empty() ? request.peer.address : std::string(last);
}

Answer login(Parts parts, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  const std::string name = body.required_text("user");
  const std::string password = body.required_text("password");
  TRY(body.finish());
  const std::string counted = name.substr(0, 64);
  const std::string address = address_of(parts, call.request);
  if (const Duration wait = parts.throttle.begin(counted, address); wait > Duration(0)) return slow_down(wait);
  const Result<User> user = parts.users.authenticate(name, password);
  const bool wrong = !user && user.error().code == ErrorCode::kUnauthenticated;
  using Outcome = LoginThrottle::Outcome;
  parts.throttle.end(counted, address, user ? Outcome::kRight : wrong ? Outcome::kWrong : Outcome::kNotTried);
  if (!user) return fail(user.error());
  return log_in(parts, *user);
}

Answer logout(Parts parts, const Call& call) {
  if (const auto id = find_cookie(call.request.header("Cookie"), kSessionCookie)) TRY(parts.users.close_session(*id));
  HttpServerResponse response = json_answer(describe_session(parts, {}));
  response.headers.emplace_back("Set-Cookie", cookie(parts, "", "; Max-Age=0"));
  return response;
}

Answer users(Parts parts, const Call& call) {
  TRY(QueryReader(call.request.target.query).finish());
  Json list = Json::array();
  for (const User& user : parts.users.users()) {
    list.push_back(
        Json::object({{"name", user.name}, {"role", to_string(user.role)}, {"created", format_time(user.created)}}));
  }
  return json_answer(Json::object({{"users", std::move(list)}}));
}

Answer create_user(Parts parts, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  const std::string name = body.required_text("user");
  const std::string password = body.required_text("password");
  const std::string role = body.required_text("role");
  TRY(body.finish());
  const User user = TRY(parts.users.create_user(name, password, TRY(parse_role(role))));
  TRY(record_user(parts, user, call.principal.actor()));
  return json_answer(Json::object({{"name", user.name}, {"role", role}}));
}

Answer delete_user(Parts parts, const Call& call) {
  return removed(parts, call, fact_kind::kUserDeleted, "user:", parts.users.delete_user(call.captures[0]));
}

Answer tokens(Parts parts, const Call& call) {
  TRY(QueryReader(call.request.target.query).finish());
  Json list = Json::array();
  for (const ApiToken& token : parts.users.tokens()) {
    list.push_back(Json::object({{"name", token.name},
                                 {"role", to_string(token.role)},
                                 {"created", format_time(token.created)},
                                 {"created_by", token.created_by}}));
  }
  return json_answer(Json::object({{"tokens", std::move(list)}}));
}

Answer create_token(Parts parts, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  const std::string name = body.required_text("name");
  const std::string role = body.required_text("role");
  TRY(body.finish());
  const std::string actor = call.principal.actor();
  const std::string token = TRY(parts.users.create_token(name, TRY(parse_role(role)), actor));
  const Status recorded =
      record(parts, fact_kind::kTokenCreated, "token:" + name, Json::object({{"name", name}, {"role", role}}), actor);
  if (!recorded) {
    // Nobody has seen the token yet, so it need not stay.
    TRY(parts.users.delete_token(name));
    return fail(recorded.error());
  }
  return json_answer(Json::object({{"name", name}, {"role", role}, {"token", token}}));
}

Answer delete_token(Parts parts, const Call& call) {
  return removed(parts, call, fact_kind::kTokenDeleted, "token:", parts.users.delete_token(call.captures[0]));
}

}  // namespace

std::vector<Route> session_routes(Parts parts) {
  const auto route = [&](std::string_view method, std::string_view pattern, Access access, Handler handler) {
    const bool changes = method != "GET" && access != Access::kPublic;
    const Body body = method == "POST" ? Body::kJson : Body::kNone;
    return Route{method, pattern, access, changes, body, [parts, handler](const Call& call) {
                   Answer answer = handler(parts, call);
                   return answer ? std::move(*answer) : error_answer(answer.error());
                 }};
  };
  return {
      route("GET", "/capstan/v1/session", Access::kPublic, session),
      route("POST", "/capstan/v1/setup", Access::kPublic, setup),
      route("POST", "/capstan/v1/login", Access::kPublic, login),
      route("POST", "/capstan/v1/logout", Access::kViewer, logout),
      route("GET", "/capstan/v1/users", Access::kAdmin, users),
      route("POST", "/capstan/v1/users", Access::kAdmin, create_user),
      route("DELETE", "/capstan/v1/users/{}", Access::kAdmin, delete_user),
      route("GET", "/capstan/v1/tokens", Access::kAdmin, tokens),
      route("POST", "/capstan/v1/tokens", Access::kAdmin, create_token),
      route("DELETE", "/capstan/v1/tokens/{}", Access::kAdmin, delete_token),
  };
}

}  // namespace capstan::serve
