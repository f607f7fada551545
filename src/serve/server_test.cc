#include "serve/server.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <set>

#include "serve/server_fixture.h"

namespace capstan::serve {
namespace {

namespace asio = boost::asio;

std::string example_path(std::string_view pattern) {
  std::string path(pattern.substr(0, pattern.find("{*}")));
  for (size_t at = path.find("{}"); at != std::string::npos; at = path.find("{}")) path.replace(at, 2, "x");
  return path;
}

class ServerTest : public ServerFixture {};

TEST_F(ServerTest, AsksEveryRouteForTheRoleItNames) {
  const std::string admin = set_up();
  const std::string viewer = make_token(admin, "v", "viewer");
  const std::string operators = make_token(admin, "o", "operator");
  const std::string administrators = make_token(admin, "a", "admin");
  ASSERT_GT(server().routes().size(), 50u);
  for (const Route& route : server().routes()) {
    // A stream would never end; its head is answered like any other.
    const std::string_view method = route.pattern == "/capstan/v1/events" ? "HEAD" : route.method;
    const auto status = [&](HttpHeaders headers) {
      return send(method, example_path(route.pattern), std::move(headers)).status;
    };
    const auto allowed = [&](HttpHeaders headers) {
      const int got = status(std::move(headers));
      return got != 401 && got != 403;
    };
    SCOPED_TRACE(std::string(route.method) + " " + std::string(route.pattern));
    const bool needs_login = route.access != Access::kPublic && route.access != Access::kLoopback;
    if (needs_login) {
      EXPECT_EQ(status({}), 401);
      EXPECT_EQ(status(bearer("cap_wrong")), 401);
      EXPECT_EQ(status({{"Cookie", "capstan_session=wrong"}, {"X-Capstan", "1"}}), 401);
    }
    const bool needs_operator = route.access == Access::kOperator || route.access == Access::kAdmin;
    EXPECT_EQ(allowed(bearer(viewer)), !needs_operator || !needs_login);
    EXPECT_EQ(allowed(bearer(operators)), route.access != Access::kAdmin);
    EXPECT_TRUE(allowed(bearer(administrators)));
  }
}

TEST_F(ServerTest, RefusesEveryChangeThatAnotherSiteCouldHaveMadeABrowserSend) {
  const std::string admin = set_up();
  for (const Route& route : server().routes()) {
    if (route.access == Access::kPublic) continue;
    EXPECT_TRUE(route.changes || route.method == "GET" || route.access == Access::kViewer) << route.pattern;
    if (!route.changes) continue;
    const HttpResponse answer = send(route.method, example_path(route.pattern), {{"Cookie", admin}});
    EXPECT_EQ(answer.status, 403) << route.pattern;
    EXPECT_NE(answer.body.find("X-Capstan"), std::string::npos) << answer.body;
  }
  EXPECT_EQ(get("/capstan/v1/overview", {{"Cookie", admin}}).status, 200);  // The session is still there.
}

TEST_F(ServerTest, IsPublicOnlyWhereThisTestSaysSo) {
  std::set<std::string> open;
  for (const Route& route : server().routes()) {
    if (route.access <= Access::kLoopback) open.insert(std::string(route.method) + " " + std::string(route.pattern));
  }
  EXPECT_EQ(open,
            (std::set<std::string>{"GET /-/healthy", "GET /-/ready", "GET /metrics", "GET /capstan/v1/session",
                                   "POST /capstan/v1/setup", "POST /capstan/v1/login", "POST /slack/{}", "GET /{*}"}));
}

TEST_F(ServerTest, TakesWhatActsWhileReadsHoldAllWorkers) {
  std::promise<void> verifying, released;
  control_.on_verify = [&] {
    verifying.set_value();
    released.get_future().wait();
  };
  options_.limits.workers = 1;
  const std::string admin = set_up();
  auto verified = std::async(std::launch::async, [&] { return get("/capstan/v1/verify", page(admin)).status; });
  verifying.get_future().wait();
  EXPECT_EQ(post("/capstan/v1/pause", Json::object({{"reason", "too slow"}}), page(admin)).status, 200);
  EXPECT_EQ(get("/capstan/v1/plans/p-1", page(admin)).status, 200);
  EXPECT_EQ(get("/-/healthy").status, 200);
  EXPECT_EQ(log_in("alice").status, 200);
  released.set_value();
  EXPECT_EQ(verified.get(), 200);
}

TEST_F(ServerTest, VerifiesOnceAtATime) {
  std::promise<void> verifying, released;
  std::atomic<bool> first = true;
  control_.on_verify = [&] {
    if (!first.exchange(false)) return;
    verifying.set_value();
    released.get_future().wait();
  };
  const std::string admin = set_up();
  auto verified = std::async(std::launch::async, [&] { return get("/capstan/v1/verify", page(admin)).status; });
  verifying.get_future().wait();
  EXPECT_EQ(get("/capstan/v1/verify", page(admin)).status, 429);
  released.set_value();
  EXPECT_EQ(verified.get(), 200);
  EXPECT_EQ(get("/capstan/v1/verify", page(admin)).status, 200);
}

TEST_F(ServerTest, SendsTheSecurityHeadersWithEveryAnswer) {
  for (const char* path : {"/", "/capstan/v1/session", "/capstan/v1/overview", "/nothing.js", "/%zz"}) {
    const HttpResponse answer = get(path);
    EXPECT_EQ(answer.header("X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(answer.header("Referrer-Policy"), "no-referrer") << path;
    EXPECT_NE(answer.header("Content-Security-Policy").find("frame-ancestors 'none'"), std::string_view::npos) << path;
    EXPECT_TRUE(answer.header("Access-Control-Allow-Origin").empty()) << path;
  }
  EXPECT_EQ(get("/capstan/v1/session").header("Cache-Control"), "no-store");
}

TEST_F(ServerTest, RefusesNamesThatAreNotItsOwn) {
  options_.allowed_hosts = {"capstan.example.org"};
  const std::string port = server().address().substr(server().address().rfind(':'));
  for (const std::string& host : {"localhost" + port, std::string("localhost"), "LOCALHOST" + port, "[::1]" + port,
                                  std::string("capstan.example.org"), "Capstan.Example.Org" + port}) {
    EXPECT_EQ(get("/capstan/v1/session", {{"Host", host}}).status, 200) << host;
  }
  for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:80"}) {
    const HttpResponse answer = get("/capstan/v1/session", {{"Host", host}});
    EXPECT_EQ(answer.status, 421) << host;
    EXPECT_NE(message(answer).find(host), std::string::npos) << answer.body;
  }
}

TEST_F(ServerTest, PassesQuestionsOnAndFillsInWhatWasLeftOut) {
  const HttpHeaders viewer = bearer(make_token(set_up(), "v", "viewer"));
  const std::pair<const char*, const char*> cases[] = {
      {"/capstan/v1/overview", "overview"},
      {"/capstan/v1/incidents", "incidents open 50"},
      {"/capstan/v1/incidents?state=all&limit=7", "incidents all 7"},
      {"/capstan/v1/incidents/inc-3", "incident inc-3"},
      {"/capstan/v1/findings?state=closed", "findings closed 200"},
      {"/capstan/v1/resources?kind=host_process&search=a%20b&limit=5&offset=10", "resources host_process|a b|||| 5 10"},
      {"/capstan/v1/resources?cluster=prod&namespace=shop&labels=a%3Db&sort=-name",
       "resources ||prod|shop|a=b|-name 200 0"},
      {"/capstan/v1/checks", "checks |||||| no 200 0"},
      {"/capstan/v1/checks?severity=high&rule=R&owner=-&cluster=prod&namespace=shop&resource=x&search=y&muted=only"
       "&limit=5&offset=10",
       "checks high|R|-|prod|shop|x|y only 5 10"},
      {"/capstan/v1/difference?id=x&before=3&after=9", "difference x 3 9"},
      {"/capstan/v1/map?namespace=shop&nodes=100", "map |shop 100 60000"},
      {"/capstan/v1/service_graph", "service_graph | 5m 5000"},
      {"/capstan/v1/savings", "savings ||30d|| 200"},
      {"/capstan/v1/savings?policy=p&account=a&since=7d&until=1d&zone=UTC&limit=5", "savings p|a|7d|1d|UTC 5"},
      {"/capstan/v1/service_graph?cluster=prod&namespace=shop&window=90s&limit=7", "service_graph prod|shop 1m30s 7"},
      {"/capstan/v1/mutes", "mutes false"},
      {"/capstan/v1/mutes?state=all", "mutes true"},
      {"/capstan/v1/resource?id=host_disk%2F%2Fdev%2Fsda", "resource host_disk//dev/sda now"},
      {"/capstan/v1/resource?id=x&at=2026-01-08T18:00:00%2B09:00", "resource x 2026-01-08T09:00:00.000Z"},
      {"/capstan/v1/graph", "graph  2"},
      {"/capstan/v1/graph?id=x&depth=0", "graph x 0"},
      {"/capstan/v1/facts?kind=action.&before=9&limit=2", "facts |action. 9 2"},
      {"/capstan/v1/why?id=inc-3", "why inc-3"},
      {"/capstan/v1/verify", "verify"},
      {"/capstan/v1/policies", "policies"},
      {"/capstan/v1/verdicts?resource=vm%2F1&policy=core-time", "verdicts vm/1|core-time"},
      {"/capstan/v1/overrides", "overrides"},
      {"/capstan/v1/approvals", "approvals"},
      {"/capstan/v1/freezes", "freezes"},
      {"/capstan/v1/calendar", "calendar now 7"},
      {"/capstan/v1/calendar?from=2026-01-08T18:00:00Z&days=1", "calendar 2026-01-08T18:00:00.000Z 1"},
      {"/capstan/v1/plans", "plans waiting"},
      {"/capstan/v1/plans/plan%2F1", "plan plan/1"},
      {"/capstan/v1/verbs", "verbs"},
      {"/capstan/v1/config", "config"},
      {"/capstan/v1/diagnose?id=pod%2Fweb&namespace=shop", "diagnose pod/web|shop|"},
      {"/capstan/v1/manual?text=exit%20code%20137&product=kubernetes", "manual 'exit code 137' kubernetes"},
      {"/capstan/v1/logs?selector=%7Bunit%3D%22x%22%7D&from=1799999000",
       "logs {unit=\"x\"} 2027-01-15T07:43:20.000Z 2027-01-15T08:00:00.000Z 100"},
      {"/capstan/v1/scaling?cluster=prod&autoscaler=shop%2Fweb", "scaling prod shop/web"},
      {"/capstan/v1/log-templates", "templates  2027-01-15T07:00:00.000Z 2027-01-15T08:00:00.000Z 100"},
  };
  for (const auto& [path, asked] : cases) {
    EXPECT_EQ(json(get(path, viewer))["asked"].string_or_empty(), asked) << path;
  }
  EXPECT_EQ(json(post("/capstan/v1/sql", Json::object({{"query", "SELECT 1"}}), viewer))["asked"],
            Json("sql SELECT 1"));
  EXPECT_EQ(json(post("/capstan/v1/preview", Json::object({{"policies", "policy: p"}}), viewer))["asked"],
            Json("preview policies 'policy: p'"));
  const Json past = Json::object({{"policies", "policy: p"}});
  EXPECT_EQ(json(post("/capstan/v1/backtest", past, viewer))["asked"],
            Json("start_backtest policies 'policy: p' 30d||1m"));
  Json whole = past;
  whole.set("file", "p.yaml");
  whole.set("since", "2026-01-01");
  whole.set("until", "2026-01-08");
  whole.set("step", "10m");
  EXPECT_EQ(json(post("/capstan/v1/backtest", whole, viewer))["asked"],
            Json("start_backtest p.yaml 'policy: p' 2026-01-01|2026-01-08|10m"));
  EXPECT_EQ(json(get("/capstan/v1/backtest/backtest-3", viewer))["asked"], Json("backtest backtest-3"));
  EXPECT_EQ(json(post("/capstan/v1/backtest/backtest-3/cancel", Json::object(), viewer))["asked"],
            Json("cancel_backtest backtest-3"));
  const Json change = Json::object({{"change", "kind: Pod"}, {"way", "merge"}, {"cluster", "prod"}});
  EXPECT_EQ(json(post("/capstan/v1/check", change, viewer))["asked"], Json("check 'kind: Pod' true prod default"));
  EXPECT_EQ(json(post("/capstan/v1/whatif", Json::object({{"drain", Json::array({"n1"})}}), viewer))["asked"],
            Json(R"(whatif {"drain":["n1"]})"));
}

TEST_F(ServerTest, PassesDecisionsOnWithWhoMadeThem) {
  const std::string admin = set_up();
  const HttpHeaders robot = bearer(make_token(admin, "robot", "operator"));
  const auto decide = [&](std::string_view path, const Json& body) {
    return json(post(path, body, robot))["asked"].string_or_empty();
  };
  EXPECT_EQ(decide("/capstan/v1/plans/p1/approve", Json::object({{"hash", "h"}})), "approve p1 h by token:robot");
  EXPECT_EQ(decide("/capstan/v1/plans/p1/reject", Json::object({{"reason", "no"}})), "reject p1 'no' by token:robot");
  EXPECT_EQ(decide("/capstan/v1/plans/p1/cancel", Json::object()), "cancel p1 by token:robot");
  EXPECT_EQ(decide("/capstan/v1/actions/a1/resolve", Json::object({{"decision", "retry"}})),
            "resolve a1 retry by token:robot");
  EXPECT_EQ(decide("/capstan/v1/policies/core-time/run", Json::object()), "run core-time by token:robot");
  EXPECT_EQ(decide("/capstan/v1/policies/core-time/pause", Json::object()), "pause core-time by token:robot");
  EXPECT_EQ(decide("/capstan/v1/policies/core-time/resume", Json::object()), "resume core-time by token:robot");
  EXPECT_EQ(decide("/capstan/v1/approvals", Json::object({{"policy", "heal"}, {"resource", "vm/1"}})),
            "allow heal on vm/1 by token:robot");
  EXPECT_EQ(decide("/capstan/v1/freezes/year-end/lift", Json::object({{"plan", "plan-1"}, {"reason", "outage"}})),
            "lift year-end for plan-1 because outage by token:robot, operator");
  EXPECT_EQ(decide("/capstan/v1/approvals/approval-3/withdraw", Json::object()), "withdraw approval-3 by token:robot");
  EXPECT_EQ(decide("/capstan/v1/overrides/override-3/end", Json::object()), "end override-3 by token:robot");
  EXPECT_EQ(
      decide("/capstan/v1/overrides",
             Json::object({{"resource", "trial_user07"}, {"state", "up"}, {"until", "22:00"}, {"reason", "demo"}})),
      "keep trial_user07| up until 22:00  'demo' by token:robot");
  EXPECT_EQ(decide("/capstan/v1/mutes/mute-3/end", Json::object()), "unmute mute-3 by token:robot");
  const Json mute = Json::object({{"rule", "R"}, {"namespace", "shop"}, {"reason", "why"}, {"for", "1h"}});
  EXPECT_EQ(decide("/capstan/v1/mutes", mute),
            R"(mute {"at":"1970-01-01T00:00:00.000Z","by":"token:robot","cluster":"","finding":"","id":"",)"
            R"("namespace":"shop","reason":"why","resource":"","rule":"R","until":"2027-01-15T09:00:00.000Z"})");
  EXPECT_EQ(decide("/capstan/v1/pause", Json::object({{"reason", "fire"}})), "pause 'fire' by token:robot");
  EXPECT_EQ(json(send("POST", "/capstan/v1/resume", page(admin)))["asked"], Json("resume by user:alice"));
}

TEST_F(ServerTest, SaysWhatIsWrongWithARequest) {
  const HttpHeaders admin = bearer(make_token(set_up(), "a", "admin"));
  const std::tuple<const char*, int, const char*> gets[] = {
      {"/capstan/v1/incidents?state=opne", 400, "expected one of open, closed, all"},
      {"/capstan/v1/incidents?limit=0", 400, "from 1 to 10000"},
      {"/capstan/v1/incidents?limit=5x", 400, "from 1 to 10000"},
      {"/capstan/v1/incidents?lmit=5", 400, "did you mean 'limit'"},
      {"/capstan/v1/incidents?limit=5&limit=6", 400, "given twice"},
      {"/capstan/v1/resource", 400, "'id' is missing"},
      {"/capstan/v1/resource?id=x&at=yesterday", 400, "at=yesterday"},
      {"/capstan/v1/logs?from=20&to=10", 400, "later than"},
      {"/capstan/v1/incidents/missing", 404, "no incident 'missing'"},
      {"/capstan/v1/service_graph?window=2d", 400, "2d is not within 1s to 1d"},
      {"/capstan/v1/service_graph?window=soon", 400, "'window'"},
      {"/capstan/v1/backtest/backtest-1?id=2", 400, "unknown parameter 'id'"},
      {"/capstan/v1/backtest/backtest-1/cancel", 405, "takes POST, not GET"},
      {"/capstan/v1/backtest", 405, "takes POST, not GET"},
      {"/capstan/v1/nothing", 404, "nothing at /capstan/v1/nothing"},
      {"/capstan/v1/pause", 405, "takes POST, not GET"},
  };
  for (const auto& [path, status, text] : gets) {
    const HttpResponse answer = get(path, admin);
    EXPECT_EQ(answer.status, status) << path;
    EXPECT_NE(message(answer).find(text), std::string::npos) << answer.body;
  }
  const std::tuple<const char*, const char*, int, const char*> posts[] = {
      {"/capstan/v1/plans/p/approve", "{}", 400, "'hash' is missing"},
      {"/capstan/v1/plans/p/approve", R"({"hash": 5})", 400, "must be text"},
      {"/capstan/v1/plans/p/approve", R"({"hash": "h", "x": "y"})", 400, "unknown member 'x'"},
      {"/capstan/v1/plans/p/approve", R"({"hash": )", 400, "not valid JSON"},
      {"/capstan/v1/plans/p/approve", "[]", 400, "expected a JSON object"},
      {"/capstan/v1/plans/p/approve", R"({"hash": "old"})", 409, "the plan changed"},
      {"/capstan/v1/actions/a/resolve", R"({"decision": "maybe"})", 400, "happened, retry or abandon"},
      {"/capstan/v1/overrides", R"({"resource": "web", "until": "2h"})", 400, "'state' is missing"},
      {"/capstan/v1/backtest", "{}", 400, "'policies' is missing"},
      {"/capstan/v1/backtest", R"({"policies": "", "since": "7d"})", 400, "'policies' is missing"},
      {"/capstan/v1/backtest", R"({"policies": "policy: p", "sinc": "7d"})", 400, "did you mean 'since'"},
      {"/capstan/v1/backtest", R"({"policies": "policy: p", "step": 5})", 400, "must be text"},
      {"/capstan/v1/backtest/backtest-1/cancel", R"({"why": "x"})", 400, "unknown member 'why'"},
      {"/capstan/v1/tokens", R"({"name": "t", "role": "king"})", 400, "no role 'king'"},
      {"/capstan/v1/tokens", R"({"name": "T T", "role": "viewer"})", 400, "no token name"},
  };
  for (const auto& [path, body, status, text] : posts) {
    HttpHeaders headers = admin;
    headers.emplace_back("Content-Type", "application/json");
    const HttpResponse answer = send("POST", path, headers, body);
    EXPECT_EQ(answer.status, status) << path << body;
    EXPECT_NE(message(answer).find(text), std::string::npos) << answer.body;
  }
  HttpHeaders form = admin;
  form.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  EXPECT_EQ(send("POST", "/capstan/v1/pause", form, "reason=x").status, 415);
}

TEST_F(ServerTest, TellsWhereInAQueryTheMistakeIs) {
  const HttpHeaders viewer = bearer(make_token(set_up(), "v", "viewer"));
  const Json error = json(post("/capstan/v1/sql", Json::object({{"query", "SELEC"}}), viewer))["error"];
  EXPECT_EQ(error["file"], Json("query"));
  EXPECT_EQ(error["line"], Json(1));
  EXPECT_EQ(error["column"], Json(1));
}

TEST_F(ServerTest, TakesOnlySmallBodiesFromStrangers) {
  const HttpHeaders writer = bearer(make_token(set_up(), "w", "operator"));
  hooks_.remote_write = [](std::string_view) { return Status(); };
  restart();
  const std::string large(2 << 20, 'x');
  HttpHeaders headers = {{"Content-Type", "application/x-protobuf"}, {"Content-Encoding", "snappy"}};
  EXPECT_EQ(send("POST", "/api/v1/write", headers, large).status, 401);
  headers.push_back(writer.front());
  EXPECT_EQ(send("POST", "/api/v1/write", headers, large).status, 204);
  EXPECT_EQ(send("POST", "/api/v1/write", headers, std::string((32 << 20) + 1, 'x')).status, 413);
  HttpHeaders json_headers = {writer.front(), {"Content-Type", "application/json"}};
  const HttpResponse answer = send("POST", "/capstan/v1/sql", json_headers, large);
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(code(answer), "resource_exhausted");
}

TEST_F(ServerTest, AnswersRemoteWriteAsItsSpecificationSays) {
  Status result;
  std::string taken;
  hooks_.remote_write = [&](std::string_view body) {
    taken = body;
    return result;
  };
  const std::string token = make_token(set_up(), "w", "operator");
  const auto write = [&](std::string_view type = "application/x-protobuf", std::string_view encoding = "snappy") {
    return send("POST", "/api/v1/write",
                {bearer(token).front(),
                 {"Content-Type", std::string(type)},
                 {"Content-Encoding", std::string(encoding)}},
                "samples")
        .status;
  };
  EXPECT_EQ(write(), 204);
  EXPECT_EQ(taken, "samples");
  EXPECT_EQ(write("application/x-protobuf;proto=io.prometheus.write.v2.Request"), 415);
  EXPECT_EQ(write("application/json"), 415);
  EXPECT_EQ(write("application/x-protobuf", "gzip"), 415);
  for (const auto& [code, status] : {std::pair{ErrorCode::kInvalidArgument, 400},
                                     {ErrorCode::kCorrupt, 400},
                                     {ErrorCode::kResourceExhausted, 429},
                                     {ErrorCode::kUnavailable, 503}}) {
    result = fail(code, "no");
    EXPECT_EQ(write(), status);
  }
}

TEST_F(ServerTest, HandsPrometheusQueriesToTheHook) {
  std::vector<std::string> asked;
  hooks_.prometheus = [&](std::string_view path, std::string_view method, const QueryParameters& parameters) {
    std::string text = fmt::format("{} {}", method, path);
    for (const auto& [name, value] : parameters) text += fmt::format(" {}={}", name, value);
    asked.push_back(text);
    return PrometheusAnswer{422, R"({"status":"error"})"};
  };
  const HttpHeaders viewer = bearer(make_token(set_up(), "grafana", "viewer"));
  EXPECT_EQ(get("/api/v1/query?query=up&time=5", viewer).status, 422);
  HttpHeaders form = viewer;
  form.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  send("POST", "/api/v1/query_range?step=5", form, "query=sum+by%28a%29%28x%29&start=1");
  get("/api/v1/label/j%6Fb/values?match[]=up&match[]=down", viewer);
  EXPECT_EQ(asked,
            (std::vector<std::string>{"GET query query=up time=5", "POST query_range step=5 query=sum by(a)(x) start=1",
                                      "GET label/job/values match[]=up match[]=down"}));
  // Grafana shows "error" to its user, as Prometheus writes it.
  const Json refused = json(get("/api/v1/query?query=up"));
  EXPECT_EQ(refused["status"], Json("error"));
  EXPECT_EQ(refused["errorType"], Json("unauthorized"));
  EXPECT_TRUE(refused["error"].is_string());
}

TEST_F(ServerTest, ShowsItsOwnStateWithoutALogin) {
  EXPECT_EQ(get("/-/healthy").status, 200);
  EXPECT_EQ(get("/-/ready").status, 200);
  EXPECT_EQ(get("/metrics").body, "capstan_up 1\n");
  EXPECT_EQ(get("/metrics", {{"X-Forwarded-For", "203.0.113.9"}}).status, 401);  // Somebody else, through a proxy.
  control_.set_ready(fail(ErrorCode::kUnavailable, "reading the ledger"));
  const HttpResponse answer = get("/-/ready");
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("reading the ledger"), std::string::npos);
}

TEST_F(ServerTest, AnswersHeadLikeGetWithoutABody) {
  const HttpResponse answer = send("HEAD", "/-/healthy");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "");
}

TEST_F(ServerTest, CountsWhoComesOverTheLocalSocketAsAdministrator) {
  asio::io_context io;
  asio::local::stream_protocol::socket socket(io);
  socket.connect(asio::local::stream_protocol::endpoint(server().socket().string()));
  const std::string body = R"({"name":"t","role":"viewer"})";
  asio::write(socket, asio::buffer(fmt::format("POST /capstan/v1/tokens HTTP/1.1\r\nHost: capstan\r\nContent-Type: "
                                               "application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                                               body.size(), body)));
  std::string answer;
  boost::system::error_code error;
  asio::read(socket, asio::dynamic_buffer(answer), error);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
  ASSERT_EQ(control_.recorded().size(), 1u);
  EXPECT_TRUE(control_.recorded()[0].actor.starts_with("local:")) << control_.recorded()[0].actor;
}

TEST_F(ServerTest, RefusesToStartTwiceOnOneDirectory) {
  server();
  ServerOptions again = options_;
  const auto second = Server::start(again, control_, {}, clock_, random_);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("capstan.sock"), std::string::npos) << second.error().message;
}

}  // namespace
}  // namespace capstan::serve
