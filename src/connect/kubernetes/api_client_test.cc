#include "connect/kubernetes/api_client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "base/fake_http_client.h"
#include "base/fake_http_streamer.h"
#include "connect/kubernetes/api_status.h"
#include "connect/kubernetes/pod_api.h"

namespace capstan::kubernetes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string status(int code, const std::string& reason, const std::string& message, const std::string& details = "{}") {
  return fmt::format(R"({{"kind":"Status","code":{},"reason":"{}","message":"{}","details":{}}})", code, reason,
                     message, details);
}

class ApiClientTest : public testing::Test {
 protected:
  ApiClientTest() {
    deployments_ = {.group = "apps", .version = "v1", .plural = "deployments", .kind = "Deployment"};
    ClusterAccess access;
    access.server = "https://api";
    access.token = "s3cret";
    use(access);
  }
  void use(ClusterAccess access) {
    credentials_ = std::make_unique<Credentials>(std::move(access), Environment{}, clock_);
    transport_ = std::make_unique<ApiTransport>(http_, *credentials_, [this](Duration time, const std::stop_token&) {
      slept_.push_back(time);
      return !stopped_;
    });
    api_ = std::make_unique<ApiClient>(*transport_);
  }
  void answer(int code, std::string body, HttpHeaders headers = {}) {
    answers_.push_back({code, std::move(headers), std::move(body)});
  }
  const HttpRequest& asked() {
    requests_ = http_.requests();
    return requests_.back();
  }
  std::string asked_line() {
    const HttpRequest& request = asked();
    return request.method + " " + request.url;
  }
  std::string content_type() {
    for (const auto& [name, value] : asked().headers) {
      if (name == "Content-Type") return value;
    }
    return "";
  }
  Error error_of(int code, const std::string& body, HttpHeaders headers = {}) {
    answer(code, body, std::move(headers));
    const auto got = api_->get(deployments_, {"shop", "web"});
    return got ? Error{ErrorCode::kInternal, "it worked"} : got.error();
  }

  VirtualClock clock_{from_unix_ms(1'700'000'000'000)};
  std::deque<HttpResponse> answers_;
  FakeHttpClient http_{[this](const HttpRequest&) -> Result<HttpResponse> {
    if (answers_.empty()) return HttpResponse{200, {}, "{}"};
    HttpResponse answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }};
  std::vector<HttpRequest> requests_;
  std::vector<Duration> slept_;
  bool stopped_ = false;
  ResourceType deployments_;
  std::unique_ptr<Credentials> credentials_;
  std::unique_ptr<ApiTransport> transport_;
  std::unique_ptr<ApiClient> api_;
};

TEST_F(ApiClientTest, GetsAnObjectWithItsCredentials) {
  answer(200, R"({"metadata":{"name":"web","managedFields":[1]}})");
  const auto got = api_->get(deployments_, {"shop", "web"});
  ASSERT_TRUE(got.has_value()) << got.error().message;
  EXPECT_EQ(got->dump(), R"({"metadata":{"name":"web"}})");
  EXPECT_EQ(asked_line(), "GET https://api/apis/apps/v1/namespaces/shop/deployments/web");
  EXPECT_EQ(asked().bearer_token, "s3cret");
}

TEST_F(ApiClientTest, RefusesNamesThatWouldBeAnotherPath) {
  for (const ObjectName& name : {ObjectName{"shop", "a/b"}, {"..", "web"}, {"shop", "."}, {"shop", ""}, {"", "web"}}) {
    EXPECT_EQ(api_->get(deployments_, name).error().code, ErrorCode::kInvalidArgument) << name.name;
    EXPECT_EQ(api_->remove(deployments_, name).error().code, ErrorCode::kInvalidArgument) << name.name;
  }
  EXPECT_TRUE(http_.requests().empty());
}

TEST_F(ApiClientTest, ListsAPage) {
  answer(200, R"({"kind":"DeploymentList","metadata":{"resourceVersion":"9","continue":"next","remainingItemCount":3},)"
              R"("items":[{"metadata":{"name":"a","managedFields":[]}}]})");
  const auto page =
      api_->list(deployments_,
                 {.name_space = "shop", .label_selector = "app=web,tier!=db", .limit = 1, .continue_from = "be/fore"});
  ASSERT_TRUE(page.has_value()) << page.error().message;
  ASSERT_EQ(page->items.size(), 1u);
  EXPECT_EQ(page->items[0].dump(), R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"}})");
  EXPECT_EQ(page->continue_from, "next");
  EXPECT_EQ(page->resource_version, "9");
  EXPECT_EQ(page->remaining, 3);
  EXPECT_EQ(asked().url,
            "https://api/apis/apps/v1/namespaces/shop/deployments?limit=1&continue=be%2Ffore&labelSelector=app%3Dweb%2C"
            "tier%21%3Ddb");
}

TEST_F(ApiClientTest, CreatesAndTriesOutCreating) {
  ASSERT_TRUE(api_->create(deployments_, {"shop", ""}, Json::object({{"a", 1}}), {.dry_run = true}).has_value());
  EXPECT_EQ(asked_line(), "POST https://api/apis/apps/v1/namespaces/shop/deployments?dryRun=All&fieldManager=capstan");
  EXPECT_EQ(content_type(), "application/json");
  EXPECT_EQ(asked().body, R"({"a":1})");
}

TEST_F(ApiClientTest, AppliesOnTheServer) {
  ASSERT_TRUE(api_->apply(deployments_, {"shop", "web"}, Json::object(), true, {.dry_run = true}).has_value());
  EXPECT_EQ(
      asked_line(),
      "PATCH https://api/apis/apps/v1/namespaces/shop/deployments/web?dryRun=All&fieldManager=capstan&force=true");
  EXPECT_EQ(content_type(), "application/apply-patch+yaml");
}

TEST_F(ApiClientTest, PatchesInThreeWays) {
  for (const auto& [kind, type] : {std::pair(PatchKind::kJson, "application/json-patch+json"),
                                   {PatchKind::kMerge, "application/merge-patch+json"},
                                   {PatchKind::kStrategic, "application/strategic-merge-patch+json"}}) {
    ASSERT_TRUE(
        api_->patch(deployments_, {"shop", "web"}, kind, Json::object(), {.subresource = "status"}).has_value());
    EXPECT_EQ(asked_line(),
              "PATCH https://api/apis/apps/v1/namespaces/shop/deployments/web/status?fieldManager=capstan");
    EXPECT_EQ(content_type(), type);
  }
}

TEST_F(ApiClientTest, Replaces) {
  ASSERT_TRUE(api_->update(deployments_, {"shop", "web"}, Json::object(), {.field_validation = "Strict"}).has_value());
  EXPECT_EQ(asked_line(),
            "PUT https://api/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=capstan"
            "&fieldValidation=Strict");
}

TEST_F(ApiClientTest, DeletesOnlyTheObjectThatIsMeant) {
  ASSERT_TRUE(
      api_->remove(
              deployments_, {"shop", "web"},
              {.dry_run = true, .uid = "u-1", .resource_version = "7", .propagation = "Foreground", .grace_seconds = 0})
          .has_value());
  EXPECT_EQ(asked_line(), "DELETE https://api/apis/apps/v1/namespaces/shop/deployments/web");
  EXPECT_EQ(asked().body, R"({"apiVersion":"v1","dryRun":["All"],"gracePeriodSeconds":0,"kind":"DeleteOptions",)"
                          R"("preconditions":{"resourceVersion":"7","uid":"u-1"},"propagationPolicy":"Foreground"})");
}

TEST_F(ApiClientTest, ReadsAndSetsReplicas) {
  answer(200, R"({"kind":"Scale","spec":{"replicas":3}})");
  EXPECT_EQ(*api_->replicas(deployments_, {"shop", "web"}), 3);
  answer(200, R"({"kind":"Scale","spec":{}})");
  EXPECT_EQ(*api_->replicas(deployments_, {"shop", "web"}), 0);
  ASSERT_TRUE(api_->scale(deployments_, {"shop", "web"}, 5).has_value());
  EXPECT_EQ(asked_line(), "PATCH https://api/apis/apps/v1/namespaces/shop/deployments/web/scale?fieldManager=capstan");
  EXPECT_EQ(asked().body, R"({"spec":{"replicas":5}})");
}

TEST_F(ApiClientTest, EvictsAPod) {
  PodApi pods(*transport_);
  ASSERT_TRUE(pods.evict({"shop", "web-1"}, {.dry_run = true, .uid = "u", .grace_seconds = 30}).has_value());
  EXPECT_EQ(asked_line(), "POST https://api/api/v1/namespaces/shop/pods/web-1/eviction?dryRun=All");
  EXPECT_EQ(asked().body,
            R"({"apiVersion":"policy/v1","deleteOptions":{"gracePeriodSeconds":30,"preconditions":{"uid":"u"}},)"
            R"("kind":"Eviction","metadata":{"name":"web-1","namespace":"shop"}})");
}

TEST_F(ApiClientTest, TellsThatABudgetForbidsAnEvictionAndDoesNotWaitForIt) {
  answer(429, status(429, "TooManyRequests", "it would break web-pdb", R"({"causes":[{"reason":"DisruptionBudget"}]})"),
         {{"Retry-After", "10"}});
  PodApi pods(*transport_);
  const Status evicted = pods.evict({"shop", "web-1"});
  EXPECT_EQ(evicted.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(evicted.error().message, "it would break web-pdb");
  EXPECT_TRUE(slept_.empty());
}

TEST_F(ApiClientTest, ReadsLogs) {
  answer(200, "one\ntwo\n");
  PodApi pods(*transport_);
  const auto logs = pods.logs({"shop", "web-1"}, {.container = "app", .tail_lines = 2, .since = Duration(1'500)});
  EXPECT_EQ(*logs, "one\ntwo\n");
  EXPECT_EQ(asked().url,
            "https://api/api/v1/namespaces/shop/pods/web-1/log?container=app&tailLines=2&sinceSeconds=2"
            "&limitBytes=16777216");
}

TEST_F(ApiClientTest, FollowsLogs) {
  FakeHttpStreamer streamer;
  PodApi pods(*transport_);
  const auto stream = pods.follow_logs({"shop", "web-1"}, {.tail_lines = 0}, streamer, nullptr);
  ASSERT_TRUE(stream.has_value());
  EXPECT_EQ(streamer.call(0)->request.url, "https://api/api/v1/namespaces/shop/pods/web-1/log?tailLines=0&follow=true");
  EXPECT_EQ(streamer.call(0)->request.bearer_token, "s3cret");
  EXPECT_EQ(streamer.call(0)->request.timeout, Duration(0));
}

TEST_F(ApiClientTest, MakesRefusalsErrorsInTheServersWords) {
  const Error unknown = error_of(401, status(401, "Unauthorized", "Unauthorized"));
  EXPECT_EQ(unknown.code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(unknown.message, "the API server does not accept the credentials (Unauthorized)");
  const Error forbidden = error_of(403, status(403, "Forbidden", "deployments is forbidden"));
  EXPECT_EQ(forbidden.code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(forbidden.message, "deployments is forbidden");
  EXPECT_EQ(error_of(404, status(404, "NotFound", "x")).code, ErrorCode::kNotFound);
  EXPECT_EQ(error_of(409, status(409, "AlreadyExists", "x")).code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(error_of(409, status(409, "Conflict", "x")).code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(error_of(410, status(410, "Expired", "x")).code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(error_of(503, status(503, "ServiceUnavailable", "x")).code, ErrorCode::kUnavailable);
  EXPECT_EQ(error_of(500, status(500, "InternalError", "x")).code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(error_of(405, "").code, ErrorCode::kUnimplemented);
}

TEST_F(ApiClientTest, NamesTheFieldsThatAreBlamed) {
  const Error invalid = error_of(
      422,
      status(422, "Invalid", "web is invalid: spec.replicas: -1",
             R"({"causes":[{"field":"spec.replicas","message":"negative"},{"field":"spec.x","message":"required"}]})"));
  EXPECT_EQ(invalid.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(invalid.message, "web is invalid: spec.replicas: -1; spec.x: required");
}

TEST_F(ApiClientTest, RepeatsNoPageOfAProxyAndNoToken) {
  EXPECT_EQ(error_of(502, "<html>s3cret</html>").message, "the API server answered with HTTP status 502");
  const Error echoed = error_of(401, status(401, "Unauthorized", "token s3cret is not valid, not s3cret"));
  EXPECT_EQ(echoed.message, "token *** is not valid, not ***");
}

TEST_F(ApiClientTest, WaitsAsLongAsTheServerAsks) {
  answer(429, status(429, "TooManyRequests", "busy"), {{"Retry-After", "1"}});
  answer(429, status(429, "TooManyRequests", "busy", R"({"retryAfterSeconds":3})"));
  EXPECT_TRUE(api_->create(deployments_, {"shop", ""}, Json::object()).has_value());
  EXPECT_THAT(slept_, ElementsAre(Duration(1'000), Duration(3'000)));
  EXPECT_EQ(http_.requests().size(), 3u);
}

TEST_F(ApiClientTest, WaitsNoLongerThanHalfAMinuteInAll) {
  for (int i = 0; i < 5; ++i) answer(429, status(429, "TooManyRequests", "busy"), {{"Retry-After", "12"}});
  EXPECT_EQ(api_->get(deployments_, {"shop", "web"}).error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(slept_, ElementsAre(Duration(12'000), Duration(12'000)));
}

TEST_F(ApiClientTest, EndsWaitingWhenStopped) {
  stopped_ = true;
  answer(429, status(429, "TooManyRequests", "busy"), {{"Retry-After", "1"}});
  EXPECT_EQ(api_->get(deployments_, {"shop", "web"}).error().code, ErrorCode::kCancelled);
}

TEST_F(ApiClientTest, NeverRepeatsAChangeThatMayHaveHappened) {
  answer(500, status(500, "InternalError", "x"), {{"Retry-After", "1"}});
  EXPECT_FALSE(api_->create(deployments_, {"shop", ""}, Json::object()).has_value());
  EXPECT_EQ(http_.requests().size(), 1u);
  answer(503, status(503, "ServiceUnavailable", "x"), {{"Retry-After", "1"}});
  EXPECT_TRUE(api_->get(deployments_, {"shop", "web"}).has_value());  // Looking harms nobody.
}

TEST_F(ApiClientTest, AsksForNewCredentialsOnceWhenItIsNotKnown) {
  ClusterAccess access;
  access.server = "https://api";
  access.token = "old";
  access.token_file = "/nowhere/token";
  use(access);
  for (int i = 0; i < 3; ++i) answer(401, status(401, "Unauthorized", "who?"));
  EXPECT_EQ(api_->get(deployments_, {"shop", "web"}).error().code, ErrorCode::kUnauthenticated);
  EXPECT_EQ(http_.requests().size(), 2u);
}

TEST_F(ApiClientTest, IsNotFooledByAnAnswerThatIsNoJson) {
  answer(200, "<html>");
  EXPECT_EQ(api_->get(deployments_, {"shop", "web"}).error().code, ErrorCode::kCorrupt);
  answer(200, R"({"items":[{})");
  EXPECT_EQ(api_->list(deployments_, {}).error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace capstan::kubernetes
