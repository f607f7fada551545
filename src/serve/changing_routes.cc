#include "serve/changing_routes.h"

#include <fmt/format.h>

#include "serve/answer.h"
#include "serve/inputs.h"

namespace capstan::serve {
namespace {

constexpr size_t kLongestReason = 2000;

using loop::Control;
using Changer = Result<Json> (*)(Control&, const Call&, BodyReader&);

Result<std::string> reason(BodyReader& body) {
  std::string text = body.text("reason");
  TRY(body.finish());
  if (text.size() > kLongestReason) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'reason' has at most {} bytes", kLongestReason));
  }
  return text;
}

Result<Json> approve(Control& control, const Call& call, BodyReader& body) {
  const std::string hash = body.required_text("hash");
  TRY(body.finish());
  return control.approve_plan(call.captures[0], hash, call.principal.actor());
}

Result<Json> reject(Control& control, const Call& call, BodyReader& body) {
  return control.reject_plan(call.captures[0], TRY(reason(body)), call.principal.actor());
}

Result<Json> cancel(Control& control, const Call& call, BodyReader& body) {
  TRY(body.finish());
  return control.cancel_plan(call.captures[0], call.principal.actor());
}

Result<Json> undo(Control& control, const Call& call, BodyReader& body) {
  return control.undo_plan(call.captures[0], TRY(reason(body)), call.principal.actor());
}

Result<Json> resolve(Control& control, const Call& call, BodyReader& body) {
  const std::string decision = body.required_text("decision");
  TRY(body.finish());
  if (decision != "happened" && decision != "retry" && decision != "abandon") {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'decision' is '{}': expected happened, retry or abandon", decision));
  }
  return control.resolve_action(call.captures[0], decision, call.principal.actor());
}

Result<Json> run_policy(Control& control, const Call& call, BodyReader& body) {
  TRY(body.finish());
  return control.run_policy(call.captures[0], call.principal.actor());
}

template <bool kPaused>
Result<Json> pause_policy(Control& control, const Call& call, BodyReader& body) {
  TRY(body.finish());
  return control.pause_policy(call.captures[0], kPaused, call.principal.actor());
}

Result<Json> pause(Control& control, const Call& call, BodyReader& body) {
  return control.pause(TRY(reason(body)), call.principal.actor());
}

Result<Json> resume(Control& control, const Call& call, BodyReader& body) {
  TRY(body.finish());
  return control.resume(call.principal.actor());
}

}  // namespace

std::vector<Route> changing_routes(Control& control) {
  const auto post = [&](std::string_view pattern, Changer change) {
    return Route{"POST", pattern, Access::kOperator, true, Body::kJson, [&control, change](const Call& call) {
                   Result<BodyReader> body = BodyReader::parse(call.request.body);
                   if (!body) return error_answer(body.error());
                   const Result<Json> result = change(control, call, *body);
                   return result ? json_answer(*result) : error_answer(result.error());
                 }};
  };
  return {
      post("/capstan/v1/plans/{}/approve", approve),
      post("/capstan/v1/plans/{}/reject", reject),
      post("/capstan/v1/plans/{}/cancel", cancel),
      post("/capstan/v1/plans/{}/undo", undo),
      post("/capstan/v1/actions/{}/resolve", resolve),
      post("/capstan/v1/policies/{}/run", run_policy),
      post("/capstan/v1/policies/{}/pause", pause_policy<true>),
      post("/capstan/v1/policies/{}/resume", pause_policy<false>),
      post("/capstan/v1/pause", pause),
      post("/capstan/v1/resume", resume),
  };
}

}  // namespace capstan::serve
