#include "serve/slack_routes.h"

#include "serve/answer.h"

namespace capstan::serve {
namespace {

constexpr size_t kLargestBody = 256 << 10;  // A press comes with the whole message.

HttpServerResponse take(const SlackDelivery& deliver, const Call& call) {
  if (!deliver) return error_answer({ErrorCode::kNotFound, "Slack is not set up here"});
  const HttpServerRequest& request = call.request;
  const Status taken = deliver(call.captures[0], request.header("X-Slack-Request-Timestamp"),
                               request.header("X-Slack-Signature"), request.body);
  // What comes twice was answered the first time, and is no mistake of Slack's.
  if (!taken && taken.error().code != ErrorCode::kAlreadyExists) return error_answer(taken.error());
  return {.status = 200};
}

}  // namespace

std::vector<Route> slack_routes(SlackDelivery deliver) {
  Route route{"POST", "/slack/{}", Access::kPublic,
              false,  Body::kRaw,  [deliver = std::move(deliver)](const Call& call) { return take(deliver, call); }};
  route.body_limit = kLargestBody;
  return {std::move(route)};
}

}  // namespace capstan::serve
