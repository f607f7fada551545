#include "connect/kubernetes/discovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/fake_http_client.h"

namespace capstan::kubernetes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kCore = R"({"kind":"APIGroupDiscoveryList","items":[{"metadata":{},"versions":[
  {"version":"v1","freshness":"Current","resources":[
    {"resource":"pods","responseKind":{"version":"v1","kind":"Pod"},"scope":"Namespaced","shortNames":["po"],
     "verbs":["watch","list","get"],"subresources":[{"subresource":"log","verbs":["get"]}]},
    {"resource":"nodes","responseKind":{"version":"v1","kind":"Node"},"scope":"Cluster","verbs":["list","watch"]}]}]}]})";
constexpr std::string_view kGroups = R"({"kind":"APIGroupDiscoveryList","items":[
  {"metadata":{"name":"apps"},"versions":[
    {"version":"v1","freshness":"Current","resources":[
      {"resource":"deployments","responseKind":{"kind":"Deployment"},"scope":"Namespaced","verbs":["list"]}]},
    {"version":"v1beta1","freshness":"Current","resources":[
      {"resource":"deployments","responseKind":{"kind":"Deployment"},"scope":"Namespaced","verbs":["list"]},
      {"resource":"oldsets","responseKind":{"kind":"OldSet"},"scope":"Namespaced","verbs":["list"]}]}]},
  {"metadata":{"name":"metrics.k8s.io"},"versions":[
    {"version":"v1beta1","freshness":"FRESHNESS","resources":[METRICS]}]}]})";
constexpr std::string_view kMetrics =
    R"({"resource":"nodes","responseKind":{"kind":"NodeMetrics"},"scope":"Cluster","verbs":["get","list"]})";

std::string groups(const std::string& freshness, std::string_view metrics) {
  std::string text(kGroups);
  text.replace(text.find("FRESHNESS"), 9, freshness);
  return text.replace(text.find("METRICS"), 7, metrics);
}

class DiscoveryTest : public testing::Test {
 protected:
  DiscoveryTest() : credentials_(access(), {}, clock_), transport_(http_, credentials_), discovery_(transport_) {}

  static ClusterAccess access() {
    ClusterAccess access;
    access.server = "https://api";
    return access;
  }
  Discovered look() {
    asked_.clear();
    auto found = discovery_.look();
    EXPECT_TRUE(found.has_value()) << found.error().message;
    return found ? *found : Discovered{};
  }
  static std::vector<std::string> names(const Discovered& found) {
    std::vector<std::string> names;
    for (const ResourceType& type : found.types) names.push_back(type.name() + "/" + type.version);
    return names;
  }

  std::map<std::string, HttpResponse> answers_;  // By path. An answer with an ETag knows when nothing has changed.
  std::vector<std::string> asked_;
  FakeHttpClient http_{[this](const HttpRequest& request) -> Result<HttpResponse> {
    const std::string path = request.url.substr(std::string("https://api").size());
    asked_.push_back(path);
    if (!answers_.contains(path)) return HttpResponse{404, {}, ""};
    const HttpResponse& answer = answers_[path];
    for (const auto& [name, value] : request.headers) {
      if (name == "If-None-Match" && value == answer.header("ETag")) return HttpResponse{304, {}, ""};
    }
    return answer;
  }};
  VirtualClock clock_{from_unix_ms(0)};
  Credentials credentials_;
  ApiTransport transport_;
  Discovery discovery_;
};

TEST_F(DiscoveryTest, FindsAllTypesInTwoRequests) {
  answers_["/api"] = {200, {{"ETag", "\"a\""}}, std::string(kCore)};
  answers_["/apis"] = {200, {{"ETag", "\"b\""}}, groups("Current", kMetrics)};
  const Discovered found = look();
  EXPECT_THAT(asked_, ElementsAre("/api", "/apis"));
  EXPECT_THAT(names(found), ElementsAre("nodes/v1", "pods/v1", "deployments.apps/v1", "oldsets.apps/v1beta1",
                                        "nodes.metrics.k8s.io/v1beta1"));
  const ResourceType& pods = found.types[1];
  EXPECT_EQ(pods.kind, "Pod");
  EXPECT_TRUE(pods.namespaced);
  EXPECT_TRUE(pods.can("watch"));
  EXPECT_FALSE(pods.can("delete"));
  EXPECT_TRUE(pods.has_subresource("log"));
  EXPECT_THAT(pods.short_names, ElementsAre("po"));
  EXPECT_FALSE(found.types[0].namespaced);
  EXPECT_TRUE(found.problems.empty());
}

TEST_F(DiscoveryTest, AsksCheaplyWhetherAnythingHasChanged) {
  answers_["/api"] = {200, {{"ETag", "\"a\""}}, std::string(kCore)};
  answers_["/apis"] = {200, {{"ETag", "\"b\""}}, groups("Current", kMetrics)};
  const Discovered first = look();
  EXPECT_TRUE(first.changed);
  const Discovered second = look();
  EXPECT_FALSE(second.changed);
  EXPECT_EQ(second.types, first.types);
  answers_["/apis"] = {200, {{"ETag", "\"c\""}}, R"({"kind":"APIGroupDiscoveryList","items":[]})"};
  const Discovered third = look();
  EXPECT_TRUE(third.changed);
  EXPECT_THAT(names(third), ElementsAre("nodes/v1", "pods/v1"));
}

TEST_F(DiscoveryTest, TellsAGroupThatIsDownAndKeepsWhatIsKnownOfIt) {
  answers_["/api"] = {200, {}, std::string(kCore)};
  answers_["/apis"] = {200, {}, groups("Current", kMetrics)};
  const size_t count = look().types.size();
  answers_["/apis"] = {200, {}, groups("Stale", "")};
  const Discovered found = look();
  EXPECT_EQ(found.types.size(), count);
  ASSERT_EQ(found.problems.size(), 1u);
  EXPECT_THAT(found.problems[0].message, HasSubstr("metrics.k8s.io/v1beta1"));
  EXPECT_TRUE(found.changed);
}

TEST_F(DiscoveryTest, AsksOlderServersVersionByVersion) {
  answers_["/api"] = {200, {}, R"({"kind":"APIVersions","versions":["v1"]})"};
  answers_["/apis"] = {200, {}, R"({"kind":"APIGroupList","groups":[
    {"name":"apps","versions":[{"groupVersion":"apps/v1beta1"},{"groupVersion":"apps/v1"}],
     "preferredVersion":{"groupVersion":"apps/v1"}},
    {"name":"down","versions":[{"groupVersion":"down/v1"}],"preferredVersion":{"groupVersion":"down/v1"}}]})"};
  answers_["/api/v1"] = {200, {}, R"({"kind":"APIResourceList","resources":[
    {"name":"pods/log","namespaced":true,"kind":"Pod","verbs":["get"]},
    {"name":"pods","namespaced":true,"kind":"Pod","verbs":["list","get"],"shortNames":["po"]}]})"};
  answers_["/apis/apps/v1"] = {
      200, {}, R"({"resources":[{"name":"deployments","namespaced":true,"kind":"Deployment"}]})"};
  answers_["/apis/apps/v1beta1"] = {200, {}, R"({"resources":[{"name":"deployments","kind":"Deployment"},
    {"name":"oldsets","kind":"OldSet"}]})"};
  answers_["/apis/down/v1"] = {200, {}, R"({"resources":[{"name":"things","kind":"Thing"}]})"};
  EXPECT_EQ(look().types.size(), 4u);
  answers_["/apis/down/v1"] = {503, {}, ""};
  const Discovered found = look();
  EXPECT_THAT(names(found), ElementsAre("pods/v1", "deployments.apps/v1", "oldsets.apps/v1beta1", "things.down/v1"));
  EXPECT_TRUE(found.types[0].has_subresource("log"));
  ASSERT_EQ(found.problems.size(), 1u);
  EXPECT_THAT(found.problems[0].message, HasSubstr("down/v1 cannot be asked for its types"));
}

TEST_F(DiscoveryTest, TellsWhenTheServerCannotBeAsked) {
  EXPECT_EQ(discovery_.look().error().code, ErrorCode::kNotFound);
  answers_["/api"] = {200, {}, "<html>"};
  EXPECT_FALSE(discovery_.look().has_value());
}

}  // namespace
}  // namespace capstan::kubernetes
