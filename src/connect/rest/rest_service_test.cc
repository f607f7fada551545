#include "connect/rest/rest_service.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

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
  offset: { offset: offset, limit: limit, per_page: 2, total: $.total }
  blind: { page: page }
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
                           .reads_text = false,
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

TEST_F(RestServiceTest, HalfAListNeverPassesForAWholeOne) {
  make();
  const auto error = [&](const char* request, auto answer) {
    int page = 0;
    pages_ = [answer, page](const HttpRequest&) mutable { return response(200, answer(++page)); };
    const Result<ServiceAnswer> listed = ask(request, "$.items");
    return listed ? "listed " + listed->body.dump() : std::string(listed.error().message);
  };
  // Something was deleted from the first page after it was read, so that one item moved to where we had been.
  const auto shrinks = [](int page) -> std::string {
    return page == 1 ? R"({"items": [1, 2], "total": 4})" : R"({"items": [4], "total": 3})";
  };
  EXPECT_NE(error(R"({"get": "/p"})", shrinks).find("became shorter"), std::string::npos);
  EXPECT_NE(error(R"({"get": "/p", "paging": "offset"})", shrinks).find("became shorter"), std::string::npos);
  const auto ends_early = [](int page) -> std::string {
    return page == 1 ? R"({"items": [1, 2], "total": 4})" : R"({"items": [], "total": 4})";
  };
  EXPECT_NE(error(R"({"get": "/p"})", ends_early).find("became shorter"), std::string::npos);
  const auto grows = [](int page) -> std::string {
    return page == 1 ? R"({"items": [1, 2], "total": 3})" : R"({"items": [3, 4], "total": 4})";
  };
  EXPECT_EQ(error(R"({"get": "/p"})", grows), "listed [1,2,3,4]");
  // A service that does not know what 'page' means gives its first page forever.
  const auto stuck = [](int) -> std::string { return R"({"items": [1, 2]})"; };
  EXPECT_NE(error(R"({"get": "/p", "paging": "blind"})", stuck).find("same page came twice"), std::string::npos);
  const auto circle = [](int page) -> std::string {
    return page % 2 == 0 ? R"({"items": [1], "next": "a"})" : R"({"items": [2], "next": "b"})";
  };
  EXPECT_NE(error(R"({"get": "/c", "paging": "cursor"})", circle).find("circle"), std::string::npos);
  const auto nonsense = [](int) -> std::string { return R"({"message": "maintenance"})"; };
  EXPECT_NE(error(R"({"get": "/p"})", nonsense).find("expected a list at $.items"), std::string::npos);
}

TEST_F(RestServiceTest, AListWithoutEndIsGivenUp) {
  make();
  std::string many = "1";
  for (int i = 1; i < 50'000; ++i) many += ",1";
  pages_ = [&, page = 0](const HttpRequest&) mutable {
    return response(200, R"({"items": [)" + many + R"(], "next": )" + std::to_string(++page) + "}");
  };
  EXPECT_EQ(ask(R"({"get": "/c", "paging": "cursor"})", "$.items").error().code, ErrorCode::kResourceExhausted);
}

TEST_F(RestServiceTest, FollowsLinksThatAreRelativeToThePage) {
  make(kPortal, R"({"url": "http://portal/", "user": "ann", "password": "env:PW"})");
  std::vector<std::string> links;
  pages_ = [&](const HttpRequest& request) {
    HttpHeaders headers = {{"Content-Type", "application/json"}};
    EXPECT_TRUE(std::ranges::any_of(request.headers, [](const auto& each) { return each.first == "X-Tenant"; }));
    if (!links.empty()) {
      headers.emplace_back("Link", "<http://portal/first>; title=\"rel=next, <x>\"; rel=\"first\", <" + links.front() +
                                       ">; rel=\"last next\"");
      links.erase(links.begin());
    }
    return response(200, "[1]", headers);
  };
  const auto follow = [&](std::vector<std::string> all) {
    links = std::move(all);
    return ask(R"({"get": "/v1/l", "headers": {"X-Tenant": "t"}, "paging": "link"})", "$");
  };
  EXPECT_EQ(follow({"/v1/l?after=1", "?after=2", "http://portal/v1/l?after=3"})->body.dump(), "[1,1,1,1]");
  EXPECT_EQ(http_.requests().back().url, "http://portal/v1/l?after=3");
  EXPECT_EQ(http_.requests()[http_.requests().size() - 2].url, "http://portal/v1/l?after=2");
  for (const char* elsewhere :
       {"//evil/l", "https://portal/l", "http://portal.evil/l", "http://portal@evil/l", "file:///l"})
    EXPECT_EQ(follow({elsewhere}).error().code, ErrorCode::kCorrupt) << elsewhere;
  EXPECT_EQ(follow({"?a", "?b", "?a"}).error().code, ErrorCode::kCorrupt);
}

TEST_F(RestServiceTest, APageForPeopleIsNoAnswer) {
  make();
  const HttpHeaders html = {{"Content-Type", "text/html; charset=utf-8"}};
  // The portal shows its login's form with status 200 where others say 401.
  pages_ = [&](const HttpRequest& request) {
    return cookie(request) == "S=s1" ? response(200, "<!doctype html><form>", html) : response(200, R"({"id": 7})");
  };
  EXPECT_EQ(ask(R"({"get": "/a"})")->body["id"], Json(7));
  EXPECT_EQ(logins_, 2);
  // A change is not sent twice: nobody knows what became of it.
  int posts = 0;
  pages_ = [&](const HttpRequest&) { return ++posts, response(200, "<html>", html); };
  EXPECT_EQ(ask(R"({"post": "/a", "body": {}})").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(posts, 1);
  EXPECT_EQ(ask(R"({"get": "/a"})").error().code, ErrorCode::kCorrupt);
  // Who asks for a page gets one.
  EXPECT_EQ(ask(R"({"get": "/a", "headers": {"Accept": "text/html"}})")->status, 200);
}

TEST_F(RestServiceTest, ACodeInTheBodyMeansAStatusWhateverHttpSays) {
  std::string yaml(kPortal);
  yaml.replace(yaml.find("details:"), 0, R"(means: { "0000": 200, 404: 404, LOGIN: 401, BUSY: 429, "*": 400 }, )");
  make(yaml);
  std::string body;
  pages_ = [&](const HttpRequest&) { return response(200, body); };
  const auto status = [&](std::string_view code) {
    body = R"({"code": )" + std::string(code) + "}";
    return ask(R"({"get": "/a"})")->status;
  };
  EXPECT_EQ(status(R"("0000")"), 200);
  EXPECT_EQ(status("404"), 404);
  EXPECT_EQ(status(R"("ODD")"), 400);
  EXPECT_EQ(status("null"), 200);
  EXPECT_EQ(logins_, 1);
  EXPECT_EQ(status(R"("LOGIN")"), 401);
  EXPECT_EQ(logins_, 2);
  body = R"({"code": "BUSY"})";
  EXPECT_TRUE(ask(R"({"post": "/a"})")->may_retry);
  pages_ = [](const HttpRequest&) { return response(500, R"({"code": "ODD"})"); };
  EXPECT_EQ(ask(R"({"get": "/a"})")->status, 500);
}

TEST_F(RestServiceTest, ReadsJsonThatIsNotCalledSo) {
  make();
  pages_ = [](const HttpRequest&) { return response(200, R"({"id": 1})", {{"Content-Type", "text/plain"}}); };
  EXPECT_EQ(ask(R"({"get": "/a"})")->body["id"], Json(1));
  pages_ = [](const HttpRequest&) { return response(200, R"({"id": 1})", {}); };
  EXPECT_EQ(ask(R"({"get": "/a"})")->body["id"], Json(1));
  pages_ = [](const HttpRequest&) { return response(200, "{ready}", {{"Content-Type", "text/plain"}}); };
  EXPECT_TRUE(ask(R"({"get": "/a"})")->body.is_null());
}

TEST_F(RestServiceTest, WhatAServiceSaysIsCutBetweenCharactersAndControlsNoTerminal) {
  make();
  std::string words;
  for (int i = 0; i < 300; ++i) words += "가";
  pages_ = [&](const HttpRequest&) {
    return response(400, Json::object({{"message", "\x1b[31mred\x1b[0m\n" + words}}).dump());
  };
  const std::string told = service_->explain(*ask(R"({"get": "/a"})"));
  EXPECT_EQ(told.find('\x1b'), std::string::npos);
  EXPECT_TRUE(told.starts_with("400: red")) << told;
  EXPECT_TRUE(told.ends_with("가…")) << told;
}

TEST_F(RestServiceTest, ARequestHasOneContentType) {
  make();
  ASSERT_TRUE(ask(R"({"patch": "/a", "headers": {"content-type": "application/merge-patch+json"}, "body": {}})"));
  int types = 0;
  for (const auto& [name, value] : http_.requests().back().headers) types += name.size() == 12;
  EXPECT_EQ(types, 1);
}

// OAuth 2.0 (RFC 6749): client credentials by basic authentication, and a refresh token that is used once.
constexpr std::string_view kOAuth = R"(
service: shop
needs: [client, secret]
rate: 10/s
logins:
  client:
    steps:
      - post: /token
        basic: { user: "{{settings.client}}", password: "{{settings.secret}}" }
        form: { grant_type: client_credentials }
        take: { access: $.access_token, refresh: $.refresh_token, seconds: $.expires_in }
    refresh:
      - post: /token
        basic: { user: "{{settings.client}}", password: "{{settings.secret}}" }
        form: { grant_type: refresh_token, refresh_token: "{{refresh}}" }
        take: { access: $.access_token, refresh: $.refresh_token, seconds: $.expires_in }
    send: { Authorization: "Bearer {{access}}" }
    lasts: "{{seconds}}"
)";

class OAuthTest : public testing::Test {
 protected:
  OAuthTest() : fake_([](const ServiceCall&) { return service::answer(200); }) {
    fake_.outside.secrets = &secrets_;
    std::vector<Error> problems;
    RestSpec spec = read_rest_spec(
        parse_yaml(kOAuth, "pack.yaml")->front(), [](std::string_view, const Json&) { return Status(); }, problems);
    for (const Error& problem : problems) ADD_FAILURE() << problem.to_string();
    service_ = *RestService::create(std::move(spec),
                                    *Json::parse(R"({"url": "http://shop", "client": "capstan", "secret": "env:PW"})"),
                                    http_, fake_.outside);
  }

  HttpResponse answer(const HttpRequest& request) {
    if (request.url == "http://shop/token") return token(request);
    for (const auto& [name, value] : request.headers) {
      if (name == "Authorization" && value == "Bearer a" + std::to_string(tokens_) && !revoked_.contains(tokens_))
        return response(200, "{}");
    }
    return response(401, "{}");
  }

  HttpResponse token(const HttpRequest& request) {
    EXPECT_EQ(request.username + ":" + request.password, "capstan:p@ss word");
    const bool by_refresh = request.body.find("refresh_token=r" + std::to_string(tokens_)) != std::string::npos;
    grants_ += by_refresh ? "r" : "c";
    if (by_refresh && refuses_refresh_) return response(400, R"({"error": "invalid_grant"})");
    ++tokens_;
    return response(200, R"({"access_token": "a)" + std::to_string(tokens_) + R"(", "refresh_token": "r)" +
                             std::to_string(tokens_) + R"(", "expires_in": "600"})");
  }

  int status() {
    const Result<ServiceAnswer> answer = service_->call({.request = *Json::parse(R"({"get": "/a"})")}, {});
    return answer ? answer->status : 0;
  }

  Secrets secrets_;
  service::FakeOutside fake_;
  FakeHttpClient http_{[this](const HttpRequest& request) { return answer(request); }};
  int tokens_ = 0;
  std::string grants_;  // c: by client credentials, r: by refresh token.
  std::set<int> revoked_;
  bool refuses_refresh_ = false;
  std::unique_ptr<RestService> service_;
};

TEST_F(OAuthTest, RefreshesAnOldTokenAndBeginsAnewWhereThatIsRefused) {
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(grants_, "c");
  fake_.clock.advance(Duration(550'000));  // A tenth before its end.
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(grants_, "cr");
  refuses_refresh_ = true;
  fake_.clock.advance(Duration(550'000));
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(grants_, "crrc");
}

TEST_F(OAuthTest, ATokenThatIsRevokedIsReplacedInTheMiddleOfACall) {
  EXPECT_EQ(status(), 200);
  revoked_ = {1};
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(grants_, "cr");
  // Where nothing helps, it ends: one whole login, and one refresh of it.
  revoked_ = {2, 3, 4};
  EXPECT_EQ(status(), 401);
  EXPECT_EQ(grants_, "crcr");
}

TEST_F(OAuthTest, LoginsKeepThePaceToo) {
  const Duration before = fake_.clock.monotonic();
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(http_.requests().size(), 3u);
  EXPECT_EQ(fake_.clock.monotonic() - before, Duration(200));
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
  for (const char* url : {"http://ann:pw@portal", "http://portal/?key=1", "http://"}) {
    const auto odd =
        RestService::create(spec, Json::object({{"url", url}, {"user", "x"}, {"password", "y"}}), http_, fake_.outside);
    ASSERT_FALSE(odd.has_value()) << url;
    EXPECT_EQ(odd.error().message.find("pw"), std::string::npos);
  }
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
  EXPECT_NE(read("service: x\nlogins: { a: {} }\nerrors: { code: $.c, means: { E1: 42 } }\n").find("from 200 to 599"),
            std::string::npos);
  EXPECT_NE(read("service: x\nlogins: { a: {} }\nerrors: { means: { E1: 404 } }\n").find("needs 'code'"),
            std::string::npos);
  EXPECT_NE(read("service: x\nlogins: { a: { refresh: [ { get: /x } ] } }\n").find("goes on from what 'steps' took"),
            std::string::npos);
  EXPECT_NE(read("service: x\nlogins: { a: { steps: [ { got: /x } ] } }\n").find("unknown key 'got'"),
            std::string::npos);
}

constexpr Time kNow = Time(Duration(1'767'000'000'000));

TEST(CookieJar, KeepsWhatIsMeantForAPathAndForgetsWhatHasExpired) {
  CookieJar jar;
  jar.take({{"Set-Cookie", "a=1; Path=/"}, {"set-cookie", "b=2; Path=/deep; Max-Age=10"}, {"Set-Cookie", "broken"}},
           "http://h/", kNow);
  EXPECT_EQ(jar.header("http://h/deep/x?y", kNow), "b=2; a=1");
  EXPECT_EQ(jar.header("http://h/deeper", kNow), "a=1");
  EXPECT_EQ(jar.header("http://h/deep", kNow + Duration(10'000)), "a=1");
  jar.take({{"Set-Cookie", "a=; Max-Age=0; Path=/"}}, "http://h/x", kNow);
  EXPECT_EQ(jar.header("http://h/", kNow), "");
}

TEST(CookieJar, TakesAwayWhatExpiredInThePast) {
  CookieJar jar;
  jar.take({{"Set-Cookie", "s=1; Path=/"}}, "http://h/", kNow);
  jar.take({{"Set-Cookie", "s=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}}, "http://h/", kNow);
  EXPECT_EQ(jar.header("http://h/", kNow), "");
  jar.take({{"Set-Cookie", "s=2; Path=/; Expires=Mon, 29-Dec-2025 10:00:00 GMT"}}, "http://h/", kNow);
  EXPECT_EQ(jar.header("http://h/", kNow), "s=2");
  EXPECT_EQ(jar.header("http://h/", kNow + Duration(3'600'000)), "");
  // Max-Age comes before Expires.
  jar.take({{"Set-Cookie", "s=3; Path=/; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"}}, "http://h/", kNow);
  EXPECT_EQ(jar.header("http://h/", kNow), "s=3");
}

TEST(CookieJar, SendsASecureCookieByHttpsAlone) {
  CookieJar jar;
  jar.take({{"Set-Cookie", "s=1; Secure; Path=/"}}, "https://h/", kNow);
  EXPECT_EQ(jar.header("https://h/", kNow), "s=1");
  EXPECT_EQ(jar.header("http://h/", kNow), "");
}

TEST(CookieJar, KeepsNothingOfAnotherDomain) {
  CookieJar jar;
  for (const char* domain : {"elsewhere.org", "ortal.example.org", "x.portal.example.org"})
    jar.take({{"Set-Cookie", std::string("s=1; Domain=") + domain}}, "http://portal.example.org/", kNow);
  EXPECT_EQ(jar.header("http://portal.example.org/", kNow), "");
  jar.take({{"Set-Cookie", "s=1; Domain=.Example.org"}}, "http://portal.example.org:8080/", kNow);
  EXPECT_EQ(jar.header("http://portal.example.org:8080/", kNow), "s=1");
}

TEST(CookieJar, WithoutAPathACookieIsForWhereItCameFrom) {
  CookieJar jar;
  jar.take({{"Set-Cookie", "s=deep"}}, "http://h/api/login", kNow);
  jar.take({{"Set-Cookie", "s=all; Path=/"}}, "http://h/", kNow);
  EXPECT_EQ(jar.header("http://h/api/x", kNow), "s=deep; s=all");
  EXPECT_EQ(jar.header("http://h/other", kNow), "s=all");
}

}  // namespace
}  // namespace capstan::rest
