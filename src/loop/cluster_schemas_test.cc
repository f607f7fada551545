#include "loop/cluster_schemas.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_http_client.h"

namespace capstan::loop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ClusterSchemasTest : public testing::Test {
 protected:
  static kubernetes::ClusterAccess access() {
    kubernetes::ClusterAccess access;
    access.server = "https://api";
    return access;
  }
  std::shared_ptr<const schema::ObjectSchemas> of(const std::vector<std::string>& versions) {
    asked_.clear();
    auto schemas = schemas_.of(versions);
    EXPECT_TRUE(schemas.has_value()) << schemas.error().message;
    return schemas.value_or(nullptr);
  }

  int hash_ = 1;
  std::vector<std::string> asked_;
  FakeHttpClient http_{[this](const HttpRequest& request) -> Result<HttpResponse> {
    const std::string path = request.url.substr(std::string("https://api").size());
    asked_.push_back(path);
    if (path == "/openapi/v3") {
      return HttpResponse{200,
                          {},
                          fmt::format(R"({{"paths":{{"apis/example.org/v1":
        {{"serverRelativeURL":"/openapi/v3/apis/example.org/v1?hash={}"}},"api/v1":{{"serverRelativeURL":"/openapi/v3/api/v1?hash=7"}}}}}})",
                                      hash_)};
    }
    if (path.starts_with("/openapi/v3/apis/example.org/v1")) {
      return HttpResponse{200, {}, R"({"openapi":"3.0.0","components":{"schemas":{"a":{"type":"object",
        "x-kubernetes-group-version-kind":[{"group":"example.org","version":"v1","kind":"A"}]}}}})"};
    }
    return HttpResponse{404, {}, ""};
  }};
  VirtualClock clock_{from_unix_ms(0)};
  kubernetes::Credentials credentials_{access(), {}, clock_};
  kubernetes::ApiTransport transport_{http_, credentials_};
  kubernetes::OpenApiDocuments documents_{transport_};
  ClusterSchemas schemas_{documents_};
};

TEST_F(ClusterSchemasTest, ReadsOnlyWhatIsNeededAndOnlyWhenItHasChanged) {
  EXPECT_NE(of({"example.org/v1"})->find({"example.org/v1", "A"}), nullptr);
  EXPECT_THAT(asked_, ElementsAre("/openapi/v3", "/openapi/v3/apis/example.org/v1?hash=1"));
  EXPECT_NE(of({"example.org/v1"})->find({"example.org/v1", "A"}), nullptr);
  EXPECT_THAT(asked_, ElementsAre("/openapi/v3"));
  hash_ = 2;
  EXPECT_NE(of({"example.org/v1"})->find({"example.org/v1", "A"}), nullptr);
  EXPECT_THAT(asked_, ElementsAre("/openapi/v3", "/openapi/v3/apis/example.org/v1?hash=2"));
}

TEST_F(ClusterSchemasTest, AVersionThatIsNotServedIsKnownAsSuchAndItsGroupIsLookedAt) {
  const auto schemas = of({"example.org/v1beta1"});
  EXPECT_FALSE(schemas->may_serve("example.org/v1beta1"));
  EXPECT_THAT(schemas->versions_of("A"), ElementsAre("example.org/v1"));
  EXPECT_TRUE(schemas->may_serve("v1"));
}

}  // namespace
}  // namespace capstan::loop
