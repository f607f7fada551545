#include "serve/secret_routes.h"

#include "serve/answer.h"

namespace capstan::serve {

// Questions come as bodies, never in a path or query: those are logged on the way. Also what only reads is a POST, and
// counts as a change, so that no other site can have a browser ask it.
std::vector<Route> secret_routes(loop::Control& control) {
  return {Route{"POST", "/capstan/v1/secrets/{}", Access::kAdmin, true, Body::kJson, [&control](const Call& call) {
                  const Result<Json> question =
                      call.request.body.empty() ? Json::object() : Json::parse(call.request.body);
                  // A parser's message may quote a secret.
                  if (!question) return error_answer({ErrorCode::kInvalidArgument, "the body is not JSON", {}});
                  const Result<Json> answer = control.secrets(call.captures[0], *question, call.principal.actor());
                  return answer ? json_answer(*answer) : error_answer(answer.error());
                }}};
}

}  // namespace capstan::serve
