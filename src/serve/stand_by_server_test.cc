#include "serve/stand_by_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/http_client.h"
#include "base/json.h"

namespace capstan::serve {
namespace {

using testing::HasSubstr;
using testing::Not;

class StandByServerTest : public testing::Test {
 protected:
  StandByServerTest() {
    std::string name = (std::filesystem::temp_directory_path() / "capstan-standby-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    ServerOptions options;
    options.listen = {"127.0.0.1:0"};
    options.data_directory = directory_;
    auto started = StandByServer::start(options, [this] { return standing_; });
    if (!started) std::abort();
    server_ = std::move(*started);
  }
  ~StandByServerTest() override {
    server_.reset();
    std::filesystem::remove_all(directory_);
  }

  HttpResponse get(const std::string& path) {
    CurlHttpClient client;
    const auto answer = client.send({.method = "GET", .url = "http://" + server_->address() + path});
    EXPECT_TRUE(answer) << answer.error().to_string();
    return answer ? *answer : HttpResponse();
  }

  StandingBy standing_{.node = "capstan-b",
                       .leader = "capstan-a",
                       .page = "http://capstan-a:9280",
                       .since = from_unix_ms(1'700'000'000'000),
                       .copied = 41,
                       .shared = 42};
  std::filesystem::path directory_;
  std::unique_ptr<StandByServer> server_;
};

TEST_F(StandByServerTest, IsWellButNotReadyAndSaysWhoLeads) {
  EXPECT_EQ(get("/-/healthy").status, 200);
  const HttpResponse ready = get("/-/ready");
  EXPECT_EQ(ready.status, 503);
  EXPECT_EQ(ready.body,
            "capstan-b stands by; capstan-a leads since 2023-11-14T22:13:20.000Z (http://capstan-a:9280)\n");
}

TEST_F(StandByServerTest, RefusesTheApiInItsOwnShape) {
  const HttpResponse answer = get("/capstan/v1/plans");
  EXPECT_EQ(answer.status, 503);
  const auto body = Json::parse(answer.body);
  ASSERT_TRUE(body);
  EXPECT_THAT((*body)["error"]["message"].string_or_empty(), HasSubstr("capstan-a leads since"));
}

TEST_F(StandByServerTest, SaysHowFarItsCopyIs) {
  const auto lead = Json::parse(get("/capstan/v1/lead").body);
  ASSERT_TRUE(lead);
  EXPECT_EQ((*lead)["copied"], Json(41));
  EXPECT_EQ((*lead)["leader"], Json("capstan-a"));
  EXPECT_THAT(get("/metrics").body, HasSubstr("capstan_ledger_behind 1\n"));
}

TEST_F(StandByServerTest, ThePageIsTextWhateverANodeIsCalled) {
  standing_.leader = "<script>alert(1)</script>";
  standing_.page = "javascript:alert(1)";
  const HttpResponse page = get("/");
  EXPECT_EQ(page.status, 503);
  EXPECT_THAT(page.body, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page.body, Not(HasSubstr("<script>")));
  EXPECT_THAT(page.body, Not(HasSubstr("href")));
  EXPECT_THAT(page.body, HasSubstr("대기"));
}

TEST_F(StandByServerTest, SaysThatNobodyLeadsAndWhy) {
  standing_.vacant = true;
  standing_.error = "cannot reach the database";
  EXPECT_THAT(get("/-/ready").body, HasSubstr("nobody leads at this moment, capstan-a was the last"));
  EXPECT_THAT(get("/-/ready").body, HasSubstr("cannot reach the database"));
}

}  // namespace
}  // namespace capstan::serve
