#include "serve/link_routes.h"

#include <fmt/format.h>

#include "model/slack_fact.h"
#include "serve/answer.h"
#include "serve/inputs.h"

namespace capstan::serve {
namespace {

using Parts = const SessionParts&;
using Answer = Result<HttpServerResponse>;
using Outcome = LoginThrottle::Outcome;

// Something that can be guessed, tried no more often than a password may be.
template <class F>
auto slowly(Parts parts, const std::string& key, F&& attempt) -> decltype(attempt()) {
  if (const Duration wait = parts.throttle.begin(key, key); wait > Duration(0)) {
    return fail(ErrorCode::kResourceExhausted,
                fmt::format("too many failed attempts; try again in {} s", (wait.count() + 999) / 1000));
  }
  auto answer = attempt();
  const bool wrong =
      !answer && (answer.error().code == ErrorCode::kUnauthenticated || answer.error().code == ErrorCode::kNotFound);
  parts.throttle.end(key, key, answer ? Outcome::kRight : wrong ? Outcome::kWrong : Outcome::kNotTried);
  return answer;
}

// Who is to be linked: the user of the session; else the one whose password comes along. Neither a token nor the
// machine's administrator is a person.
Result<std::string> who_links(Parts parts, const Call& call, const std::string& name, const std::string& password) {
  if (call.principal.kind == Principal::Kind::kUser) {
    if (name.empty() || name == call.principal.name) return call.principal.name;
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("you are {}: {} links their own account", call.principal.name, name));
  }
  if (name.empty() || password.empty()) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{} is no user: give 'user' and 'password' of who is to be linked", call.principal.actor()));
  }
  return slowly(parts, name.substr(0, 64),
                [&]() -> Result<std::string> { return TRY(parts.users.authenticate(name, password)).name; });
}

Json describe(const ChatLink& link) {
  return Json::object({{"account", link.account}, {"user", link.user}, {"linked", format_time(link.linked)}});
}

Status record(Parts parts, std::string_view kind, const ChatLink& link, const std::string& actor) {
  return during(
      "it was done, but the fact could not be written",
      parts.control.record({parts.clock.now(), std::string(kind), "slack:" + link.account,
                            Json::object({{"account", link.account}, {"user", link.user}, {"by", actor}}), 0, actor}));
}

bool may_see(const Principal& principal, const ChatLink& link) {
  const bool is_own = principal.kind == Principal::Kind::kUser && principal.name == link.user;
  return is_own || principal.role == Role::kAdmin;
}

Answer links(Parts parts, const Call& call) {
  TRY(QueryReader(call.request.target.query).finish());
  Json list = Json::array();
  for (const ChatLink& link : parts.users.links()) {
    if (may_see(call.principal, link)) list.push_back(describe(link));
  }
  return json_answer(Json::object({{"links", std::move(list)}}));
}

Answer link(Parts parts, LinkCodes& codes, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  const std::string code = body.required_text("code");
  const std::string name = body.text("user");
  const std::string password = body.text("password");
  TRY(body.finish());
  const std::string user = TRY(who_links(parts, call, name, password));
  const std::string account = TRY(slowly(parts, "code of " + user, [&] { return codes.redeem(code); }));
  const ChatLink made = TRY(parts.users.link(account, user));
  TRY(record(parts, fact_kind::kSlackLinked, made, "user:" + user));
  return json_answer(describe(made));
}

Answer unlink(Parts parts, const Call& call) {
  for (const ChatLink& link : parts.users.links()) {
    if (link.account != call.captures[0] || !may_see(call.principal, link)) continue;
    TRY(parts.users.unlink(link.account));
    TRY(record(parts, fact_kind::kSlackUnlinked, link, call.principal.actor()));
    return json_answer(describe(link));
  }
  return fail(
      ErrorCode::kNotFound,
      fmt::format("no link of {} can be ended here: what the settings declare is changed there", call.captures[0]));
}

}  // namespace

std::vector<Route> link_routes(Parts parts, LinkCodes& codes) {
  const auto route = [](std::string_view method, std::string_view pattern, std::function<Answer(const Call&)> handler) {
    return Route{method,
                 pattern,
                 Access::kViewer,
                 method != "GET",
                 method == "POST" ? Body::kJson : Body::kNone,
                 [handler = std::move(handler)](const Call& call) {
                   Answer answer = handler(call);
                   return answer ? std::move(*answer) : error_answer(answer.error());
                 }};
  };
  return {
      route("GET", "/capstan/v1/slack/links", [parts](const Call& call) { return links(parts, call); }),
      route("POST", "/capstan/v1/slack/links", [parts, &codes](const Call& call) { return link(parts, codes, call); }),
      route("POST", "/capstan/v1/slack/links/{}/end", [parts](const Call& call) { return unlink(parts, call); }),
  };
}

}  // namespace capstan::serve
