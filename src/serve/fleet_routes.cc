#include "serve/fleet_routes.h"

#include <fmt/format.h>

#include <limits>

#include "serve/answer.h"
#include "serve/inputs.h"

namespace capstan::serve {
namespace {

constexpr uint64_t kMostRows = 5'000;
constexpr uint64_t kMostNodes = 50'000;
constexpr uint64_t kMostEdges = 150'000;
constexpr uint64_t kMostCalls = 20'000;
constexpr uint64_t kAnyNumber = std::numeric_limits<int64_t>::max();

using loop::Control;

Result<Json> checks(Control& control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  loop::ChecksQuery wanted;
  wanted.severity = query.one_of("severity", {"info", "low", "medium", "high", "critical"}, "");
  wanted.rule = query.text("rule");
  wanted.owner = query.text("owner");
  wanted.cluster = query.text("cluster");
  wanted.space = query.text("namespace");
  wanted.resource = query.text("resource");
  wanted.search = query.text("search");
  wanted.muted = query.one_of("muted", {"no", "only", "all"}, wanted.muted);
  wanted.limit = query.number("limit", wanted.limit, 1, kMostRows);
  wanted.offset = query.number("offset", 0, 0, kAnyNumber);
  TRY(query.finish());
  return control.checks(wanted);
}

Result<Json> difference(Control& control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::string id = query.required_text("id");
  const uint64_t before = query.number("before", 0, 0, kAnyNumber);
  const uint64_t after = query.number("after", 0, 1, kAnyNumber);
  TRY(query.finish());
  return control.difference(id, before, after);
}

Result<Json> map(Control& control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  loop::MapQuery wanted;
  wanted.cluster = query.text("cluster");
  wanted.space = query.text("namespace");
  wanted.nodes = query.number("nodes", wanted.nodes, 1, kMostNodes);
  wanted.edges = query.number("edges", wanted.edges, 1, kMostEdges);
  TRY(query.finish());
  return control.map(wanted);
}

Result<Json> mutes(Control& control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::string state = query.one_of("state", {"active", "all"}, "active");
  TRY(query.finish());
  return control.mutes(state == "all");
}

Result<Json> service_graph(Control& control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  loop::ServiceGraphQuery wanted;
  wanted.cluster = query.text("cluster");
  wanted.space = query.text("namespace");
  const std::string window = query.text("window", "5m");
  wanted.limit = query.number("limit", wanted.limit, 1, kMostCalls);
  TRY(query.finish());
  wanted.window = TRY(during("'window'", loop::parse_window(window)));
  return control.service_graph(wanted);
}

Result<Json> savings(Control& control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  loop::SavingsQuery wanted;
  wanted.policy = query.text("policy");
  wanted.account = query.text("account");
  wanted.since = query.text("since", wanted.since);
  wanted.until = query.text("until");
  wanted.zone = query.text("zone");
  wanted.limit = query.number("limit", wanted.limit, 0, kMostRows);
  TRY(query.finish());
  return control.savings(wanted);
}

// It ends `for` so long from now ("7d"), or at a time.
Result<Time> end_of(BodyReader& body, Time now) {
  const std::string lasts = body.text("for");
  const std::string until = body.text("until");
  if (lasts.empty() == until.empty()) {
    return fail(ErrorCode::kInvalidArgument, "a mute needs an end: either 'for' (\"7d\") or 'until' (a time)");
  }
  if (!until.empty()) return parse_time(until);
  const Duration duration = TRY(during("'for'", parse_duration(lasts)));
  if (duration > kLongestMute) return fail(ErrorCode::kInvalidArgument, "a mute lasts at most 366 days");
  return now + duration;
}

Result<Json> mute(Control& control, const Clock& clock, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  Mute wanted;
  wanted.finding = body.text("finding");
  wanted.rule = body.text("rule");
  wanted.resource = body.text("resource");
  wanted.cluster = body.text("cluster");
  wanted.space = body.text("namespace");
  wanted.reason = body.text("reason");
  const Result<Time> until = end_of(body, clock.now());
  TRY(body.finish());
  wanted.until = TRY(until);
  return control.mute(std::move(wanted), call.principal.actor());
}

Result<Json> unmute(Control& control, const Clock&, const Call& call) {
  TRY(TRY(BodyReader::parse(call.request.body)).finish());
  return control.unmute(call.captures[0], call.principal.actor());
}

}  // namespace

std::vector<Route> fleet_routes(Control& control, const Clock& clock) {
  using Answerer = Result<Json> (*)(Control&, const Clock&, const Call&);
  const auto answer_with = [&](Answerer answer) {
    return [&control, &clock, answer](const Call& call) {
      const Result<Json> result = answer(control, clock, call);
      return result ? json_answer(*result) : error_answer(result.error());
    };
  };
  return {
      {"GET", "/capstan/v1/checks", Access::kViewer, false, Body::kNone, answer_with(checks)},
      {"GET", "/capstan/v1/difference", Access::kViewer, false, Body::kNone, answer_with(difference)},
      {"GET", "/capstan/v1/map", Access::kViewer, false, Body::kNone, answer_with(map)},
      {"GET", "/capstan/v1/service_graph", Access::kViewer, false, Body::kNone, answer_with(service_graph)},
      {"GET", "/capstan/v1/savings", Access::kViewer, false, Body::kNone, answer_with(savings)},
      {"GET", "/capstan/v1/mutes", Access::kViewer, false, Body::kNone, answer_with(mutes)},
      {"POST", "/capstan/v1/mutes", Access::kOperator, true, Body::kJson, answer_with(mute)},
      {"POST", "/capstan/v1/mutes/{}/end", Access::kOperator, true, Body::kJson, answer_with(unmute)},
  };
}

}  // namespace capstan::serve
