#include "connect/kubernetes/gitops/applied_field.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace capstan::kubernetes {
namespace {

constexpr auto kReplicas = std::to_array<std::string_view>({"spec", "replicas"});

const std::string kSets = R"({"f:spec":{"f:replicas":{}}})";
const std::string kSetsOther = R"({"f:spec":{"f:template":{}}})";

std::string manager(const std::string& name, const std::string& operation, const std::string& fields,
                    const std::string& subresource = "") {
  return fmt::format(R"({{"manager":"{}","operation":"{}","subresource":"{}","fieldsV1":{}}})", name, operation,
                     subresource, fields);
}

Applied applied(const std::string& managers, const std::string& last_applied = "") {
  Json object = *Json::parse(fmt::format(R"({{"metadata":{{"managedFields":[{}]}}}})", managers));
  if (last_applied.empty()) return applied_field(object, kReplicas);
  Json metadata = object["metadata"];
  metadata.set("annotations", Json::object({{"kubectl.kubernetes.io/last-applied-configuration", last_applied}}));
  object.set("metadata", metadata);
  return applied_field(object, kReplicas);
}

TEST(AppliedField, IsSetByWhoeverAppliedIt) {
  EXPECT_EQ(applied(manager("anybody", "Apply", kSets)), Applied::kYes);
  EXPECT_EQ(applied(manager("helm-controller", "Update", kSets)), Applied::kYes);
  EXPECT_EQ(applied("", R"({"spec":{"replicas":3}})"), Applied::kYes);
  EXPECT_EQ(applied(manager("kubectl", "Update", kSets, "scale"), R"({"spec":{"replicas":3}})"), Applied::kYes);
}

TEST(AppliedField, IsNotSetWhereManifestsSayNothingOfIt) {
  EXPECT_EQ(applied(manager("kustomize-controller", "Apply", kSetsOther)), Applied::kNo);
  // What kubectl's way of applying has noted is exact, whoever scaled it since.
  EXPECT_EQ(applied(manager("kubectl", "Update", kSets, "scale"), R"({"spec":{}})"), Applied::kNo);
}

TEST(AppliedField, IsNotHiddenByWhatCapstanWroteAsItself) {
  const std::string flux = manager("kustomize-controller", "Apply", kSetsOther) + ",";
  EXPECT_EQ(applied(flux + manager("capstan", "Update", kSets, "scale")), Applied::kNo);
  EXPECT_EQ(applied(flux + manager("capstan-paused", "Update", kSets, "scale")), Applied::kUnknown);
}

TEST(AppliedField, IsNotKnownWhereAnotherHandHidesItOrNothingWasApplied) {
  EXPECT_EQ(applied(manager("kustomize-controller", "Apply", kSetsOther) + "," +
                    manager("kube-controller-manager", "Update", kSets, "scale")),
            Applied::kUnknown);
  EXPECT_EQ(applied(manager("capstan", "Apply", kSets)), Applied::kUnknown);
  EXPECT_EQ(applied(""), Applied::kUnknown);
  EXPECT_EQ(applied("", "no JSON"), Applied::kUnknown);
}

}  // namespace
}  // namespace capstan::kubernetes
