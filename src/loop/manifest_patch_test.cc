#include "loop/manifest_patch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace capstan::loop {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kShop = R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
)";
constexpr std::string_view kVault = R"(apiVersion: v1
kind: ConfigMap
metadata:
  name: colors
data:
  color: blue
---
apiVersion: v1
kind: Secret
metadata:
  name: key
stringData:
  token: hunter2
)";

class ManifestPatchTest : public testing::Test {
 protected:
  void state(std::string_view text, const std::string& file) {
    files_[file] = text;
    foresee::ObjectDocuments read = foresee::read_objects(text, file);
    std::ranges::move(read.documents, std::back_inserter(stated_.documents));
    std::ranges::move(read.problems, std::back_inserter(stated_.problems));
  }
  void differs(size_t document, drift::FieldPath path, Json should, Json is) {
    const foresee::ObjectDocument& one = stated_.documents[document];
    drift::ObjectDrift object{.document = document,
                              .id = "k8s_x/prod/shop/" + one.object["metadata"]["name"].string_or_empty(),
                              .api_version = one.object["apiVersion"].string_or_empty(),
                              .kind = one.object["kind"].string_or_empty(),
                              .name_space = "shop",
                              .name = one.object["metadata"]["name"].string_or_empty(),
                              .where = one.where};
    object.fields.push_back(
        {.difference = {.path = std::move(path), .should = std::move(should), .is = std::move(is)}});
    report_.drifts.push_back(std::move(object));
  }
  ManifestPatch patch() const {
    const auto read = [&](const std::string& file) -> Result<std::string> { return files_.at(file); };
    return make_manifest_patch(report_, stated_, read, "/checkout");
  }

  std::map<std::string, std::string> files_;
  foresee::ObjectDocuments stated_;
  drift::DriftReport report_;
};

TEST_F(ManifestPatchTest, GoesEitherWayAndNamesFilesFromTheRepository) {
  state(kShop, "/checkout/deploy/shop.yaml");
  differs(0, {"spec", "replicas"}, 2, 5);
  const ManifestPatch made = patch();
  EXPECT_THAT(made.cluster, HasSubstr("namespace: shop"));
  EXPECT_THAT(made.cluster, HasSubstr("replicas: 2"));
  EXPECT_THAT(made.files, HasSubstr("+++ b/deploy/shop.yaml"));
  EXPECT_THAT(made.files, HasSubstr("-  replicas: 2\n+  replicas: 5"));
  EXPECT_THAT(made.left_out, IsEmpty());
}

TEST_F(ManifestPatchTest, GivesNothingOfAFileThatHoldsASecretNorOfTheSecret) {
  state(kVault, "/checkout/vault.yaml");
  differs(0, {"data", "color"}, "blue", "red");
  differs(1, {"stringData", "token"}, "***", "***");
  const ManifestPatch made = patch();
  EXPECT_THAT(made.cluster, HasSubstr("color: blue"));
  EXPECT_THAT(made.cluster, HasSubstr("# k8s_x/prod/shop/key"));
  EXPECT_THAT(made.files, IsEmpty());
  const Json json = to_json(made, "/checkout");
  EXPECT_THAT(json.dump(), Not(HasSubstr("hunter2")));
  ASSERT_EQ(json["left_out"].items().size(), 1u);
  EXPECT_EQ(json["left_out"].items()[0]["where"]["file"], Json("vault.yaml"));
}

TEST_F(ManifestPatchTest, GivesNothingOfAFileThatCouldNotBeReadWhole) {
  state(kShop, "/checkout/shop.yaml");
  stated_.problems.push_back({ErrorCode::kInvalidArgument, "expected a list", {"/checkout/shop.yaml", 8, 1}});
  differs(0, {"spec", "replicas"}, 2, 5);
  EXPECT_THAT(patch().files, IsEmpty());
}

TEST_F(ManifestPatchTest, SaysSoWhereItWouldBeTooLarge) {
  state(kShop, "/checkout/shop.yaml");
  stated_.documents[0].object.set("data", Json::object({{"text", std::string(300 << 10, 'x')}}));
  differs(0, {"spec", "replicas"}, 2, 5);
  const ManifestPatch made = patch();
  EXPECT_THAT(made.cluster, IsEmpty());
  ASSERT_EQ(made.left_out.size(), 1u);
  EXPECT_THAT(made.left_out[0].message, HasSubstr("larger than 256 KiB"));
}

}  // namespace
}  // namespace capstan::loop
