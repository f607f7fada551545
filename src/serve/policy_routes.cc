#include "serve/policy_routes.h"

#include <fmt/format.h>

#include "serve/answer.h"
#include "serve/inputs.h"

namespace capstan::serve {
namespace {

using loop::Control;

constexpr uint64_t kMostDays = 35;
constexpr size_t kLongestReason = 2'000;

Result<Json> verdicts(Control& control, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::string resource = query.required_text("resource");
  const std::string policy = query.text("policy");
  TRY(query.finish());
  return control.verdicts(resource, policy);
}

Result<Json> preview(Control& control, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  const std::string policies = body.required_text("policies");
  const std::string file = body.text("file", "policies");
  TRY(body.finish());
  return control.preview(policies, file);
}

Result<Json> start_backtest(Control& control, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  loop::BacktestQuery wanted;
  wanted.policies = body.required_text("policies");
  wanted.file = body.text("file", wanted.file);
  wanted.since = body.text("since", wanted.since);
  wanted.until = body.text("until");
  wanted.step = body.text("step", wanted.step);
  TRY(body.finish());
  return control.start_backtest(wanted);
}

Result<Json> backtest(Control& control, const Call& call) {
  QueryReader query(call.request.target.query);
  TRY(query.finish());
  return control.backtest(call.captures[0]);
}

Result<Json> cancel_backtest(Control& control, const Call& call) {
  TRY(TRY(BodyReader::parse(call.request.body)).finish());
  return control.cancel_backtest(call.captures[0]);
}

Result<Json> calendar(Control& control, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::optional<Time> from = query.time("from");
  const auto days = static_cast<int>(query.number("days", 7, 1, kMostDays));
  TRY(query.finish());
  return control.calendar(from, days);
}

Result<Json> freezes(Control& control, const Call& call) {
  QueryReader query(call.request.target.query);
  TRY(query.finish());
  return control.freezes();
}

Result<Json> lift_freeze(Control& control, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  loop::FreezeLift wanted;
  wanted.freeze = call.captures[0];
  wanted.plan = body.required_text("plan");
  wanted.reason = body.required_text("reason");
  TRY(body.finish());
  if (wanted.reason.size() > kLongestReason)
    return fail(ErrorCode::kInvalidArgument, fmt::format("'reason' has at most {} bytes", kLongestReason));
  return control.lift_freeze(wanted, call.principal.actor(), to_string(call.principal.role));
}

Result<Json> approvals(Control& control, const Call& call) {
  QueryReader query(call.request.target.query);
  TRY(query.finish());
  return control.approvals();
}

Result<Json> give_approval(Control& control, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  const std::string policy = body.required_text("policy");
  const std::string resource = body.text("resource");
  TRY(body.finish());
  return control.give_approval(policy, resource, call.principal.actor());
}

Result<Json> withdraw_approval(Control& control, const Call& call) {
  TRY(TRY(BodyReader::parse(call.request.body)).finish());
  return control.withdraw_approval(call.captures[0], call.principal.actor());
}

Result<Json> overrides(Control& control, const Call& call) {
  QueryReader query(call.request.target.query);
  TRY(query.finish());
  return control.overrides();
}

Result<Json> set_override(Control& control, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  loop::OverrideRequest wanted;
  wanted.resource = body.text("resource");
  wanted.policy = body.text("policy");
  wanted.state = body.required_text("state");
  wanted.until = body.required_text("until");
  wanted.zone = body.text("zone");
  wanted.reason = body.text("reason");
  TRY(body.finish());
  return control.set_override(wanted, call.principal.actor());
}

Result<Json> end_override(Control& control, const Call& call) {
  TRY(TRY(BodyReader::parse(call.request.body)).finish());
  return control.end_override(call.captures[0], call.principal.actor());
}

}  // namespace

std::vector<Route> policy_routes(Control& control) {
  using Answerer = Result<Json> (*)(Control&, const Call&);
  const auto answer_with = [&](Answerer answer) {
    return [&control, answer](const Call& call) {
      const Result<Json> result = answer(control, call);
      return result ? json_answer(*result) : error_answer(result.error());
    };
  };
  return {
      {"GET", "/capstan/v1/verdicts", Access::kViewer, false, Body::kNone, answer_with(verdicts)},
      {"POST", "/capstan/v1/preview", Access::kViewer, false, Body::kJson, answer_with(preview)},
      {"POST", "/capstan/v1/backtest", Access::kViewer, false, Body::kJson, answer_with(start_backtest)},
      {"GET", "/capstan/v1/backtest/{}", Access::kViewer, false, Body::kNone, answer_with(backtest)},
      {"POST", "/capstan/v1/backtest/{}/cancel", Access::kViewer, false, Body::kJson, answer_with(cancel_backtest)},
      {"GET", "/capstan/v1/calendar", Access::kViewer, false, Body::kNone, answer_with(calendar)},
      {"GET", "/capstan/v1/freezes", Access::kViewer, false, Body::kNone, answer_with(freezes)},
      {"POST", "/capstan/v1/freezes/{}/lift", Access::kOperator, true, Body::kJson, answer_with(lift_freeze)},
      {"GET", "/capstan/v1/approvals", Access::kViewer, false, Body::kNone, answer_with(approvals)},
      {"POST", "/capstan/v1/approvals", Access::kOperator, true, Body::kJson, answer_with(give_approval)},
      {"POST", "/capstan/v1/approvals/{}/withdraw", Access::kOperator, true, Body::kJson,
       answer_with(withdraw_approval)},
      {"GET", "/capstan/v1/overrides", Access::kViewer, false, Body::kNone, answer_with(overrides)},
      {"POST", "/capstan/v1/overrides", Access::kOperator, true, Body::kJson, answer_with(set_override)},
      {"POST", "/capstan/v1/overrides/{}/end", Access::kOperator, true, Body::kJson, answer_with(end_override)},
  };
}

}  // namespace capstan::serve
