#include "connect/aws/service_model.h"

#include <filesystem>

#include "base/file.h"
#include "connect/aws/model_library.h"
#include "connect/aws/test_models.h"

namespace capstan::aws {
namespace {

std::string error_of(std::string_view text) {
  const auto model =
      read_service_model("x", {.service = {"service-2.json", json(text)}, .paginators = {}, .waiters = {}});
  return model ? "none" : model.error().to_string();
}

TEST(ServiceModel, ErrorsNameTheFileAndThePlaceInIt) {
  EXPECT_EQ(error_of("{}"),
            "service-2.json: metadata.protocol: expected query, ec2, rest-xml, rest-json or json, got ''");
  EXPECT_EQ(error_of(R"({"metadata": {"protocol": "query", "endpointPrefix": "x"}, "operations": {},
                         "shapes": {"Role": {"type": "structure", "members": {"Path": {"shape": "pathTyp"}}}}})"),
            "service-2.json: shapes.Role.members.Path.shape: no shape is named 'pathTyp'");
  EXPECT_EQ(error_of(R"({"metadata": {"protocol": "query", "endpointPrefix": "x"}, "shapes": {},
                         "operations": {"Go": {"name": "Go", "http": {"method": "GET", "requestUri": ""}}}})"),
            "service-2.json: operations.Go.http.requestUri: expected a path");
  EXPECT_EQ(error_of(R"({"metadata": {"protocol": "query", "endpointPrefix": "x"}, "operations": {},
                         "shapes": {"Role": {"type": "strukture"}}})"),
            "service-2.json: shapes.Role.type: no type is named 'strukture'");
}

TEST(ServiceModel, SaysWhichOperationWasProbablyMeant) {
  const auto model = test_model("iam", kRolesModel);
  EXPECT_EQ(model->operation("ListRole").error().message,
            "iam has no operation 'ListRole' (did you mean 'ListRoles'?)");
  EXPECT_EQ(model->waiter("RoleExist").error().message, "iam has no waiter 'RoleExist' (did you mean 'RoleExists'?)");
}

// All that Debian's botocore knows, or the directories that are named: every expression of every model must be read.
TEST(ServiceModel, EveryInstalledModelIsRead) {
  const char* named = std::getenv("CAPSTAN_AWS_MODELS");
  ModelLibrary library({std::filesystem::path(named != nullptr ? named : kBotocoreModels)});
  const std::vector<std::string> services = library.services();
  if (services.empty()) GTEST_SKIP() << "python3-botocore is not installed";
  size_t operations = 0, paginators = 0, waiters = 0;
  for (const std::string& service : services) {
    ModelLibrary one(
        {std::filesystem::path(named != nullptr ? named : kBotocoreModels)});  // Not all in memory at once.
    const auto model = one.service(service);
    if (!model && model.error().code == ErrorCode::kUnimplemented) continue;  // Of a protocol that is not spoken here.
    ASSERT_TRUE(model) << service << ": " << model.error().to_string();
    for (const auto& [operation, paginator] : (*model)->paginators) {
      for (const PathExpression& results : paginator.results) {
        EXPECT_FALSE(results.plain_names().empty()) << service << " " << operation << ": " << results.text();
      }
    }
    operations += (*model)->operations.size();
    paginators += (*model)->paginators.size();
    waiters += (*model)->waiters.size();
  }
  EXPECT_GT(operations, services.size());
  EXPECT_TRUE(library.endpoints());
  RecordProperty("services", static_cast<int>(services.size()));
  RecordProperty("operations", static_cast<int>(operations));
  RecordProperty("paginators", static_cast<int>(paginators));
  RecordProperty("waiters", static_cast<int>(waiters));
}

TEST(ModelLibrary, NamesTheDirectoriesWhereItLooked) {
  ModelLibrary library({"/nowhere/one", "/nowhere/two"});
  EXPECT_EQ(library.service("iam").error().message,
            "there is no model of an AWS service 'iam' in /nowhere/one, /nowhere/two");
  EXPECT_EQ(library.service("../etc").error().code, ErrorCode::kNotFound);
}

TEST(EndpointRules, FollowsRegionsPartitionsAndVariants) {
  const auto rules = *EndpointRules::read(json(kEndpoints), "endpoints.json");
  const auto host = [&](std::string_view service, std::string_view region, EndpointVariant variant = {}) {
    const auto endpoint = rules->resolve(service, region, variant);
    return endpoint ? endpoint->host + " " + endpoint->signing_region : endpoint.error().message;
  };
  EXPECT_EQ(host("eks", "ap-northeast-2"), "eks.ap-northeast-2.amazonaws.com ap-northeast-2");
  EXPECT_EQ(host("eks", "eu-new-9"), "eks.eu-new-9.amazonaws.com eu-new-9");
  EXPECT_EQ(host("eks", "cn-north-1"), "eks.cn-north-1.amazonaws.com.cn cn-north-1");
  EXPECT_EQ(host("iam", "ap-northeast-2"), "iam.amazonaws.com us-east-1");
  EXPECT_EQ(host("eks", "us-east-1", {.fips = true}), "eks-fips.us-east-1.amazonaws.com us-east-1");
  EXPECT_EQ(host("eks", "us-east-1", {.dualstack = true}), "eks.us-east-1.api.aws us-east-1");
  EXPECT_EQ(host("eks", "cn-north-1", {.fips = true}), "eks has no FIPS endpoint in cn-north-1");
  EXPECT_EQ(host("eks", "evil.example/"), "'evil.example/' is no name of a region");
  EXPECT_TRUE(rules->is_global("iam"));
  EXPECT_FALSE(rules->is_global("eks"));
}

}  // namespace
}  // namespace capstan::aws
