#include "connect/kubernetes/open_api_documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/fake_http_client.h"

namespace capstan::kubernetes {
namespace {

using testing::ElementsAre;
using testing::Pair;

class OpenApiDocumentsTest : public testing::Test {
 protected:
  static ClusterAccess access() {
    ClusterAccess access;
    access.server = "https://api";
    return access;
  }

  FakeHttpClient http_{[](const HttpRequest& request) -> Result<HttpResponse> {
    if (request.url == "https://api/openapi/v3") {
      return HttpResponse{200, {}, R"({"paths":{"version":{"serverRelativeURL":"/openapi/v3/version?hash=0"},
        "api/v1":{"serverRelativeURL":"/openapi/v3/api/v1?hash=1"},"apis/apps":{"serverRelativeURL":"/x"},
        "apis/apps/v1":{"serverRelativeURL":"/openapi/v3/apis/apps/v1?hash=2"},"apis/odd/v1":{"serverRelativeURL":"x"}}})"};
    }
    if (request.url == "https://api/openapi/v3/api/v1?hash=1") return HttpResponse{200, {}, "core"};
    if (request.url == "https://api/apis/apps/v1") return HttpResponse{200, {}, "{}"};
    return HttpResponse{404, {}, ""};
  }};
  VirtualClock clock_{from_unix_ms(0)};
  Credentials credentials_{access(), {}, clock_};
  ApiTransport transport_{http_, credentials_};
  OpenApiDocuments documents_{transport_};
};

TEST_F(OpenApiDocumentsTest, TheIndexHasTheVersionsOfGroupsAndNothingElse) {
  EXPECT_THAT(documents_.index().value(),
              ElementsAre(Pair("apps/v1", "/openapi/v3/apis/apps/v1?hash=2"), Pair("v1", "/openapi/v3/api/v1?hash=1")));
}

TEST_F(OpenApiDocumentsTest, ADocumentIsAskedForByItsHash) {
  EXPECT_EQ(documents_.document("/openapi/v3/api/v1?hash=1").value(), "core");
  EXPECT_EQ(documents_.document("/openapi/v3/api/v1?hash=9").error().code, ErrorCode::kNotFound);
}

TEST_F(OpenApiDocumentsTest, KnowsOfAVersionWithoutADocumentWhetherItIsServed) {
  EXPECT_TRUE(documents_.serves("apps/v1").value());
  EXPECT_FALSE(documents_.serves("extensions/v1beta1").value());
}

}  // namespace
}  // namespace capstan::kubernetes
