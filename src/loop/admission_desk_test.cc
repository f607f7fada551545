#include "loop/admission_desk.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/pack_kinds.h"
#include "catalog/test_catalog.h"
#include "detect/fake_sources.h"
#include "loop/small_cluster.h"

namespace capstan::loop {
namespace {

using testing::HasSubstr;

constexpr char kRules[] =
    "rule: Lonely\nseverity: high\non: k8s_service\nwhere: NOT EXISTS (SELECT 1 FROM relation r WHERE r.source = "
    "this.id)\nsays: \"{{name}} is lonely\"";
constexpr char kPod[] = R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "labels": {"app": "web"}}})";
constexpr char kService[] =
    R"({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}}})";

class AdmissionDeskTest : public catalog::CatalogFixture {
 protected:
  void SetUp() override {
    CatalogFixture::SetUp();
    desk_.set_policy(
        {.deny = {}, .warn = {}, .ignore = {}, .deny_from = Severity::kHigh, .exempt_namespaces = {"free"}});
  }
  void TearDown() override { foresight_.stop(); }

  // The picture is ready when this returns.
  void begin() {
    const std::vector<KindSpec> kinds = catalog::read_kinds(kKinds, "kinds.yaml").kinds;
    ASSERT_TRUE(catalog().set_kinds(kinds).has_value());
    ASSERT_TRUE(
        foresight_.begin({.kinds = kinds,
                          .relations = catalog::read_relations(kRelations, "r.yaml", "test").relations,
                          .rules = detect::read_sql_rules(kRules, "rules.yaml", detect::FakeSql(), kinds).rules},
                         catalog().reader().value()));
    ASSERT_TRUE(foresight_.check({}, {.cluster = "prod", .assumed = {}}));
  }
  Json answer(const std::string& object, const std::string& space = "shop", bool is_dry_run = false) {
    const std::string review = fmt::format(
        R"({{"apiVersion": "admission.k8s.io/v1", "request": {{"uid": "1", "operation": "CREATE", "namespace": "{}", "dryRun": {},
            "kind": {{"group": "", "kind": "Thing"}}, "userInfo": {{"username": "alice"}}, "object": {}}}}})",
        space, is_dry_run, object);
    return desk_.answer("prod", Json::parse(review).value()).value()["response"];
  }

  VirtualClock clock_{Time() + std::chrono::hours(1)};
  std::vector<NewFact> facts_;
  Foresight foresight_{{.clock = clock_, .post = [](LoopMessage) { return true; }}};
  AdmissionDesk desk_{{.clock = clock_, .foresight = foresight_, .record = [this](NewFact fact) {
                         facts_.push_back(std::move(fact));
                       }}};
};

TEST_F(AdmissionDeskTest, LetsPassWhatItCannotJudgeAndSaysSo) {
  const Json response = answer(kService);
  EXPECT_EQ(response["allowed"], Json(true));
  EXPECT_THAT(response["warnings"].dump(), HasSubstr("did not check"));
  EXPECT_FALSE(desk_.answer("prod", Json::object()));
  EXPECT_THAT(desk_.metrics(), HasSubstr("capstan_admission_requests_total{verdict=\"unjudged\"} 1"));
}

TEST_F(AdmissionDeskTest, CountsWhatItLetPassAsThere) {
  (void)answer(kPod);  // Nobody could judge it.
  begin();
  EXPECT_EQ(answer(kService)["allowed"], Json(true));
}

TEST_F(AdmissionDeskTest, DeniesAndWritesDownWho) {
  begin();
  EXPECT_EQ(answer(kPod, "shop", true)["allowed"], Json(true));  // A dry run is no change.
  const Json response = answer(kService);
  EXPECT_EQ(response["allowed"], Json(false));
  EXPECT_THAT(response["status"]["message"].string_or_empty(), HasSubstr("Lonely: web is lonely"));
  ASSERT_EQ(facts_.size(), 1u);
  EXPECT_EQ(facts_[0].kind, "admission.denied");
  EXPECT_EQ(facts_[0].body["user"].string_or_empty(), "alice");
  EXPECT_EQ(answer(kService, "shop", true)["allowed"], Json(false));
  EXPECT_EQ(facts_.size(), 1u);
  EXPECT_EQ(answer(kService, "free")["allowed"], Json(true));
}

}  // namespace
}  // namespace capstan::loop
