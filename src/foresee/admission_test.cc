#include "foresee/admission.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan::foresee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Json review(std::string_view operation, std::string_view members) {
  return Json::parse(fmt::format(R"({{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {{
    "uid": "u-1", "kind": {{"group": "apps", "version": "v1", "kind": "Deployment"}}, "namespace": "shop",
    "operation": "{}", "userInfo": {{"username": "alice"}}, {}}}}})",
                                 operation, members))
      .value();
}

constexpr char kObject[] = R"({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}})";

Finding finding(std::string rule, Severity severity) {
  Finding made;
  made.rule = std::move(rule);
  made.severity = severity;
  made.says = "web is broken";
  return made;
}

TEST(AdmissionReview, IsReadWithTheObjectAsItWouldBe) {
  const auto created = read_admission_review(review("CREATE", fmt::format(R"("object": {})", kObject)));
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(created->uid, "u-1");
  EXPECT_EQ(created->user, "alice");
  EXPECT_EQ(created->document.object["metadata"]["name"].string_or_empty(), "web");
  EXPECT_FALSE(created->is_dry_run);
  const auto gone = read_admission_review(
      review("DELETE", fmt::format(R"("object": null, "oldObject": {}, "dryRun": true)", kObject)));
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->document.object["$patch"].string_or_empty(), "delete");
  EXPECT_TRUE(gone->is_dry_run);
  EXPECT_FALSE(read_admission_review(review("UPDATE", R"("subResource": "status", "object": {})"))->is_change);
  EXPECT_FALSE(read_admission_review(review("CONNECT", R"("object": {})"))->is_change);
}

TEST(AdmissionReview, NamesAnObjectThatHasNoNameYet) {
  const auto read = read_admission_review(
      review("CREATE", R"("object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "web-"}})"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->document.object["metadata"]["name"].string_or_empty(), "web-…");
}

TEST(AdmissionReview, RefusesWhatIsNone) {
  const auto why = [](const Json& json) {
    const auto read = read_admission_review(json);
    return read ? "read" : read.error().message;
  };
  EXPECT_THAT(why(Json()), HasSubstr("'apiVersion'"));
  EXPECT_THAT(why(Json::object({{"apiVersion", "admission.k8s.io/v1"}})), HasSubstr("'request'"));
  EXPECT_THAT(why(review("CREATE", R"("object": null)")), HasSubstr("'request.object'"));
  EXPECT_THAT(why(review("DELETE", R"("object": {})")), HasSubstr("'request.oldObject'"));
  EXPECT_THAT(why(review("CREATE", R"("object": {"metadata": 1})")), HasSubstr("'metadata'"));
  EXPECT_THAT(why(review("EXPLODE", R"("object": {})")), HasSubstr("'request.operation'"));
}

TEST(AdmissionPolicy, ComesFromTheRuleFirstAndThenFromTheSeverity) {
  CheckReport report;
  report.broken = {finding("Denied", Severity::kLow), finding("Ignored", Severity::kCritical),
                   finding("Plain", Severity::kMedium), finding("Small", Severity::kLow),
                   finding("Asked", Severity::kInfo)};
  AdmissionPolicy policy{.deny = {"Denied"}, .warn = {"Asked"}, .ignore = {"Ignored"}, .exempt_namespaces = {}};
  const AdmissionVerdict verdict = judge(report, policy);
  EXPECT_FALSE(verdict.allowed);
  EXPECT_THAT(verdict.rules, ElementsAre("Denied"));
  EXPECT_EQ(verdict.message, "Denied: web is broken");
  EXPECT_THAT(verdict.warnings, ElementsAre("Plain: web is broken", "Asked: web is broken"));
  policy.deny = {};
  EXPECT_TRUE(judge(report, policy).allowed);
  policy.deny_from = Severity::kMedium;
  EXPECT_THAT(judge(report, policy).rules, ElementsAre("Plain"));
}

TEST(AdmissionPolicy, SaysNoMoreThanAClientCanShow) {
  CheckReport report;
  for (int i = 0; i < 40; ++i) report.broken.push_back(finding("Rule", Severity::kHigh));
  report.broken[0].says = std::string(254, 'x') + "안녕";
  const AdmissionVerdict verdict = judge(report, {});
  ASSERT_EQ(verdict.warnings.size(), 13u);
  EXPECT_LE(verdict.warnings[0].size(), 256u);
  EXPECT_THAT(verdict.warnings.back(), HasSubstr("28 more"));
}

TEST(AdmissionAnswer, IsWhatTheApiServerExpects) {
  const Json allowed = to_admission_review("u-1", {});
  EXPECT_EQ(allowed["kind"].string_or_empty(), "AdmissionReview");
  EXPECT_EQ(allowed["response"]["uid"].string_or_empty(), "u-1");
  EXPECT_EQ(allowed["response"]["allowed"], Json(true));
  EXPECT_FALSE(allowed["response"].contains("warnings"));
  const Json denied = to_admission_review("u-1", {.allowed = false, .message = "no", .warnings = {"w"}, .rules = {}});
  EXPECT_EQ(denied["response"]["status"]["message"].string_or_empty(), "no");
  EXPECT_THAT(denied["response"]["warnings"].items(), testing::SizeIs(1));
}

}  // namespace
}  // namespace capstan::foresee
