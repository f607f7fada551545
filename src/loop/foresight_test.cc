#include "loop/foresight.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/pack_kinds.h"
#include "catalog/test_catalog.h"
#include "detect/fake_sources.h"
#include "loop/small_cluster.h"
#include "model/object_mapping.h"

namespace capstan::loop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Plays the loop: takes what the thread of the picture says, one message at a time.
class ForesightTest : public catalog::CatalogFixture {
 protected:
  void SetUp() override {
    CatalogFixture::SetUp();
    kinds_ = catalog::read_kinds(kKinds, "kinds.yaml").kinds;
    ASSERT_TRUE(catalog().set_kinds(kinds_).has_value());
  }
  void TearDown() override { foresight_.stop(); }

  static Resource object(const std::string& kind, const std::string& name, ResourceLabels labels,
                         std::string_view spec) {
    Resource resource{
        .id = kind + "/prod/" + name, .kind = kind, .name = name, .labels = std::move(labels), .fields = {}};
    resource.fields = Json::object(
        {{"cluster", "prod"}, {"metadata", Json::object({{"name", name}})}, {"spec", Json::parse(spec).value()}});
    return resource;
  }
  catalog::KeptResource kept(const Resource& resource) {
    return {.id = resource.id,
            .kind = resource.kind,
            .packed = packer_.pack(resource.kind, resource.name, resource.labels, resource.fields.dump())};
  }
  void begin(std::string_view hold = "0s") {
    const std::string rule = fmt::format(
        "rule: Lonely\nseverity: high\non: k8s_service\nfor: {}\nwhere: NOT EXISTS (SELECT 1 FROM relation r WHERE "
        "r.source = "
        "this.id)\nsays: \"{{{{name}}}} is lonely\"",
        hold);
    detect::SqlRuleFile rules = detect::read_sql_rules(rule, "rules.yaml", detect::FakeSql(), kinds_);
    ASSERT_THAT(rules.problems, IsEmpty());
    ASSERT_TRUE(foresight_.begin({.resources = catalog().all(),
                                  .kinds = kinds_,
                                  .relations = catalog::read_relations(kRelations, "r.yaml", "test").relations,
                                  .rules = rules.rules},
                                 catalog().reader().value()));
  }
  Foreseen next() { return std::get<Foreseen>(*told_.take({})); }
  static std::vector<std::string> holding(const Foreseen& foreseen) {
    std::vector<std::string> said;
    for (const Findings& round : foreseen.rounds) {
      for (const Finding& finding : round.holding) said.push_back(round.source + ": " + finding.says.text);
    }
    return said;
  }

  std::vector<KindSpec> kinds_;
  catalog::ResourcePacker packer_;
  VirtualClock clock_{Time() + std::chrono::hours(1)};
  BoundedQueue<LoopMessage> told_{100};
  Foresight foresight_{
      {.clock = clock_, .post = [this](LoopMessage message) { return told_.put(std::move(message)); }}};
};

TEST_F(ForesightTest, TellsAllRelationsAndFindingsWhenItBeginsAndThenWhatChanges) {
  look({.scope = "kubernetes:prod",
        .at = catalog::at_second(1),
        .resources = {object("k8s_service", "web", {}, R"({"selector": {"app": "web"}})"),
                      object("k8s_service", "db", {}, R"({"selector": {"app": "db"}})"),
                      object("k8s_pod", "web-1", {{"app", "web"}}, "{}")},
        .relations = {},
        .complete_kinds = {},
        .departures = {}});
  begin();
  const Foreseen first = next();
  EXPECT_EQ(first.relations.scope, kPictureScope);
  ASSERT_EQ(first.relations.relations.size(), 1u);
  EXPECT_EQ(first.relations.complete_kinds.size(), 2u);
  EXPECT_THAT(holding(first), ElementsAre("sql:rules.yaml:Lonely: db is lonely"));

  ASSERT_TRUE(foresight_.follow(
      {.resources = {kept(object("k8s_pod", "db-1", {{"app", "db"}}, "{}"))}, .gone = {}, .relations = {}}));
  const Foreseen mended = next();
  EXPECT_EQ(mended.relations.relations.size(), 1u);
  EXPECT_THAT(mended.relations.complete_kinds, IsEmpty());
  ASSERT_EQ(mended.rounds.size(), 1u);
  EXPECT_THAT(holding(mended), IsEmpty());

  ASSERT_TRUE(foresight_.follow({.resources = {}, .gone = {"k8s_pod/prod/web-1"}, .relations = {}}));
  const Foreseen broken = next();
  EXPECT_EQ(broken.relations.gone_relations.size(), 1u);
  EXPECT_THAT(holding(broken), ElementsAre("sql:rules.yaml:Lonely: web is lonely"));
}

TEST_F(ForesightTest, TellsAFindingWhenItHasHeldForLongEnough) {
  begin("10s");
  (void)next();
  ASSERT_TRUE(
      foresight_.follow({.resources = {kept(object("k8s_service", "db", {}, "{}"))}, .gone = {}, .relations = {}}));
  EXPECT_THAT(holding(next()), IsEmpty());
  clock_.advance(std::chrono::seconds(10));
  while (holding(next()).empty()) {
  }
}

TEST_F(ForesightTest, HoldsFindingsBackWhileAFleetIsSeenForTheFirstTime) {
  begin();
  (void)next();
  ASSERT_TRUE(foresight_.hold_findings_back(true));
  ASSERT_TRUE(
      foresight_.follow({.resources = {kept(object("k8s_service", "db", {}, R"({"selector": {"app": "db"}})")),
                                       kept(object("k8s_service", "web", {}, R"({"selector": {"app": "web"}})"))},
                         .gone = {},
                         .relations = {}}));
  EXPECT_THAT(next().rounds, IsEmpty());
  ASSERT_TRUE(foresight_.follow(
      {.resources = {kept(object("k8s_pod", "web-1", {{"app", "web"}}, "{}"))}, .gone = {}, .relations = {}}));
  ASSERT_TRUE(foresight_.hold_findings_back(false));
  Foreseen told = next();
  while (told.rounds.empty()) told = next();
  EXPECT_THAT(holding(told), ElementsAre("sql:rules.yaml:Lonely: db is lonely"));
}

TEST_F(ForesightTest, TellsOnlyWhatDiffersAndAllOfItWhereItIsAskedTo) {
  begin();
  EXPECT_TRUE(next().rounds.at(0).is_whole);
  const auto put = [&](const std::string& name) {
    ASSERT_TRUE(
        foresight_.follow({.resources = {kept(object("k8s_service", name, {}, "{}"))}, .gone = {}, .relations = {}}));
  };
  put("db");
  EXPECT_THAT(holding(next()), ElementsAre("sql:rules.yaml:Lonely: db is lonely"));
  put("web");
  const Foreseen second = next();
  EXPECT_FALSE(second.rounds.at(0).is_whole);
  EXPECT_THAT(holding(second), ElementsAre("sql:rules.yaml:Lonely: web is lonely"));
  put("web");
  EXPECT_THAT(next().rounds, IsEmpty());
  ASSERT_TRUE(foresight_.follow({.resources = {}, .gone = {"k8s_service/prod/db"}, .relations = {}}));
  const Foreseen third = next();
  EXPECT_THAT(holding(third), IsEmpty());
  EXPECT_EQ(third.rounds.at(0).ended.size(), 1u);
  ASSERT_TRUE(foresight_.tell_anew());
  const Foreseen all = next();
  EXPECT_TRUE(all.rounds.at(0).is_whole);
  EXPECT_THAT(holding(all), ElementsAre("sql:rules.yaml:Lonely: web is lonely"));
}

TEST_F(ForesightTest, TellsInTheEndWhatAFirstLookThatNeverEndsHeldBack) {
  begin();
  (void)next();
  ASSERT_TRUE(foresight_.hold_findings_back(true));
  ASSERT_TRUE(
      foresight_.follow({.resources = {kept(object("k8s_service", "db", {}, "{}"))}, .gone = {}, .relations = {}}));
  EXPECT_THAT(next().rounds, IsEmpty());
  clock_.advance(std::chrono::minutes(5));
  while (holding(next()).empty()) {
  }
}

TEST_F(ForesightTest, ChecksWithoutChanging) {
  const auto change =
      foresee::read_objects("{apiVersion: v1, kind: Service, metadata: {name: new}, spec: {}}", "c.yaml").documents;
  begin();
  (void)next();
  ASSERT_TRUE(foresight_.follow({.resources = {kept(object("k8s_pod", "a", {}, "{}"))}, .gone = {}, .relations = {}}));
  (void)next();
  for (int i = 0; i < 2; ++i) {
    const Result<foresee::CheckReport> report = foresight_.check(change, {.cluster = ""});
    ASSERT_TRUE(report.has_value());
    ASSERT_EQ(report->broken.size(), 1u) << (report->problems.empty() ? "" : report->problems[0].message);
    EXPECT_EQ(report->broken[0].resource, "k8s_service/prod/new");
  }
}

TEST_F(ForesightTest, SaysThatItIsNotReadyBeforeItBegan) {
  EXPECT_EQ(foresight_.check({}, {}).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace capstan::loop
