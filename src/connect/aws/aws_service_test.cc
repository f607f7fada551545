#include "connect/aws/aws_service.h"

#include <unistd.h>

#include <filesystem>

#include "base/crypto.h"
#include "base/fake_http_client.h"
#include "base/file.h"
#include "connect/aws/test_models.h"

namespace capstan::aws {
namespace {

class AwsServiceTest : public testing::Test {
 protected:
  AwsServiceTest() {
    start_crypto();
    std::string name = (std::filesystem::temp_directory_path() / "aws-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    write("iam/2010-05-08/service-2.json", kRolesModel);
    write("iam/2010-05-08/paginators-1.json", kRolesPaginators);
    write("endpoints.json", kEndpoints);
  }
  ~AwsServiceTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    ASSERT_TRUE(write_file_atomically(folder_ / name, text));
  }

  Result<std::unique_ptr<AwsService>> make(Json settings = Json::object()) {
    settings.set("models", Json::array({folder_.string()}));
    return AwsService::create(settings, {http_,
                                         clock_,
                                         random_,
                                         {{"AWS_ACCESS_KEY_ID", "KEY"},
                                          {"AWS_SECRET_ACCESS_KEY", "SECRET"},
                                          {"AWS_REGION", "ap-northeast-2"},
                                          {"HOME", "/nowhere"}},
                                         [](Duration, const std::stop_token&) { return Status(); }});
  }
  Result<capstan::ServiceAnswer> list(HttpResponse answer) {
    answer_ = std::move(answer);
    const auto service = make();
    return (*service)->call({.request = json(R"({"call": "iam.ListRoles"})"), .collect = "$.Roles"}, {});
  }

  std::filesystem::path folder_;
  VirtualClock clock_{*parse_time("2026-01-01T00:00:00Z")};
  SeededRandom random_{1};
  HttpResponse answer_;
  FakeHttpClient http_{[this](const HttpRequest&) { return answer_; }};
};

TEST_F(AwsServiceTest, ARefusalOfAListIsAnAnswerThatStepsMayExpect) {
  const auto answer = list({404, {}, "<E><Error><Code>NoSuchEntity</Code><Message>gone</Message></Error></E>"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->body["code"], Json("NoSuchEntity"));
}

TEST_F(AwsServiceTest, WhatHasNoItemsIsAnEmptyListAndNonsenseIsNone) {
  EXPECT_EQ(list({200, {}, "<R><ListRolesResult/></R>"})->body.dump(), "[]");
  EXPECT_EQ(
      list(
          {200, {}, "<R><ListRolesResult><Roles><member><RoleName>a</RoleName></member></Roles></ListRolesResult></R>"})
          ->body.dump(),
      R"([{"RoleName":"a"}])");
  EXPECT_EQ(list({200, {}, "<html><body/></html>"}).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(list({200, {}, "Sorry"}).error().code, ErrorCode::kCorrupt);
}

TEST_F(AwsServiceTest, ItsSettingsAreCheckedBeforeAnythingIsAsked) {
  const auto problem = [&](std::string_view settings) {
    const auto made = make(json(settings));
    return made ? "" : made.error().message;
  };
  EXPECT_EQ(problem(R"({"retries": "adaptive", "attempts": 5, "region": "us-east-1"})"), "");
  EXPECT_EQ(problem(R"({"retries": "often"})"), "'retries' must be standard or adaptive, found \"often\"");
  EXPECT_EQ(problem(R"({"attempts": 0})"), "'attempts' must be a number from 1 to 100");
  EXPECT_EQ(problem(R"({"regoin": "us-east-1"})"), "AWS has no setting 'regoin' (did you mean 'region'?)");
}

TEST_F(AwsServiceTest, AttemptsAreThoseOfTheSettings) {
  answer_ = {400, {}, "<E><Error><Code>Throttling</Code></Error></E>"};
  const auto service = make(json(R"({"attempts": 5})"));
  const auto answer = (*service)->call({.request = json(R"({"call": "iam.ListRoles"})")}, {});
  EXPECT_TRUE(answer->may_retry);
  EXPECT_EQ(http_.requests().size(), 5u);
}

}  // namespace
}  // namespace capstan::aws
