#include "drift/drift_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drift/file_patch.h"

namespace capstan::drift {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kFile = R"(apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2  # at night
  paused: true
  password: old
---
apiVersion: v1
kind: Service
metadata: { name: web }
)";

FieldDrift field(FieldPath path, Json should, Json is) {
  return {.difference = {.path = std::move(path), .should = std::move(should), .is = std::move(is)}};
}

ObjectDrift object(std::string version, std::string kind, ObjectState state) {
  return {.id = "k8s/" + kind + "/web",
          .api_version = std::move(version),
          .kind = std::move(kind),
          .name_space = "shop",
          .name = "web",
          .where = {"f.yaml", 1, 1},
          .state = state};
}

DriftReport report() {
  DriftReport made{.cluster = "prod", .objects = 3, .by_server = 3};
  ObjectDrift deployment = object("apps/v1", "Deployment", ObjectState::kDiffers);
  deployment.fields.push_back(field({"spec", "replicas"}, 2, 5));
  deployment.fields.back().owner =
      FieldOwner{.manager = "kubectl-edit", .operation = "Update", .subresource = "", .at = from_unix_ms(0)};
  deployment.fields.push_back(field({"spec", "paused"}, true, {}));
  deployment.fields.push_back(field({"spec", "password"}, "***", "***"));
  deployment.fields.back().is_hidden = true;
  made.drifts.push_back(std::move(deployment));
  made.drifts.push_back(object("v1", "Service", ObjectState::kMissing));
  return made;
}

Result<std::string> read(const std::string& file) {
  if (file == "f.yaml") return std::string(kFile);
  return fail(ErrorCode::kNotFound, "no such file", {file, 0, 0});
}

TEST(DriftReport, SurvivesTheWire) {
  const DriftReport before = report();
  EXPECT_EQ(to_json(drift_report_from_json(to_json(before))), to_json(before));
  EXPECT_TRUE(before.has_drift());
  EXPECT_TRUE(before.is_complete());
}

TEST(DriftReport, IsWrittenForPeople) {
  const std::string text = to_text(report(), false);
  EXPECT_THAT(text, HasSubstr("1 of 3 objects as the manifests say"));
  EXPECT_THAT(text, HasSubstr("is 5, should be 2 (last set by kubectl-edit at 1970-01-01T00:00:00.000Z)"));
  EXPECT_THAT(text, HasSubstr("is absent, should be true"));
  EXPECT_THAT(text, HasSubstr("differs; its value is a secret"));
}

TEST(DriftReport, DoesNotCountWhatControllersSetByRight) {
  DriftReport one = report();
  one.drifts.pop_back();
  for (FieldDrift& changed : one.drifts[0].fields) changed.by_right = "set by the autoscaler web";
  EXPECT_FALSE(one.has_drift());
  EXPECT_THAT(to_text(one, false), HasSubstr("all of 3 objects as the manifests say"));
  EXPECT_THAT(to_text(one, false), Not(HasSubstr("spec.replicas")));
  EXPECT_THAT(to_text(one, true), HasSubstr("set by the autoscaler web"));
}

TEST(DriftReport, IsIncompleteWhileAnObjectCouldNotBeCompared) {
  DriftReport one = report();
  one.drifts[0].state = ObjectState::kNotCompared;
  EXPECT_FALSE(one.is_complete());
  EXPECT_FALSE(one.drifts[0].counts());
}

TEST(FilePatch, MakesTheFileSayWhatTheClusterIsAndLeavesSecretsOut) {
  const FilePatch patch = patch_files(report(), read, [](const std::string& file) { return "deploy/" + file; });
  EXPECT_THAT(patch.diff, HasSubstr("--- a/deploy/f.yaml\n"));
  EXPECT_THAT(patch.diff, HasSubstr("-  replicas: 2  # at night\n"));
  EXPECT_THAT(patch.diff, HasSubstr("+  replicas: 5  # at night\n"));
  EXPECT_THAT(patch.diff, HasSubstr("-  paused: true\n"));
  EXPECT_THAT(patch.diff, HasSubstr("-kind: Service\n"));
  EXPECT_THAT(patch.diff, Not(HasSubstr("***")));
  ASSERT_THAT(patch.left_out, SizeIs(1));
  EXPECT_THAT(patch.left_out[0].message, HasSubstr("spec.password is a secret"));
}

TEST(FilePatch, TellsWhatIsInNoFile) {
  DriftReport one = report();
  one.drifts.resize(1);
  one.drifts[0].where.file = "";
  const FilePatch patch = patch_files(one, read, [](const std::string& file) { return file; });
  EXPECT_THAT(patch.diff, IsEmpty());
  EXPECT_THAT(patch.left_out, SizeIs(1));
}

TEST(FilePatch, KnowsWhereFieldsStand) {
  DriftReport one = report();
  place_fields(one, read);
  EXPECT_EQ(one.drifts[0].fields[0].where.line, 5);
}

}  // namespace
}  // namespace capstan::drift
