#include "foresee/object_edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/config.h"
#include "foresee/object_diff.h"

namespace capstan::foresee {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kHeader =
    "diff -u -N /tmp/LIVE-1/apps.v1.Deployment.shop.web.v2 /tmp/MERGED-2/apps.v1.Deployment.shop.web.v2\n"
    "--- /tmp/LIVE-1/apps.v1.Deployment.shop.web.v2\t2026-01-01 00:00:00.000000000 +0000\n"
    "+++ /tmp/MERGED-2/apps.v1.Deployment.shop.web.v2\t2026-01-01 00:00:00.000000000 +0000\n";

// Two containers alike, so that only the line's number tells them apart.
constexpr std::string_view kLive = R"(apiVersion: apps/v1
kind: Deployment
metadata:
  name: web.v2
  namespace: shop
spec:
  replicas: 3
  template:
    spec:
      containers:
      - args:
        - "--port=80"
        image: web:1
        name: first
        resources:
          limits:
            cpu: "1"
            memory: 1Gi
      - args:
        - "--port=80"
        image: web:1
        name: second
        resources:
          limits:
            cpu: "1"
            memory: 1Gi
      volumes:
      - configMap:
          name: a
        name: data
)";

Json live() { return parse_yaml(kLive, "f")->front().to_json(); }

ObjectDocuments read(std::string_view hunks) {
  return read_diff(std::string(kHeader) + std::string(hunks), "change.diff");
}

Result<Json> after(std::string_view hunks) {
  const ObjectDocuments documents = read(hunks);
  if (!documents.problems.empty()) return fail(documents.problems.front());
  return edit(live(), documents.documents.at(0).object);
}

TEST(ObjectDiffTest, IsKnownByItsHeader) {
  EXPECT_TRUE(is_diff(kHeader));
  EXPECT_TRUE(is_diff("--- a\n+++ b\n"));
  EXPECT_FALSE(is_diff("---\nkind: A\n"));
  EXPECT_FALSE(is_diff("kind: A\n--- \n+++ x\n"));
  EXPECT_FALSE(is_diff(""));
}

TEST(ObjectDiffTest, NamesTheObjectAsItsFileIsNamed) {
  const ObjectDocuments documents = read("@@ -7,1 +7,1 @@\n-  replicas: 3\n+  replicas: 5\n");
  ASSERT_THAT(documents.problems, IsEmpty());
  ASSERT_THAT(documents.documents, SizeIs(1));
  EXPECT_EQ(documents.documents[0].where.line, 2);
  EXPECT_EQ(documents.documents[0].object.dump(),
            R"({"$diff":["@@ 7","-  replicas: 3","+  replicas: 5"],"apiVersion":"apps/v1","kind":"Deployment",)"
            R"("metadata":{"name":"web.v2","namespace":"shop"}})");
}

TEST(ObjectDiffTest, ChangesWhatTheLinesChange) {
  const Result<Json> changed = after(
      "@@ -4,7 +4,7 @@\n   name: web.v2\n   namespace: shop\n-  resourceVersion: \"1\"\n+  resourceVersion: \"2\"\n"
      " spec:\n-  replicas: 3\n+  replicas: 5\n   template:\n     spec:\n");
  ASSERT_TRUE(changed.has_value()) << changed.error().message;
  EXPECT_EQ((*changed)["spec"]["replicas"].int_or(0), 5);
  EXPECT_FALSE((*changed)["metadata"].contains("resourceVersion"));
  Json same = *changed;
  Json spec = same["spec"];
  spec.set("replicas", 3);
  same.set("spec", spec);
  EXPECT_EQ(same, live());
}

TEST(ObjectDiffTest, TakesTheNearestOfSeveralPlacesThatFit) {
  const std::string lines =
      " @@\n         resources:\n           limits:\n             cpu: \"1\"\n"
      "-            memory: 1Gi\n+            memory: 2Gi\n";
  const auto memory = [&](const std::string& header, size_t container) {
    const Result<Json> changed = after("@@ " + header + lines);
    return (*changed)["spec"]["template"]["spec"]["containers"].items()[container]["resources"]["limits"]["memory"];
  };
  EXPECT_EQ(memory("-15,4 +15,4", 0), Json("2Gi"));
  EXPECT_EQ(memory("-15,4 +15,4", 1), Json("1Gi"));
  EXPECT_EQ(memory("-23,4 +23,4", 0), Json("1Gi"));
  EXPECT_EQ(memory("-23,4 +23,4", 1), Json("2Gi"));
}

TEST(ObjectDiffTest, SeveralHunksFollowEachOther) {
  const Result<Json> changed = after(
      "@@ -6,2 +6,3 @@\n spec:\n+  paused: true\n   replicas: 3\n"
      "@@ -27,5 +28,2 @@\n             memory: 1Gi\n-      volumes:\n-      - configMap:\n-          name: a\n-        "
      "name: data\n"
      "+      volumes: []\n");
  ASSERT_TRUE(changed.has_value()) << changed.error().message;
  EXPECT_TRUE((*changed)["spec"]["paused"].bool_or(false));
  EXPECT_THAT((*changed)["spec"]["template"]["spec"]["volumes"].items(), IsEmpty());
}

TEST(ObjectDiffTest, RefusesLinesThatAreNotThereAnyMore) {
  const Result<Json> changed = after("@@ -6,2 +6,2 @@\n spec:\n-  replicas: 2\n+  replicas: 5\n");
  ASSERT_FALSE(changed.has_value());
  EXPECT_EQ(changed.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_THAT(changed.error().message, HasSubstr("'replicas: 2' is not there any more"));
}

TEST(ObjectDiffTest, NewObjectsAreWholeAndOldOnesGo) {
  const ObjectDocuments fresh =
      read("@@ -0,0 +1,4 @@\n+apiVersion: apps/v1\n+kind: Deployment\n+metadata:\n+  name: web.v2\n");
  ASSERT_THAT(fresh.documents, SizeIs(1)) << fresh.problems.front().message;
  EXPECT_EQ(fresh.documents[0].object.dump(),
            R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web.v2"}})");
  const ObjectDocuments gone = read("@@ -1,2 +0,0 @@\n-apiVersion: apps/v1\n-kind: Deployment\n");
  ASSERT_THAT(gone.documents, SizeIs(1));
  EXPECT_EQ(gone.documents[0].object["$patch"], Json("delete"));
}

TEST(ObjectDiffTest, SaysWhereItIsNoDiffOfObjects) {
  const ObjectDocuments cut = read("@@ -6,4 +6,4 @@\n spec:\n");
  ASSERT_THAT(cut.problems, SizeIs(1));
  EXPECT_EQ(cut.problems[0].where.line, 6);
  EXPECT_THAT(read("@@ what @@\n").problems.at(0).message, HasSubstr("expected '@@ -LINE,COUNT +LINE,COUNT @@'"));
  const ObjectDocuments other = read_diff("--- a/deploy.yaml\n+++ b/deploy.yaml\n@@ -1 +1 @@\n-a\n+b\n", "git.diff");
  EXPECT_THAT(other.documents, IsEmpty());
  EXPECT_THAT(other.problems.at(0).message, HasSubstr("GROUP.VERSION.KIND.NAMESPACE.NAME"));
}

TEST(ObjectEditTest, AJsonPatchNamesWhatItIsFor) {
  const ObjectDocuments documents =
      read_json_patch("- {op: replace, path: /spec/replicas, value: 0}\n", "p.yaml", "deploy/web");
  ASSERT_THAT(documents.documents, SizeIs(1));
  EXPECT_EQ(documents.documents[0].object["$on"], Json("deploy/web"));
  const Result<Json> changed = edit(live(), documents.documents[0].object);
  ASSERT_TRUE(changed.has_value());
  EXPECT_EQ((*changed)["spec"]["replicas"].int_or(-1), 0);
  EXPECT_THAT(read_json_patch("a: b\n", "p.yaml", "deploy/web").problems.at(0).message,
              HasSubstr("a list of operations"));
}

TEST(ObjectDocumentsTest, AKustomizationIsBuiltFirst) {
  const ObjectDocuments documents =
      read_objects("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", "shop/kustomization.yaml");
  EXPECT_THAT(documents.problems.at(0).message, HasSubstr("kubectl kustomize shop | capstan check -f -"));
}

}  // namespace
}  // namespace capstan::foresee
