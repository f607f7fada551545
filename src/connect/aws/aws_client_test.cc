#include "connect/aws/aws_client.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/crypto.h"
#include "base/fake_http_client.h"
#include "base/file.h"
#include "connect/aws/test_models.h"

namespace capstan::aws {
namespace {

constexpr std::string_view kRole =
    "<R><GetRoleResult><Role><RoleName>web</RoleName></Role></GetRoleResult>"
    "<CreateRoleResult><Role><RoleName>web</RoleName></Role></CreateRoleResult></R>";

HttpResponse refused(int status, std::string_view code) {
  return {status, {{"x-amzn-RequestId", "id-7"}}, "<E><Error><Code>" + std::string(code) + "</Code></Error></E>"};
}

// A client of the small models, whose service answers by a list, one answer an attempt, the last one from then on.
class AwsClientTest : public testing::Test {
 protected:
  AwsClientTest() {
    start_crypto();
    std::string name = (std::filesystem::temp_directory_path() / "aws-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    write("iam/2010-05-08/service-2.json", kRolesModel);
    write("iam/2010-05-08/paginators-1.json", kRolesPaginators);
    write("iam/2010-05-08/waiters-2.json", kRolesWaiters);
    write("s3/2006-03-01/service-2.json", kStoreModel);
    write("eks/2017-11-01/service-2.json", kClustersModel);
    write("endpoints.json", kEndpoints);
  }
  ~AwsClientTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    ASSERT_TRUE(write_file_atomically(folder_ / name, text));
  }

  AwsClient make(AwsSettings settings = {}) {
    settings.model_directories = {folder_};
    return AwsClient(std::move(settings), {http_, clock_, random_, environment_,
                                           [this](Duration duration, const std::stop_token&) -> Status {
                                             pauses_.push_back(duration);
                                             clock_.advance(duration);
                                             return {};
                                           }});
  }
  void answers(std::vector<Result<HttpResponse>> list) { answers_ = std::move(list); }
  std::string error_of(std::string_view operation) {
    const auto answer = make().call("iam", operation, json(R"({"RoleName": "web"})"));
    return answer ? "none" : answer.error().message;
  }

  Environment environment_ = {{"AWS_ACCESS_KEY_ID", "KEY"},
                              {"AWS_SECRET_ACCESS_KEY", "SECRET"},
                              {"AWS_REGION", "ap-northeast-2"},
                              {"HOME", "/nowhere"}};
  std::filesystem::path folder_;
  VirtualClock clock_{*parse_time("2026-01-01T00:00:00Z")};
  SeededRandom random_{1};
  std::vector<Result<HttpResponse>> answers_ = {HttpResponse{200, {}, std::string(kRole)}};
  std::vector<Duration> pauses_;
  size_t next_ = 0;
  FakeHttpClient http_{[this](const HttpRequest&) { return answers_[std::min(next_++, answers_.size() - 1)]; }};
};

TEST_F(AwsClientTest, SignsForTheRegionOfTheServicesEndpoint) {
  AwsClient client = make();
  ASSERT_TRUE(client.call("iam", "GetRole", json(R"({"RoleName": "web"})")));
  const HttpRequest sent = http_.requests().back();
  EXPECT_EQ(sent.url, "https://iam.amazonaws.com/");
  EXPECT_NE(sent.headers.back().second.find("Credential=KEY/20260101/us-east-1/iam/aws4_request"), std::string::npos);
  EXPECT_FALSE(client.call("iam", "GetRole", json("{}")));
  EXPECT_EQ(http_.requests().size(), 1u);  // What is wrong is never sent.
}

TEST_F(AwsClientTest, PutsBucketsIntoTheHostAndIntoThePathOfAnotherEndpoint) {
  AwsClient client = make();
  const auto sent = [&](const char* bucket, const CallOptions& options) {
    answers({HttpResponse{200, {}, ""}});
    EXPECT_TRUE(client.call("s3", "PutObject", Json::object({{"Bucket", bucket}, {"Key", "a/../b c"}}), options));
    return http_.requests().back().url;
  };
  EXPECT_EQ(sent("my-bucket", {}), "https://my-bucket.s3.ap-northeast-2.amazonaws.com/a/../b%20c");
  EXPECT_EQ(sent("my.bucket", {}), "https://s3.ap-northeast-2.amazonaws.com/my.bucket/a/../b%20c");
  EXPECT_EQ(sent("my-bucket", {.endpoint = "http://127.0.0.1:5000/"}), "http://127.0.0.1:5000/my-bucket/a/../b%20c");
  EXPECT_TRUE(http_.requests().back().path_as_is);
}

TEST_F(AwsClientTest, RepeatsWhatWasThrottledAndSaysHowOften) {
  answers({refused(400, "Throttling"), refused(503, "SlowDown"), HttpResponse{200, {}, std::string(kRole)}});
  const auto answer = make().ask("iam", "CreateRole", json(R"({"RoleName": "web"})"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->retries, (std::vector<std::string>{"throttled (Throttling)", "throttled (SlowDown)"}));
  ASSERT_EQ(pauses_.size(), 2u);
  EXPECT_LE(pauses_[0], Duration(1000));
  EXPECT_LE(pauses_[1], Duration(2000));
  next_ = 0;
  answers({refused(400, "Throttling")});
  EXPECT_EQ(error_of("CreateRole"), "iam CreateRole: Throttling (request id-7, after 3 attempts)");
}

TEST_F(AwsClientTest, NeverRepeatsWhatMayHaveHappened) {
  const Error timeout{ErrorCode::kDeadlineExceeded, "no answer within 60s"};
  answers({fail(timeout), HttpResponse{200, {}, std::string(kRole)}});
  EXPECT_EQ(error_of("CreateRole"), "iam CreateRole: no answer within 60s; it may have happened");
  next_ = 0;
  EXPECT_EQ(error_of("GetRole"), "none");  // Reading twice is harmless.
  next_ = 0;
  answers({refused(500, "InternalFailure"), HttpResponse{200, {}, std::string(kRole)}});
  const auto answer = make().call("iam", "CreateRole", json(R"({"RoleName": "web"})"));
  EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(answer.error().message, "iam CreateRole: InternalFailure (request id-7); it may have happened");
  next_ = 0;
  answers({fail(ErrorCode::kUnavailable, "connection refused"), HttpResponse{200, {}, std::string(kRole)}});
  EXPECT_EQ(error_of("CreateRole"), "none");  // It was not sent.
}

TEST_F(AwsClientTest, RepeatsWithTheSameTokenWhatTheServiceRecognises) {
  answers({fail(ErrorCode::kDeadlineExceeded, "no answer"), HttpResponse{200, {}, ""}});
  ASSERT_TRUE(make().call("iam", "StartJob", {}));
  const auto sent = http_.requests();
  ASSERT_EQ(sent.size(), 2u);
  EXPECT_NE(sent[0].body.find("ClientToken="), std::string::npos);
  EXPECT_EQ(sent[0].body, sent[1].body);
  next_ = 0;
  answers({fail(ErrorCode::kDeadlineExceeded, "no answer")});
  EXPECT_EQ(make().call("iam", "StartJob", {}).error().message,
            "iam StartJob: no answer (after 3 attempts); it may have happened");
  EXPECT_EQ(error_of("GetRole"), "iam GetRole: no answer (after 3 attempts)");
}

TEST_F(AwsClientTest, ALaterAttemptDoesNotSettleWhatAnEarlierOneLeftOpen) {
  answers({fail(ErrorCode::kDeadlineExceeded, "no answer"), fail(ErrorCode::kUnavailable, "connection refused")});
  EXPECT_EQ(make().call("iam", "StartJob", {}).error().message,
            "iam StartJob: connection refused (after 3 attempts); it may have happened");
  next_ = 0;
  answers({fail(ErrorCode::kDeadlineExceeded, "no answer"), refused(404, "NoSuchEntity")});
  const auto answer = make().call("iam", "StartJob", {});
  EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(answer.error().message,
            "iam StartJob: NoSuchEntity (request id-7, after 2 attempts); it may have happened");
}

TEST_F(AwsClientTest, GoesByTheServicesClockWhereOursIsWrong) {
  HttpResponse skewed = refused(403, "RequestTimeTooSkewed");
  skewed.headers.emplace_back("Date", "Thu, 01 Jan 2026 03:00:00 GMT");
  answers({skewed, HttpResponse{200, {}, std::string(kRole)}});
  EXPECT_EQ(error_of("CreateRole"), "none");
  const HttpHeaders headers = http_.requests().back().headers;
  EXPECT_TRUE(std::ranges::find(headers, std::pair<std::string, std::string>("X-Amz-Date", "20260101T030000Z")) !=
              headers.end());
  EXPECT_TRUE(pauses_.empty());
}

// STS, IAM, EC2 and the JSON protocols have no code of their own for it.
TEST_F(AwsClientTest, AWrongSignatureMayBeAWrongClock) {
  for (const char* code : {"SignatureDoesNotMatch", "AuthFailure", "InvalidSignatureException"}) {
    next_ = 0;
    HttpResponse skewed = refused(403, code);
    skewed.headers.emplace_back("Date", "Thu, 01 Jan 2026 03:00:00 GMT");
    answers({skewed, HttpResponse{200, {}, std::string(kRole)}});
    EXPECT_EQ(error_of("CreateRole"), "none") << code;
    // Where the clocks agree it is what it says, and is not asked again.
    next_ = 0;
    skewed.headers.back().second = "Thu, 01 Jan 2026 00:01:00 GMT";
    answers({skewed, HttpResponse{200, {}, std::string(kRole)}});
    EXPECT_NE(error_of("CreateRole").find(code), std::string::npos);
    EXPECT_EQ(next_, 1u);
  }
}

TEST_F(AwsClientTest, PresignedUrlsGoByTheServicesClockToo) {
  HttpResponse skewed = refused(403, "RequestTimeTooSkewed");
  skewed.headers.emplace_back("Date", "Thu, 01 Jan 2026 03:00:00 GMT");
  answers({skewed, HttpResponse{200, {}, ""}});
  AwsClient client = make();
  const Json object = json(R"({"Bucket": "reports", "Key": "a"})");
  ASSERT_TRUE(client.call("s3", "GetObject", object));
  const auto url = client.presigned_url("s3", "GetObject", object, 60);
  ASSERT_TRUE(url);
  EXPECT_NE(url->find("X-Amz-Date=20260101T030000Z"), std::string::npos) << *url;
}

TEST_F(AwsClientTest, ABucketOfAnotherRegionIsAskedThereAndFromThenOnAtOnce) {
  AwsClient client = make();
  const Json object = json(R"({"Bucket": "reports", "Key": "a"})");
  for (const auto& [status, code] : {std::pair(301, "PermanentRedirect"), std::pair(307, "TemporaryRedirect"),
                                     std::pair(400, "AuthorizationHeaderMalformed")}) {
    AwsClient fresh = make();
    next_ = 0;
    answers(
        {HttpResponse{
             status, {{"x-amz-bucket-region", "us-east-1"}}, "<Error><Code>" + std::string(code) + "</Code></Error>"},
         HttpResponse{200, {}, ""}});
    ASSERT_TRUE(fresh.call("s3", "PutObject", object)) << code;
    const HttpRequest sent = http_.requests().back();
    EXPECT_EQ(sent.url, "https://reports.s3.us-east-1.amazonaws.com/a");
    EXPECT_NE(sent.headers.back().second.find("/us-east-1/s3/aws4_request"), std::string::npos);
  }
  // HEAD has no body: the header alone tells.
  next_ = 0;
  answers({HttpResponse{400, {{"x-amz-bucket-region", "us-east-1"}}, ""}, HttpResponse{200, {}, ""}});
  ASSERT_TRUE(client.call("s3", "GetObject", object));
  ASSERT_TRUE(client.call("s3", "GetObject", object));
  EXPECT_EQ(next_, 3u);
  const auto url = client.presigned_url("s3", "GetObject", object, 60);
  EXPECT_EQ(url->find("https://reports.s3.us-east-1.amazonaws.com/"), 0u);
}

TEST_F(AwsClientTest, NoAnswerLeadsCredentialsToAnotherHost) {
  AwsClient client = make();
  const Json object = json(R"({"Bucket": "reports", "Key": "a"})");
  for (const char* region : {"evil.org/", "us-east-1.evil.org", "EVIL", "ap-northeast-2", ""}) {
    next_ = 0;
    answers({HttpResponse{307, {{"x-amz-bucket-region", region}, {"Location", "https://evil.org/a"}}, ""},
             HttpResponse{200, {}, ""}});
    EXPECT_FALSE(client.call("s3", "GetObject", object)) << region;
    EXPECT_EQ(next_, 1u) << region;
    EXPECT_FALSE(http_.requests().back().follow_redirects);
  }
  // Where the operator says where to ask, it is asked there.
  next_ = 0;
  answers({HttpResponse{301, {{"x-amz-bucket-region", "us-east-1"}}, ""}, HttpResponse{200, {}, ""}});
  EXPECT_FALSE(client.call("s3", "GetObject", object, {.endpoint = "http://127.0.0.1:5000"}));
  EXPECT_EQ(next_, 1u);
}

TEST_F(AwsClientTest, TheEnvironmentSaysHowToRetry) {
  environment_["AWS_MAX_ATTEMPTS"] = "5";
  answers({refused(400, "Throttling")});
  EXPECT_EQ(error_of("CreateRole"), "iam CreateRole: Throttling (request id-7, after 5 attempts)");
  environment_["AWS_MAX_ATTEMPTS"] = "many";
  EXPECT_EQ(error_of("CreateRole"), "iam CreateRole: Throttling (request id-7, after 3 attempts)");
}

TEST_F(AwsClientTest, TheEnvironmentSaysWhichAuthoritiesToTrust) {
  ASSERT_TRUE(make().call("iam", "GetRole", json(R"({"RoleName": "web"})")));
  EXPECT_TRUE(http_.requests().back().tls.verify && http_.requests().back().tls.ca_file.empty());
  environment_["AWS_CA_BUNDLE"] = "/etc/ours.pem";
  ASSERT_TRUE(make().call("iam", "GetRole", json(R"({"RoleName": "web"})")));
  EXPECT_EQ(http_.requests().back().tls.ca_file, "/etc/ours.pem");
}

TEST_F(AwsClientTest, AdaptiveRetriesSlowDownTheNextCalls) {
  const auto pauses_of_next_call = [&](AwsSettings settings) {
    next_ = 0;
    AwsClient client = make(std::move(settings));
    answers({HttpResponse{200, {}, std::string(kRole)}});
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(client.call("iam", "GetRole", json(R"({"RoleName": "web"})")));
      clock_.advance(Duration(100));
    }
    next_ = 0;
    answers({refused(400, "Throttling")});
    EXPECT_FALSE(client.call("iam", "GetRole", json(R"({"RoleName": "web"})")));
    answers({HttpResponse{200, {}, std::string(kRole)}});
    pauses_.clear();
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(client.call("iam", "GetRole", json(R"({"RoleName": "web"})")));
    return pauses_.size();
  };
  EXPECT_EQ(pauses_of_next_call({}), 0u);
  EXPECT_GT(pauses_of_next_call({.retry_mode = RetryMode::kAdaptive}), 0u);
  environment_["AWS_RETRY_MODE"] = "adaptive";
  EXPECT_GT(pauses_of_next_call({}), 0u);
}

TEST_F(AwsClientTest, RefusalsBecomeOurErrors) {
  const auto code = [&](int status, std::string_view name) {
    next_ = 0;
    answers({refused(status, name)});
    return make().call("iam", "CreateRole", json(R"({"RoleName": "web"})")).error().code;
  };
  EXPECT_EQ(code(404, "NoSuchEntity"), ErrorCode::kNotFound);
  EXPECT_EQ(code(409, "EntityAlreadyExists"), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code(409, "DeleteConflict"), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(code(403, "AccessDenied"), ErrorCode::kPermissionDenied);
  EXPECT_EQ(code(403, "SignatureDoesNotMatch"), ErrorCode::kUnauthenticated);
  EXPECT_EQ(code(400, "MalformedPolicyDocument"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code(409, "LimitExceeded"), ErrorCode::kResourceExhausted);
  next_ = 0;
  answers({refused(403, "AccessDenied")});
  EXPECT_EQ(error_of("CreateRole"),
            "iam CreateRole: AccessDenied; asked with the credentials of the environment (request id-7)");
}

TEST_F(AwsClientTest, GathersAllPagesWithinALimit) {
  const auto page = [](std::string_view names, std::string_view marker) {
    std::string body = "<R><ListRolesResult><Roles>";
    for (const char name : names) body += "<member><RoleName>" + std::string(1, name) + "</RoleName></member>";
    return HttpResponse{200,
                        {},
                        body + "</Roles><IsTruncated>" + (marker.empty() ? "false" : "true") +
                            "</IsTruncated><Marker>" + std::string(marker) + "</Marker></ListRolesResult></R>"};
  };
  answers({page("ab", "m1"), page("c", "m2"), page("d", "")});
  EXPECT_EQ(make().call_all("iam", "ListRoles", Json::object(), {})->dump(),
            R"({"Roles":[{"RoleName":"a"},{"RoleName":"b"},{"RoleName":"c"},{"RoleName":"d"}]})");
  EXPECT_NE(http_.requests()[2].body.find("Marker=m2"), std::string::npos);
  next_ = 0;
  EXPECT_EQ(make().call_all("iam", "ListRoles", Json::object(), {.most_items = 2}).error().message,
            "iam ListRoles: more than 2 items");
  next_ = 0;
  int pages = 0;
  const PageOptions two{.on_page = [&](const Json&) { return ++pages < 2; }};
  EXPECT_EQ(make().call_all("iam", "ListRoles", Json::object(), two)->operator[]("Roles").items().size(), 3u);
  next_ = 0;
  answers({page("a", "m"), page("b", "m")});
  EXPECT_EQ(make().call_all("iam", "ListRoles", Json::object(), {}).error().code, ErrorCode::kCorrupt);
}

TEST_F(AwsClientTest, PagesThatLeadInACircleEnd) {
  const auto empty = [](std::string_view marker) {
    return HttpResponse{200,
                        {},
                        "<R><ListRolesResult><Roles></Roles><IsTruncated>true</IsTruncated><Marker>" +
                            std::string(marker) + "</Marker></ListRolesResult></R>"};
  };
  answers({empty("a"), empty("b"), empty("a"), empty("b"), empty("a"), empty("")});
  const auto listed = make().call_all("iam", "ListRoles", Json::object(), {});
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(next_, 3u);
}

TEST_F(AwsClientTest, NonsenseIsNoEmptyList) {
  const auto code_of = [&](std::string_view service, std::string_view operation, Json input, std::string_view body) {
    next_ = 0;
    answers({HttpResponse{200, {}, std::string(body)}});
    const auto answer = make().call(service, operation, input);
    return answer ? "answer " + answer->dump() : std::string(answer.error().message);
  };
  const Json bucket = json(R"({"Bucket": "reports"})");
  EXPECT_NE(code_of("s3", "ListObjects", bucket, "<html><body>Log in</body></html>").find("page of HTML"),
            std::string::npos);
  EXPECT_NE(code_of("iam", "ListRoles", Json::object(), "<R><Other/></R>").find("no ListRolesResult"),
            std::string::npos);
  EXPECT_NE(code_of("eks", "ListThings", json(R"({"account": "a"})"), "[]").find("no JSON object"), std::string::npos);
  EXPECT_NE(code_of("eks", "ListThings", json(R"({"account": "a"})"), "<html>").find("no JSON object"),
            std::string::npos);
}

TEST_F(AwsClientTest, WaitsUntilTheWaiterIsContent) {
  const auto wait = [&] { return make().wait("iam", "RoleExists", json(R"({"RoleName": "web"})")); };
  answers({refused(404, "NoSuchEntity"), refused(404, "NoSuchEntity"), HttpResponse{200, {}, std::string(kRole)}});
  EXPECT_EQ((*wait())["Role"]["RoleName"], Json("web"));
  EXPECT_EQ(pauses_, (std::vector<Duration>{Duration(1000), Duration(1000)}));
  next_ = 0;
  answers({refused(404, "NoSuchEntity")});
  EXPECT_EQ(wait().error().message, "waiting for iam RoleExists: not within 3 s");
  next_ = 0;
  answers({HttpResponse{200,
                        {},
                        "<R><GetRoleResult><Role><Tags><member><Key>gone</Key></member></Tags></Role>"
                        "</GetRoleResult></R>"}});
  EXPECT_EQ(wait().error().message, "waiting for iam RoleExists: it can no longer come: Role.Tags[].Key is \"gone\"");
  next_ = 0;
  answers({refused(403, "AccessDenied")});
  EXPECT_EQ(wait().error().code, ErrorCode::kPermissionDenied);
}

TEST_F(AwsClientTest, ErrorsAndMaskedOutputsHaveNoSecrets) {
  const auto model = test_model("iam", kRolesModel);
  const Json output = json(R"({"Role": {"RoleName": "web", "Password": "hunter2"}})");
  EXPECT_EQ(without_secrets(*model, "GetRole", output).dump(), R"({"Role":{"Password":"***","RoleName":"web"}})");
  answers({fail(ErrorCode::kDeadlineExceeded, "no answer from https://iam.amazonaws.com")});
  EXPECT_EQ(error_of("CreateRole").find("SECRET"), std::string::npos);
}

TEST(RetryQuota, EndsRetriesWhenMostOfThemFail) {
  RetryQuota quota;
  int taken = 0;
  while (quota.take(5)) ++taken;
  EXPECT_EQ(taken, 100);
  quota.give_back(5);
  EXPECT_TRUE(quota.take(5));
}

TEST(SendRate, SlowsDownAfterThrottlingAndSpeedsUpAgain) {
  VirtualClock clock(from_unix_ms(0));
  SendRate rate(clock);
  const auto sent_in = [&](Duration span, bool throttled) {
    const Duration end = clock.monotonic() + span;
    int sent = 0;
    while (clock.monotonic() < end) {
      const Duration wait = rate.reserve();
      clock.advance(wait.count() > 0 ? wait : Duration(10));
      rate.answered(throttled && sent == 0);
      ++sent;
    }
    return sent;
  };
  const int before = sent_in(Duration(5000), false);
  const int after = sent_in(Duration(5000), true);
  EXPECT_LT(after, before);
  EXPECT_GT(after, 5);
  const int later = sent_in(Duration(10'000), false);
  EXPECT_GT(later, after);
}

}  // namespace
}  // namespace capstan::aws
