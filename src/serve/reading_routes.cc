#include "serve/reading_routes.h"

#include <fmt/format.h>

#include <limits>
#include <memory>
#include <mutex>

#include "serve/answer.h"
#include "serve/inputs.h"

namespace capstan::serve {
namespace {

constexpr uint64_t kMostRows = 10'000;
constexpr uint64_t kMostLines = 5'000;
constexpr uint64_t kDeepest = 10;
constexpr Duration kLogsByDefault = std::chrono::hours(1);

using Control = const loop::Control&;
using Reader = Result<Json> (*)(Control, const Clock&, const Call&);

Result<Json> overview(Control control, const Clock&, const Call& call) {
  TRY(QueryReader(call.request.target.query).finish());
  return control.overview();
}

Result<Json> incidents(Control control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::string state = query.one_of("state", {"open", "closed", "all"}, "open");
  const uint64_t limit = query.number("limit", 50, 1, kMostRows);
  TRY(query.finish());
  return control.incidents(state, limit);
}

Result<Json> incident(Control control, const Clock&, const Call& call) {
  TRY(QueryReader(call.request.target.query).finish());
  return control.incident(call.captures[0]);
}

Result<Json> findings(Control control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::string state = query.one_of("state", {"open", "closed", "all"}, "open");
  const uint64_t limit = query.number("limit", 200, 1, kMostRows);
  TRY(query.finish());
  return control.findings(state, limit);
}

Result<Json> resources(Control control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  loop::ResourceQuery wanted;
  wanted.kind = query.text("kind");
  wanted.search = query.text("search");
  wanted.cluster = query.text("cluster");
  wanted.space = query.text("namespace");
  wanted.labels = query.text("labels");
  wanted.sort = query.text("sort");
  wanted.limit = query.number("limit", wanted.limit, 1, kMostRows);
  wanted.offset = query.number("offset", 0, 0, std::numeric_limits<uint32_t>::max());
  TRY(query.finish());
  return control.resources(wanted);
}

Result<Json> resource(Control control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::string id = query.required_text("id");
  const std::optional<Time> at = query.time("at");
  TRY(query.finish());
  return control.resource(id, at);
}

Result<Json> graph(Control control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::string id = query.text("id");
  const uint64_t depth = query.number("depth", 2, 0, kDeepest);
  TRY(query.finish());
  return control.graph(id, static_cast<int>(depth));
}

Result<Json> sql(Control control, const Clock&, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  const std::string text = body.required_text("query");
  TRY(body.finish());
  return control.sql(text);
}

Result<Json> check(Control control, const Clock&, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  loop::ChangeQuery query;
  query.change = body.required_text("change");
  query.cluster = body.text("cluster");
  query.space = body.text("namespace", query.space);
  const std::string way = body.text("way", "apply");
  query.is_patch = way == "merge";
  TRY(body.finish());
  if (way != "apply" && way != "merge") {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'way' is '{}': expected apply or merge", way));
  }
  return control.check(query);
}

Result<Json> scaling(Control control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::string cluster = query.text("cluster");
  const std::string autoscaler = query.text("autoscaler");
  TRY(query.finish());
  return control.scaling(cluster, autoscaler);
}

Result<Json> whatif(Control control, const Clock&, const Call& call) {
  const Json question = TRY(Json::parse(call.request.body));
  if (!question.is_object()) return fail(ErrorCode::kInvalidArgument, "the question must be a JSON object");
  return control.whatif(question);
}

Result<Json> drift(Control control, const Clock&, const Call& call) {
  BodyReader body = TRY(BodyReader::parse(call.request.body));
  loop::DriftQuery query;
  query.manifests = body.required_text("manifests");
  query.cluster = body.text("cluster");
  query.space = body.text("namespace", query.space);
  query.prune = body.text("prune");
  TRY(body.finish());
  return control.drift(query);
}

Result<Json> drifts(Control control, const Clock&, const Call& call) {
  TRY(QueryReader(call.request.target.query).finish());
  return control.drifts();
}

Result<Json> look_at_manifests(Control control, const Clock&, const Call& call) {
  TRY(TRY(BodyReader::parse(call.request.body)).finish());
  return control.look_at_manifests();
}

Result<Json> facts(Control control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  loop::FactQuery wanted;
  wanted.subject = query.text("subject");
  wanted.kind = query.text("kind");
  wanted.before = query.number("before", 0, 0, std::numeric_limits<int64_t>::max());
  wanted.limit = query.number("limit", wanted.limit, 1, kMostRows);
  TRY(query.finish());
  return control.facts(wanted);
}

Result<Json> why(Control control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::string id = query.required_text("id");
  TRY(query.finish());
  return control.why(id);
}

Result<Json> verify(Control control, const Clock&, const Call& call) {
  TRY(QueryReader(call.request.target.query).finish());
  return control.verify();
}

Result<Json> policies(Control control, const Clock&, const Call& call) {
  TRY(QueryReader(call.request.target.query).finish());
  return control.policies();
}

Result<Json> plans(Control control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::string state = query.one_of("state", {"waiting", "running", "finished", "all"}, "waiting");
  TRY(query.finish());
  return control.plans(state);
}

Result<Json> plan(Control control, const Clock&, const Call& call) {
  TRY(QueryReader(call.request.target.query).finish());
  return control.plan(call.captures[0]);
}

Result<Json> action_output(Control control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  const uint64_t after = query.number("after", 0, 0, std::numeric_limits<int64_t>::max());
  TRY(query.finish());
  return control.action_output(call.captures[0], after);
}

Result<Json> verbs(Control control, const Clock&, const Call& call) {
  TRY(QueryReader(call.request.target.query).finish());
  return control.verbs();
}

Result<Json> config(Control control, const Clock&, const Call& call) {
  TRY(QueryReader(call.request.target.query).finish());
  return control.config();
}

Result<Json> diagnose(Control control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::string subject = query.required_text("id");
  const std::string space = query.text("namespace");
  const std::string cluster = query.text("cluster");
  TRY(query.finish());
  return control.diagnose({.subject = subject, .space = space, .cluster = cluster});
}

Result<Json> manual(Control control, const Clock&, const Call& call) {
  QueryReader query(call.request.target.query);
  const std::string text = query.required_text("text");
  const std::string product = query.text("product");
  TRY(query.finish());
  return control.manual(text, product);
}

Result<LogQuery> log_query(const Clock& clock, const Call& call) {
  QueryReader query(call.request.target.query);
  LogQuery wanted;
  wanted.selector = query.text("selector");
  wanted.to = query.time("to").value_or(clock.now());
  wanted.from = query.time("from").value_or(wanted.to - kLogsByDefault);
  wanted.limit = query.number("limit", wanted.limit, 1, kMostLines);
  TRY(query.finish());
  if (wanted.from > wanted.to) return fail(ErrorCode::kInvalidArgument, "'from' is later than 'to'");
  return wanted;
}

Result<Json> logs(Control control, const Clock& clock, const Call& call) {
  return control.logs(TRY(log_query(clock, call)));
}

Result<Json> log_templates(Control control, const Clock& clock, const Call& call) {
  return control.log_templates(TRY(log_query(clock, call)));
}

using Handler = std::function<HttpServerResponse(const Call&)>;

// For what takes minutes: a few at once would hold all workers.
Handler one_at_a_time(Handler handle) {
  return [handle = std::move(handle), mutex = std::make_shared<std::mutex>()](const Call& call) {
    const std::unique_lock lock(*mutex, std::try_to_lock);
    if (lock) return handle(call);
    return error_answer(Error{ErrorCode::kResourceExhausted, "this is running already; try again when it has ended"});
  };
}

}  // namespace

std::vector<Route> reading_routes(Control control, const Clock& clock) {
  const auto answer_with = [&](Reader read) {
    return [&control, &clock, read](const Call& call) {
      const Result<Json> result = read(control, clock, call);
      return result ? json_answer(*result) : error_answer(result.error());
    };
  };
  const auto get = [&](std::string_view pattern, Reader read) {
    return Route{"GET", pattern, Access::kViewer, false, Body::kNone, answer_with(read)};
  };
  Route one_plan = get("/capstan/v1/plans/{}", plan);
  one_plan.reserved = true;  // What `capstan approve` asks about.
  return {
      get("/capstan/v1/overview", overview),
      get("/capstan/v1/incidents", incidents),
      get("/capstan/v1/incidents/{}", incident),
      get("/capstan/v1/findings", findings),
      get("/capstan/v1/resources", resources),
      get("/capstan/v1/resource", resource),
      get("/capstan/v1/graph", graph),
      {"POST", "/capstan/v1/sql", Access::kViewer, false, Body::kJson, answer_with(sql)},
      {"POST", "/capstan/v1/check", Access::kViewer, false, Body::kJson, answer_with(check)},
      get("/capstan/v1/scaling", scaling),
      {"POST", "/capstan/v1/whatif", Access::kViewer, false, Body::kJson, answer_with(whatif)},
      // Whoever could compare any manifest could find out by trying what a Secret holds.
      {"POST", "/capstan/v1/drift", Access::kOperator, true, Body::kJson, answer_with(drift)},
      get("/capstan/v1/drift", drifts),
      {"POST", "/capstan/v1/drift/look", Access::kOperator, true, Body::kJson, answer_with(look_at_manifests)},
      get("/capstan/v1/facts", facts),
      get("/capstan/v1/why", why),
      {"GET", "/capstan/v1/verify", Access::kViewer, false, Body::kNone, one_at_a_time(answer_with(verify))},
      get("/capstan/v1/policies", policies),
      get("/capstan/v1/plans", plans),
      std::move(one_plan),
      get("/capstan/v1/actions/{}/output", action_output),
      get("/capstan/v1/verbs", verbs),
      get("/capstan/v1/config", config),
      get("/capstan/v1/diagnose", diagnose),
      get("/capstan/v1/manual", manual),
      get("/capstan/v1/logs", logs),
      get("/capstan/v1/log-templates", log_templates),
  };
}

}  // namespace capstan::serve
