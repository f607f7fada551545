#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <latch>
#include <thread>

#include "base/fake_http_client.h"
#include "base/file.h"
#include "connect/aws/credential_chain.h"
#include "connect/aws/kept_credentials.h"

namespace capstan::aws {
namespace {

TEST(ConfigFile, ReadsProfilesAsAwsToolsDo) {
  const auto profiles = parse_config_file(
      "# ours\n[default]\nregion = eu-west-1 ; near\n[profile dev]\nRole_Arn=arn:aws:iam::1:role/x\ns3 =\n  "
      "max_concurrent_requests = 20\n[sso-session x]\nanything\n[dev2]\nregion = x\n",
      "config", ConfigFileKind::kConfig);
  ASSERT_TRUE(profiles) << profiles.error().to_string();
  EXPECT_EQ(profiles->size(), 2u);
  EXPECT_EQ(profiles->at("default").at("region"), "eu-west-1");
  EXPECT_EQ(profiles->at("dev").at("role_arn"), "arn:aws:iam::1:role/x");
  EXPECT_EQ(profiles->at("dev").at("s3"), "");
}

TEST(ConfigFile, NamesTheLineAndNotWhatStandsThere) {
  const auto error = [](std::string_view text) {
    return parse_config_file(text, "credentials", ConfigFileKind::kCredentials).error().to_string();
  };
  EXPECT_EQ(error("[dev]\nSECRETKEY\n"), "credentials:2: expected NAME = VALUE");
  EXPECT_EQ(error("[dev\n"), "credentials:1: expected ']' after the name of a section");
  EXPECT_EQ(error("a = b\n"), "credentials:1: expected a section such as [default] before the first setting");
}

TEST(CredentialAnswer, SaysWhatWasExpectedAndNothingThatWasFound) {
  const auto error = [](std::string_view text) { return read_credential_answer(text, "x").error().message; };
  EXPECT_EQ(error("SECRET"), "the credentials of x: expected a JSON object");
  EXPECT_EQ(error(R"({"AccessKeyId": "SECRET"})"), "the credentials of x: expected AccessKeyId and SecretAccessKey");
  EXPECT_EQ(error(R"({"AccessKeyId": "a", "SecretAccessKey": "b", "Expiration": "SECRET"})"),
            "the credentials of x: expected Expiration to be an RFC 3339 time");
}

class CredentialChainTest : public testing::Test {
 protected:
  CredentialChainTest() {
    std::string name = (std::filesystem::temp_directory_path() / "aws-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    environment_ = {{"HOME", folder_.string()},
                    {"PATH", "/usr/bin:/bin"},
                    {"AWS_CONFIG_FILE", (folder_ / "config").string()},
                    {"AWS_SHARED_CREDENTIALS_FILE", (folder_ / "credentials").string()}};
  }
  ~CredentialChainTest() override { std::filesystem::remove_all(folder_); }

  void write(const char* name, std::string_view text) { ASSERT_TRUE(write_file_atomically(folder_ / name, text)); }
  std::string path(const char* name) const { return (folder_ / name).string(); }

  // "KEY from SOURCE", or the error.
  std::string obtained(std::string profile = "") {
    const CredentialChain chain(
        environment_, std::move(profile), http_, clock_,
        [this](std::string_view operation, const Json& input, const Credentials* as,
               const std::stop_token&) -> Result<Json> {
          asked_ += fmt::format("{} {} as {};", operation, input["RoleArn"].string_or_empty(),
                                as ? as->access_key_id : "nobody");
          last_input_ = input;
          return Json::object({{"Credentials", Json::object({{"AccessKeyId", "ROLEKEY"},
                                                             {"SecretAccessKey", "s"},
                                                             {"SessionToken", "t"},
                                                             {"Expiration", "2026-01-01T01:00:00Z"}})}});
        });
    const auto found = chain.obtain({});
    return found ? found->access_key_id + " from " + found->source : found.error().message;
  }

  std::filesystem::path folder_;
  Environment environment_;
  VirtualClock clock_{*parse_time("2026-01-01T00:00:00Z")};
  std::function<Result<HttpResponse>(const HttpRequest&)> answer_ = [](const HttpRequest&) -> Result<HttpResponse> {
    return fail(ErrorCode::kUnavailable, "no connection");
  };
  FakeHttpClient http_{[this](const HttpRequest& request) { return answer_(request); }};
  std::string asked_;
  Json last_input_;
};

TEST_F(CredentialChainTest, TheEnvironmentComesFirstUnlessAProfileIsChosen) {
  write("credentials", "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n");
  EXPECT_EQ(obtained(), "FILE from the profile default");
  environment_["AWS_ACCESS_KEY_ID"] = "ENV";
  EXPECT_EQ(obtained(), "expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY together");
  environment_["AWS_SECRET_ACCESS_KEY"] = "s";
  EXPECT_EQ(obtained(), "ENV from the environment");
  EXPECT_EQ(obtained("default"), "FILE from the profile default");
}

TEST_F(CredentialChainTest, TakesOnTheRoleOfAProfileByItsSource) {
  write("config",
        "[profile prod]\nrole_arn = arn:prod\nsource_profile = jump\nexternal_id = e\nrole_session_name = ops\n"
        "[profile jump]\nrole_arn = arn:jump\nsource_profile = keys\n"
        "[profile loop]\nrole_arn = arn:loop\nsource_profile = loop\n"
        "[profile half]\nrole_arn = arn:half\n[profile person]\nsso_session = x\n");
  write("credentials", "[keys]\naws_access_key_id = FILE\naws_secret_access_key = s\n");
  EXPECT_EQ(obtained("prod"), "ROLEKEY from arn:prod");
  EXPECT_EQ(asked_, "AssumeRole arn:jump as FILE;AssumeRole arn:prod as ROLEKEY;");
  EXPECT_EQ(last_input_.dump(), R"({"ExternalId":"e","RoleArn":"arn:prod","RoleSessionName":"ops"})");
  EXPECT_EQ(obtained("loop"), "the profile loop is its own source_profile by a circle");
  EXPECT_NE(obtained("half").find("expected source_profile"), std::string::npos);
  EXPECT_NE(obtained("person").find("SSO"), std::string::npos);
  EXPECT_EQ(obtained("none"), "there is no profile none");
}

TEST_F(CredentialChainTest, ShowsTheWebIdentityOfTheEnvironment) {
  write("token", "JWT\n");
  environment_["AWS_WEB_IDENTITY_TOKEN_FILE"] = path("token");
  environment_["AWS_ROLE_ARN"] = "arn:web";
  EXPECT_EQ(obtained(), "ROLEKEY from arn:web");
  EXPECT_EQ(asked_, "AssumeRoleWithWebIdentity arn:web as nobody;");
  EXPECT_EQ(last_input_["WebIdentityToken"], Json("JWT"));
}

TEST_F(CredentialChainTest, RunsTheProgramOfAProfile) {
  write("config",
        "[default]\ncredential_process = echo '{\"AccessKeyId\": \"PROC\", \"SecretAccessKey\": \"s\"}'\n"
        "[profile bad]\ncredential_process = echo SECRET; exit 3\n");
  EXPECT_EQ(obtained(), "PROC from credential_process");
  EXPECT_EQ(obtained("bad"), "the credentials of credential_process: the program exited with code 3");
}

TEST_F(CredentialChainTest, AsksTheContainersAgentWithItsTokenAndOnlyNearby) {
  write("token", "agent-token\n");
  environment_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  environment_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = path("token");
  answer_ = [](const HttpRequest& request) -> Result<HttpResponse> {
    if (request.headers != HttpHeaders{{"Authorization", "agent-token"}}) return HttpResponse{401, {}, ""};
    return HttpResponse{200, {}, R"({"AccessKeyId": "POD", "SecretAccessKey": "s", "Token": "t"})"};
  };
  EXPECT_EQ(obtained(), "POD from the container's agent");
  environment_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1@evil.example/";
  EXPECT_NE(obtained().find("expected an https URL"), std::string::npos);
}

TEST_F(CredentialChainTest, AsksTheMachineByVersionTwoOfItsMetadata) {
  answer_ = [](const HttpRequest& request) -> Result<HttpResponse> {
    if (request.method == "PUT") return HttpResponse{200, {}, "session"};
    if (request.headers != HttpHeaders{{"X-aws-ec2-metadata-token", "session"}}) return HttpResponse{401, {}, ""};
    if (request.url.ends_with("/security-credentials/")) return HttpResponse{200, {}, "web-role"};
    if (!request.url.ends_with("/web-role")) return HttpResponse{404, {}, ""};
    return HttpResponse{200, {}, R"({"AccessKeyId": "EC2", "SecretAccessKey": "s", "Token": "t"})"};
  };
  EXPECT_EQ(obtained(), "EC2 from the machine's role");
  environment_["AWS_EC2_METADATA_DISABLED"] = "true";
  EXPECT_EQ(obtained(),
            "no AWS credentials: none in the environment; there is no profile default; no container's agent is named; "
            "the machine's metadata is disabled by AWS_EC2_METADATA_DISABLED");
}

TEST(KeptCredentials, AreAskedForAgainBeforeTheyExpireAndUsedWhileThatFails) {
  VirtualClock clock(*parse_time("2026-01-01T00:00:00Z"));
  int asked = 0;
  bool works = true;
  KeptCredentials kept(
      [&](const std::stop_token&) -> Result<Credentials> {
        ++asked;
        if (!works) return fail(ErrorCode::kUnavailable, "no agent");
        return Credentials{.access_key_id = std::to_string(asked),
                           .secret_access_key = Secret("s"),
                           .session_token = {},
                           .expires = clock.now() + std::chrono::hours(1),
                           .source = {}};
      },
      clock);
  EXPECT_EQ(kept.get({})->access_key_id, "1");
  clock.advance(std::chrono::minutes(54));
  EXPECT_EQ(kept.get({})->access_key_id, "1");
  works = false;
  clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(kept.get({})->access_key_id, "1");
  EXPECT_EQ(kept.get({})->access_key_id, "1");
  EXPECT_EQ(asked, 2);  // Not for every call.
  clock.advance(std::chrono::minutes(5));
  EXPECT_EQ(kept.get({}).error().message, "no agent");
  works = true;
  clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(kept.get({})->access_key_id, "4");
  kept.refused(*kept.get({}));
  EXPECT_EQ(kept.get({})->access_key_id, "5");
}

TEST(KeptCredentials, AreAskedForOnceHoweverManyWait) {
  const VirtualClock clock(*parse_time("2026-01-01T00:00:00Z"));
  std::atomic<int> asked = 0;
  std::latch all_there(4);
  KeptCredentials kept(
      [&](const std::stop_token&) -> Result<Credentials> {
        ++asked;
        return Credentials{
            .access_key_id = "KEY", .secret_access_key = Secret("s"), .session_token = {}, .expires = {}, .source = {}};
      },
      clock);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        all_there.arrive_and_wait();
        EXPECT_EQ(kept.get({})->access_key_id, "KEY");
      });
    }
  }
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace capstan::aws
