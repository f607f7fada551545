#include "connect/rest/rest_service.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/fake_http_client.h"
#include "service/fake_service.h"

namespace capstan::rest {
namespace {

constexpr std::string_view kPortal = R"(
service: shop
needs: [user, password]
errors: { code: $.code, message: $.message, details: [$.blocking] }
paging: { page: page, first: 1, size: size, per_page: 2, total: $.total }
pagings:
  cursor: { cursor: after, next: $.next }
  link: { link: next }
logins:
  admin:
    steps:
      - { get: /login, take: { csrf: { text: 'csrf=(\w+)' } } }
      - { post: /login, form: { csrf: "{{csrf}}", user: "{{settings.user}}", password: "{{settings.password}}" }, expect: [303] }
    send: { X-CSRF: "{{csrf}}" }
    lasts: 10m
  user:
    takes: [user]
    send: { X-User: "{{user}}" }
)";

struct Secrets final : SecretStore {
  Result<Secret> get(std::string_view reference) const override {
    if (reference == "env:PW") return Secret("p@ss word");
    return fail(ErrorCode::kNotFound, "no such secret");
  }
};

HttpResponse response(int status, std::string body, HttpHeaders headers = {{"Content-Type", "application/json"}}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}

// A portal with sessions; `pages` answers what is not about them.
class RestServiceTest : public testing::Test {
 protected:
  RestServiceTest() : fake_([](const ServiceCall&) { return service::answer(200); }) {
    fake_.outside.secrets = &secrets_;
  }

  void make(std::string_view yaml = kPortal,
            std::string_view settings = R"({"url": "http://portal/", "user": "ann", "password": "env:PW"})") {
    std::vector<Error> problems;
    const service::CheckRequest check = [](std::string_view, const Json&) { return Status(); };
    RestSpec spec = read_rest_spec(parse_yaml(yaml, "pack.yaml")->front(), check, problems);
    for (const Error& problem : problems) ADD_FAILURE() << problem.to_string();
    auto made = RestService::create(std::move(spec), *Json::parse(settings), http_, fake_.outside);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    service_ = std::move(*made);
  }

  Result<ServiceAnswer> ask(std::string_view request, std::string collect = "") {
    return service_->call({.request = *Json::parse(request),
                           .login = {},
                           .parameters = Json::object(),
                           .fresh = false,
                           .collect = std::move(collect)},
                          {});
  }

  Result<HttpResponse> answer(const HttpRequest& request) {
    if (request.url == "http://portal/login" && request.method == "GET")
      return response(200, "<html>csrf=abc", {{"Set-Cookie", "S=before; Path=/"}});
    if (request.url == "http://portal/login") {
      ++logins_;
      if (refuses_) return response(401, R"({"code": "BAD_CREDENTIALS"})");
      EXPECT_EQ(request.body, "csrf=abc&password=p%40ss%20word&user=ann");
      return response(303, "", {{"Set-Cookie", "S=s" + std::to_string(logins_) + "; Path=/; HttpOnly"}});
    }
    if (cookie(request) == "S=" + over_) return response(401, R"({"code": "SESSION_EXPIRED"})");
    return pages_(request);
  }

  static std::string cookie(const HttpRequest& request) {
    for (const auto& [name, value] : request.headers) {
      if (name == "Cookie") return value;
    }
    return "";
  }

  Secrets secrets_;
  service::FakeOutside fake_;
  FakeHttpClient http_{[this](const HttpRequest& request) { return answer(request); }};
  std::function<Result<HttpResponse>(const HttpRequest&)> pages_ = [](const HttpRequest&) {
    return response(200, "{}");
  };
  int logins_ = 0;
  bool refuses_ = false;
  std::string over_ = "nothing";
  std::unique_ptr<RestService> service_;
};

TEST_F(RestServiceTest, LogsInOnceAndSendsCookieAndToken) {
  make();
  ASSERT_TRUE(ask(R"({"get": "/a"})").has_value());
  ASSERT_TRUE(ask(R"({"post": "/b", "body": {"x": 1}})").has_value());
  EXPECT_EQ(logins_, 1);
  const HttpRequest last = http_.requests().back();
  EXPECT_EQ(cookie(last), "S=s1");
  EXPECT_EQ(last.body, R"({"x":1})");
  EXPECT_TRUE(std::ranges::any_of(
      last.headers, [](const auto& each) { return each == std::pair<std::string, std::string>("X-CSRF", "abc"); }));
}

TEST_F(RestServiceTest, LogsInAgainWhenTheSessionIsOverOrOld) {
  make();
  ASSERT_TRUE(ask(R"({"get": "/a"})").has_value());
  over_ = "s1";
  EXPECT_EQ(ask(R"({"post": "/a"})")->status, 200);
  EXPECT_EQ(logins_, 2);
  fake_.clock.advance(Duration(11 * 60'000));
  EXPECT_TRUE(ask(R"({"get": "/a"})").has_value());
  EXPECT_EQ(logins_, 3);
}

TEST_F(RestServiceTest, DoesNotLockAnAccountByAskingAgainWithTheSamePassword) {
  make();
  refuses_ = true;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(R"({"get": "/a"})").error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(logins_, 1);
  fake_.clock.advance(Duration(61'000));
  EXPECT_FALSE(ask(R"({"get": "/a"})").has_value());
  EXPECT_EQ(logins_, 2);
}

TEST_F(RestServiceTest, FollowsPagesOfEveryKind) {
  make();
  pages_ = [](const HttpRequest& request) {
    const std::string_view url = request.url;
    if (url.find("/gone") != std::string_view::npos) return response(404, "{}");
    if (url.ends_with("page=1&size=2")) return response(200, R"({"items": [1, 2], "total": 3})");
    if (url.ends_with("page=2&size=2")) return response(200, R"({"items": [3], "total": 3})");
    if (url.ends_with("/c")) return response(200, R"({"items": [1], "next": "n&1"})");
    if (url.ends_with("/c?after=n%261")) return response(200, R"({"items": [2], "next": null})");
    if (url.ends_with("/l"))
      return response(200, "[1]",
                      {{"Content-Type", "application/json"}, {"Link", "<http://portal/l?after=1>; rel=\"next\""}});
    if (url.ends_with("/l?after=1")) return response(200, "[2]");
    if (url.ends_with("/evil"))
      return response(200, "[1]",
                      {{"Content-Type", "application/json"}, {"Link", "<http://elsewhere/l>; rel=\"next\""}});
    return response(404, "{}");
  };
  EXPECT_EQ(ask(R"({"get": "/p"})", "$.items")->body.dump(), "[1,2,3]");
  EXPECT_EQ(ask(R"({"get": "/c", "paging": "cursor"})", "$.items")->body.dump(), "[1,2]");
  EXPECT_EQ(ask(R"({"get": "/l", "paging": "link"})", "$")->body.dump(), "[1,2]");
  EXPECT_EQ(ask(R"({"get": "/evil", "paging": "link"})", "$").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(ask(R"({"get": "/gone"})", "$.items")->status, 404);
}

TEST_F(RestServiceTest, TellsHalfAnAnswerFromAWholeOne) {
  make();
  pages_ = [](const HttpRequest&) { return response(200, R"({"items": [1, 2)"); };
  EXPECT_EQ(ask(R"({"get": "/a"})").error().code, ErrorCode::kCorrupt);
  pages_ = [](const HttpRequest&) {
    return response(502, "<!DOCTYPE html><html>gateway", {{"Content-Type", "text/html"}});
  };
  EXPECT_EQ(service_->explain(*ask(R"({"get": "/a"})")), "502: a page of HTML came in place of JSON");
  pages_ = [](const HttpRequest&) {
    return response(409, R"({"code": "IN_USE", "message": "something is in the way", "blocking": ["x"]})");
  };
  EXPECT_EQ(service_->explain(*ask(R"({"get": "/a"})")), R"(409 IN_USE: something is in the way (blocking: ["x"]))");
}

TEST_F(RestServiceTest, NamesWhatSettingsLack) {
  std::vector<Error> problems;
  const service::CheckRequest check = [](std::string_view, const Json&) { return Status(); };
  const RestSpec spec = read_rest_spec(parse_yaml(kPortal, "pack.yaml")->front(), check, problems);
  const auto without =
      RestService::create(spec, *Json::parse(R"({"url": "http://portal", "user": "x"})"), http_, fake_.outside);
  EXPECT_EQ(without.error().message, "the service 'shop' needs 'password'");
  const auto nowhere = RestService::create(spec, *Json::parse(R"({"url": "portal"})"), http_, fake_.outside);
  EXPECT_EQ(nowhere.error().message, "the service 'shop' needs a 'url' of http or https");
}

TEST(RestSpec, SaysWhatIsWrongWithADescription) {
  const auto read = [](std::string_view yaml) {
    std::vector<Error> problems;
    read_rest_spec(
        parse_yaml(yaml, "pack.yaml")->front(), [](std::string_view, const Json&) { return Status(); }, problems);
    return problems.empty() ? "" : problems.front().to_string();
  };
  EXPECT_EQ(read("service: x\nlogins: { a: {} }\nrate: fast\n"),
            "pack.yaml:3:7: 'rate' must be like 20/s or 300/min, found 'fast'");
  EXPECT_NE(read("service: x\n").find("logins"), std::string::npos);
  EXPECT_NE(read("service: x\nlogins: { a: {} }\npaging: { cursor: c }\n").find("'next'"), std::string::npos);
  EXPECT_NE(read("service: x\nlogins: { a: { steps: [ { got: /x } ] } }\n").find("unknown key 'got'"),
            std::string::npos);
}

TEST(CookieJar, KeepsWhatIsMeantForAPathAndForgetsWhatHasExpired) {
  CookieJar jar;
  const Time now = from_unix_ms(1'000'000);
  jar.take({{"Set-Cookie", "a=1; Path=/"}, {"set-cookie", "b=2; Path=/deep; Max-Age=10"}, {"Set-Cookie", "broken"}},
           now);
  EXPECT_EQ(jar.header("/deep/x", now), "a=1; b=2");
  EXPECT_EQ(jar.header("/deeper", now), "a=1");
  EXPECT_EQ(jar.header("/deep", now + Duration(10'000)), "a=1");
  jar.take({{"Set-Cookie", "a=; Max-Age=0"}}, now);
  EXPECT_EQ(jar.header("/", now), "");
}

}  // namespace
}  // namespace capstan::rest
