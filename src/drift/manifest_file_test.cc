#include "drift/manifest_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drift/unified_diff.h"

namespace capstan::drift {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kFile = R"(# The shop.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app: web      # who
    tier: front
spec:
  replicas: 2   # at night
  template:
    spec:
      # One is enough.
      containers:
        - name: web
          image: "shop:1" # pinned
          args: [run, --fast]
          env:
            - { name: A, value: "1" }
            - name: B
              value: two
          script: |
            first
            second

          resources: { limits: { cpu: 1000m } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: {type: ClusterIP}
)";

const ObjectInFile kWeb{.api_version = "apps/v1", .kind = "Deployment", .name_space = "shop", .name = "web"};
const FieldPath kContainer = {"spec", "template", "spec", "containers", ItemKey{Json::object({{"name", "web"}})}};

FieldPath in_container(FieldPath rest) {
  FieldPath path = kContainer;
  path.insert(path.end(), rest.begin(), rest.end());
  return path;
}
FieldStep named(std::string_view name) { return ItemKey{Json::object({{"name", name}})}; }

// The lines that differ.
std::string changed(const FieldPath& path, const Json& value, const ObjectInFile& object = kWeb) {
  const Result<std::string> text = with_field(kFile, "f.yaml", object, path, value);
  if (!text) return text.error().to_string();
  std::string lines;
  const std::string diff = unified_diff("f", kFile, *text);
  for (size_t at = diff.find("@@\n") + 3; at < diff.size();) {
    const size_t end = diff.find('\n', at);
    if (diff[at] == '+' || diff[at] == '-') lines += diff.substr(at, end + 1 - at);
    at = end + 1;
  }
  return lines;
}

TEST(ManifestFile, ChangesAValueAndNothingAroundIt) {
  EXPECT_EQ(changed({"spec", "replicas"}, 5), "-  replicas: 2   # at night\n+  replicas: 5   # at night\n");
  EXPECT_EQ(changed({"metadata", "labels", "app"}, "yes"), "-    app: web      # who\n+    app: \"yes\"      # who\n");
  EXPECT_EQ(changed(in_container({"image"}), "shop:2"),
            "-          image: \"shop:1\" # pinned\n+          image: shop:2 # pinned\n");
  EXPECT_EQ(changed(in_container({"env", named("A"), "value"}), "9"),
            "-            - { name: A, value: \"1\" }\n+            - { name: A, value: \"9\" }\n");
  EXPECT_EQ(changed(in_container({"args"}), Json::array({"run", "-v"})),
            "-          args: [run, --fast]\n+          args: [run, \"-v\"]\n");
  EXPECT_EQ(changed(in_container({"script"}), "first\nthird\n"), "-            second\n+            third\n");
  EXPECT_EQ(changed({"spec", "type"}, "NodePort", {"v1", "Service", "shop", "web"}),
            "-spec: {type: ClusterIP}\n+spec: {type: NodePort}\n");
}

TEST(ManifestFile, TakesFieldsAndItemsAwayWithTheirLines) {
  EXPECT_EQ(changed({"metadata", "labels", "tier"}, {}), "-    tier: front\n");
  EXPECT_EQ(changed(in_container({"env", named("B")}), {}), "-            - name: B\n-              value: two\n");
  EXPECT_EQ(changed(in_container({"env", named("A"), "value"}), {}),
            "-            - { name: A, value: \"1\" }\n+            - { name: A }\n");
  EXPECT_EQ(changed(in_container({"script"}), {}), "-          script: |\n-            first\n-            second\n");
  EXPECT_EQ(changed(kContainer, {}).find("+      containers: []\n") != std::string::npos, true);
  EXPECT_EQ(changed({"spec", "type"}, {}, {"v1", "Service", "", "web"}), "-spec: {type: ClusterIP}\n+spec: {}\n");
}

TEST(ManifestFile, WritesWholeMapsAsBlocks) {
  EXPECT_EQ(changed({"metadata", "labels"}, Json::object({{"a", Json::array({1, 2})}, {"b", "on"}})),
            "-    app: web      # who\n-    tier: front\n+    a:\n+    - 1\n+    - 2\n+    b: "
            "\"on\"\n");
}

TEST(ManifestFile, SaysWhereAFieldStands) {
  EXPECT_EQ(place_of(kFile, "f.yaml", kWeb, in_container({"env", named("B"), "value"}))->line, 21);
  EXPECT_EQ(place_of(kFile, "f.yaml", kWeb, {"spec", "replicas"})->line, 10);
  EXPECT_FALSE(place_of(kFile, "f.yaml", {"v1", "Pod", "", "web"}, {"spec"}).has_value());
}

TEST(ManifestFile, LosesAnObject) {
  EXPECT_THAT(without_object(kFile, "f.yaml", kWeb).value(), ::testing::StartsWith("apiVersion: v1\nkind: Service"));
  const std::string rest = without_object(kFile, "f.yaml", {"v1", "Service", "shop", "web"}).value();
  EXPECT_THAT(rest, ::testing::EndsWith("cpu: 1000m } }\n"));
  EXPECT_EQ(without_object(rest, "f.yaml", kWeb).value(), "");
  EXPECT_FALSE(without_object(rest, "f.yaml", {"v1", "Service", "shop", "web"}).has_value());
}

TEST(ManifestFile, RefusesWhatCannotBeChangedAlone) {
  const char text[] = "apiVersion: v1\nkind: A\nmetadata: {name: web}\na: &x 1\nb: *x\nc: one\n  two\n";
  const ObjectInFile object{"v1", "A", "", "web"};
  EXPECT_THAT(with_field(text, "f", object, {"a"}, 2).error().to_string(), HasSubstr("f:4:"));
  EXPECT_FALSE(with_field(text, "f", object, {"c"}, "x").has_value());
  EXPECT_FALSE(with_field(text, "f", object, {"missing"}, "x").has_value());
}

TEST(UnifiedDiff, IsWhatGitTakes) {
  EXPECT_EQ(unified_diff("a/f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
            "diff --git a/a/f b/a/f\n--- a/a/f\n+++ b/a/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
  EXPECT_EQ(unified_diff("f", "a\n", ""),
            "diff --git a/f b/f\ndeleted file mode 100644\n--- a/f\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n");
  EXPECT_EQ(unified_diff("f", "a", "b"),
            "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No "
            "newline at end of "
            "file\n");
  EXPECT_EQ(unified_diff("f", "a", "a"), "");
}

}  // namespace
}  // namespace capstan::drift
