#include "catalog/catalog.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base/sqlite.h"
#include "catalog/test_catalog.h"

namespace capstan::catalog {
namespace {

using CatalogTest = CatalogFixture;
using testing::HasSubstr;

std::vector<std::string> kinds_of(const std::vector<NewFact>& facts) {
  std::vector<std::string> kinds;
  for (const NewFact& fact : facts) kinds.push_back(fact.kind);
  return kinds;
}

TEST_F(CatalogTest, WritesDownOnlyWhatALookChanges) {
  EXPECT_EQ(kinds_of(look(processes(1, {process(1, "init"), process(2, "nginx")}))),
            (std::vector<std::string>{"resource.appeared", "resource.appeared"}));
  EXPECT_TRUE(look(processes(2, {process(1, "init"), process(2, "nginx", "eve", 999)})).empty())
      << "a volatile column makes no fact";
  const std::vector<NewFact> facts = look(processes(3, {process(1, "init"), process(2, "nginx", "bob")}));
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].kind, "resource.changed");
  EXPECT_EQ(facts[0].body["changed"].dump(), R"({"user":["eve","bob"]})");
  EXPECT_EQ(facts[0].actor, "connector:host");
}

TEST_F(CatalogTest, SaysWhatIsGoneAndWhyWhereTheConnectorKnows) {
  look(processes(1, {process(1, "init"), process(2, "nginx")}));
  Observation next = processes(2, {process(1, "init")});
  next.departures = {{"host_process/2", Json::object({{"exit_signal", 9}})}};
  const std::vector<NewFact> facts = look(next);
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].kind, "resource.gone");
  EXPECT_EQ(facts[0].body.dump(), R"({"departure":{"exit_signal":9},"kind":"host_process","name":"nginx"})");
  EXPECT_FALSE(must(must(catalog().reader()).resource("host_process/2")));
}

TEST_F(CatalogTest, TakesNothingAwayFromOtherScopesAndKindsThatWereNotSeenInFull) {
  look(processes(1, {process(1, "init")}));
  Observation other = processes(2, {});
  other.scope = "host:web2";
  EXPECT_TRUE(look(other).empty());
  Observation partial = processes(3, {});
  partial.complete_kinds = {"host"};
  EXPECT_TRUE(look(partial).empty());
  EXPECT_EQ(kinds_of(look(processes(4, {}))), std::vector<std::string>{"resource.gone"});
}

TEST_F(CatalogTest, LetsASecondScopeAddButNotDeny) {
  look(processes(1, {process(1, "init")}));
  Observation other = processes(2, {process(1, "renamed")});
  other.scope = "agent:web1";
  other.resources[0].fields = Json::object({{"pid", 7}});
  other.resources[0].labels.clear();
  const std::vector<NewFact> facts = look(other);
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].body["changed"].dump(), R"({"pid":[1,7]})");
}

TEST_F(CatalogTest, FollowsRelationsOfTheSourcesThatWereSeenInFull) {
  const Relation runs_on{.source = "host_process/1", .kind = "runs_on", .target = "host/web1"};
  EXPECT_EQ(kinds_of(look(processes(1, {process(1, "init")}, {runs_on}))),
            (std::vector<std::string>{"resource.appeared", "relation.appeared"}));
  EXPECT_TRUE(look(processes(2, {process(1, "init")}, {runs_on})).empty());
  const std::vector<NewFact> facts = look(processes(3, {}));
  EXPECT_EQ(kinds_of(facts), (std::vector<std::string>{"relation.gone", "resource.gone"}));
  EXPECT_EQ(facts[0].subject, "host_process/1");
  EXPECT_EQ(facts[0].body["target"], Json("host/web1"));
  EXPECT_TRUE(must(must(catalog().reader()).relations_of("host/web1")).empty());
}

TEST_F(CatalogTest, NamesAKindThatNoPackDeclaresAndKeepsTheRest) {
  Resource odd = process(2, "odd");
  odd.kind = "host_proces";
  const Difference difference = catalog().diff(processes(1, {process(1, "init"), odd}));
  EXPECT_EQ(difference.facts.size(), 1u);
  ASSERT_EQ(difference.problems.size(), 1u);
  EXPECT_EQ(difference.problems[0].message,
            "host:web1: no pack declares the kind 'host_proces' (did you mean 'host_process'?)");
}

TEST_F(CatalogTest, RefusesMoreResourcesThanItsLimit) {
  const auto small = must(Catalog::open(directory() / "small.db", catalog().kinds(), {.max_resources = 1}));
  const Difference difference = small->diff(processes(1, {process(1, "a"), process(2, "b")}));
  EXPECT_EQ(difference.facts.size(), 1u);
  ASSERT_EQ(difference.problems.size(), 1u);
  EXPECT_EQ(difference.problems[0].code, ErrorCode::kResourceExhausted);
}

TEST_F(CatalogTest, KeepsFactsBelowWhatTheLedgerTakes) {
  Resource large = process(1, "large");
  large.fields.set("user", std::string(100'000, 'x'));
  ResourceLabels labels;
  for (int i = 0; i < 90; ++i) labels.emplace("label" + std::to_string(i), std::string(2'000, 'y'));
  Resource larger = process(2, "larger");
  larger.labels = labels;
  const Difference difference = catalog().diff(processes(1, {large, larger}));
  ASSERT_EQ(difference.facts.size(), 1u);
  EXPECT_LT(difference.facts[0].body.dump().size(), 64u << 10);
  ASSERT_EQ(difference.problems.size(), 1u);
  EXPECT_THAT(difference.problems[0].message, HasSubstr("'host_process/2' is not taken in"));
}

TEST_F(CatalogTest, ShowsVolatileColumnsOfTheMoment) {
  look(processes(1, {process(1, "init", "root", 100)}));
  look(processes(2, {process(1, "init", "root", 200)}));
  const auto known = must(must(catalog().reader()).resource("host_process/1"));
  ASSERT_TRUE(known);
  EXPECT_EQ(known->resource.fields["memory_bytes"], Json(200));
  EXPECT_EQ(known->resource.fields["pid"], Json(1));
  EXPECT_EQ(known->resource.labels, (ResourceLabels{{"team", "a"}}));
  EXPECT_EQ(known->since, at_second(1));
}

TEST_F(CatalogTest, AnswersAsOfATime) {
  look(processes(10, {process(1, "init", "eve")}));
  look(processes(20, {process(1, "init", "bob")}));
  look(processes(30, {}));
  const CatalogReader reader = must(catalog().reader());
  EXPECT_FALSE(must(reader.resource_at("host_process/1", at_second(9))));
  EXPECT_EQ(must(reader.resource_at("host_process/1", at_second(10)))->fields["user"], Json("eve"));
  EXPECT_EQ(must(reader.resource_at("host_process/1", at_second(25)))->fields["user"], Json("bob"));
  EXPECT_FALSE(must(reader.resource_at("host_process/1", at_second(30))));
  EXPECT_EQ(must(reader.history("host_process/1")).size(), 2u);
  EXPECT_EQ(must(reader.changed_between(at_second(15), at_second(25))).size(), 2u) << "one ended, one began";
}

TEST_F(CatalogTest, IsAppliedOnceHoweverOftenAFactComes) {
  look(processes(1, {process(1, "init")}));
  look(processes(2, {process(1, "init", "bob")}));
  const Seq seq = catalog().seq();
  must(catalog().apply(ledger()));
  EXPECT_EQ(catalog().seq(), seq);
  EXPECT_EQ(must(must(catalog().reader()).history("host_process/1")).size(), 2u);
}

TEST_F(CatalogTest, RefusesAGapBetweenFacts) {
  const Fact fact{.seq = 5, .at = Time(), .kind = "x", .body = Json::object()};
  const Status applied = catalog().apply(std::span(&fact, 1));
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().message, "the catalog is at fact 0 and cannot take fact 5 before fact 1");
}

TEST_F(CatalogTest, BecomesTheSameAgainFromTheLedgerAlone) {
  look(processes(1, {process(1, "init"), process(2, "nginx")},
                 {{.source = "host_process/2", .kind = "child_of", .target = "host_process/1"}}));
  look(processes(2, {process(1, "init", "bob")}));
  const auto dump = [&] {
    const CatalogReader reader = must(catalog().reader());
    std::string text;
    for (const KnownResource& known : must(reader.resources("host_process"))) {
      text += known.resource.id + known.resource.name + format_time(known.since);
    }
    for (const ResourceVersion& version : must(reader.changed_between(Time(), at_second(1'000)))) {
      text += version.resource.id + version.resource.fields.dump() + format_time(version.from);
    }
    return text;
  };
  const std::string before = dump();
  std::filesystem::remove(file());
  open();
  EXPECT_EQ(catalog().seq(), 0u);
  must(catalog().apply(ledger()));
  EXPECT_EQ(dump(), before);
  EXPECT_TRUE(catalog().diff(processes(3, {process(1, "init", "bob")})).facts.empty());
}

TEST_F(CatalogTest, GoesOnWhereItWasAfterReopening) {
  look(processes(1, {process(1, "init")}));
  open();
  EXPECT_EQ(catalog().seq(), 1u);
  EXPECT_TRUE(catalog().diff(processes(2, {process(1, "init")})).facts.empty());
}

TEST_F(CatalogTest, MakesTypedTablesAnewWhenAPackChanges) {
  look(processes(1, {process(1, "init")}));
  open("kind: host_process\ncolumns: { pid: { type: text }, nice: { type: integer } }");
  EXPECT_EQ(catalog().seq(), 1u) << "what is known stays";
  const auto known = must(must(catalog().reader()).resource("host_process/1"));
  EXPECT_EQ(known->resource.fields.dump(), R"({"pid":"1"})");
}

TEST_F(CatalogTest, StartsAnewWhenItsFileIsOfAnotherLayout) {
  look(processes(1, {process(1, "init")}));
  {
    sqlite::Database raw = must(sqlite::Database::open_writer(file(), {}));
    must(raw.execute("PRAGMA user_version = 99"));
  }
  open();
  EXPECT_EQ(catalog().seq(), 0u);
  EXPECT_FALSE(must(must(catalog().reader()).resource("host_process/1")));
}

TEST_F(CatalogTest, StartsAnewWhileItRunsAndIsRead) {
  look(processes(1, {process(1, "init")}));
  const Seq before = catalog().seq();
  const CatalogReader old_view = must(catalog().reader());
  must(catalog().start_anew());
  EXPECT_EQ(catalog().seq(), 0u);
  EXPECT_TRUE(must(old_view.resource("host_process/1")));
  EXPECT_FALSE(must(must(catalog().reader()).resource("host_process/1")));
  must(catalog().apply(ledger()));
  EXPECT_EQ(catalog().seq(), before);
  EXPECT_TRUE(must(must(catalog().reader()).resource("host_process/1")));
  EXPECT_TRUE(catalog().diff(processes(2, {process(1, "init")})).facts.empty()) << "the memory of it is as new";
}

TEST_F(CatalogTest, TakesOtherKindsWhileItRuns) {
  look(processes(1, {process(1, "init")}));
  const CatalogReader old_view = must(catalog().reader());
  must(catalog().set_kinds(read_kinds("kind: host\n---\nkind: host_process\ncolumns: { user: }", "k.yaml").kinds));
  EXPECT_EQ(must(must(catalog().reader()).resource("host_process/1"))->resource.fields.dump(), R"({"user":"eve"})");
  EXPECT_EQ(must(old_view.resource("host_process/1"))->resource.fields["pid"], Json(1))
      << "an open view stays as it was";
  EXPECT_FALSE(catalog().set_kinds({{.name = "select"}}));
  EXPECT_EQ(catalog().kinds().size(), 2u);
}

TEST_F(CatalogTest, AViewIsOfOneMoment) {
  look(processes(1, {process(1, "init")}));
  const CatalogReader view = must(catalog().reader());
  look(processes(2, {}));
  EXPECT_TRUE(must(view.resource("host_process/1")));
  EXPECT_EQ(view.seq(), 1u);
  EXPECT_FALSE(must(must(catalog().reader()).resource("host_process/1")));
}

TEST_F(CatalogTest, SurvivesRedactedAndOddBodies) {
  look(processes(1, {process(1, "init")}));
  for (std::string_view kind : {fact_kind::kResourceAppeared, fact_kind::kResourceChanged, fact_kind::kRelationAppeared,
                                fact_kind::kRelationGone, fact_kind::kFindingOpened, fact_kind::kIncidentOpened,
                                fact_kind::kPlanProposed, fact_kind::kActionIntended, fact_kind::kActionFinished,
                                fact_kind::kMessageSent, fact_kind::kConfigRejected, fact_kind::kPlanFinished}) {
    write(kind, "host_process/1", Json());
    write(kind, "odd", Json::object({{"kind", 7}, {"changed", 1}, {"plan", "x"}, {"channels", 3}}));
  }
  EXPECT_TRUE(must(must(catalog().reader()).resource("host_process/1")));
}

TEST_F(CatalogTest, WalksRelationsStepByStep) {
  look(processes(1, {process(1, "a"), process(2, "b"), process(3, "c")},
                 {{.source = "host_process/1", .kind = "calls", .target = "host_process/2"},
                  {.source = "host_process/2", .kind = "calls", .target = "host_process/3"}}));
  const CatalogReader reader = must(catalog().reader());
  EXPECT_EQ(must(reader.neighbours("host_process/1", 1)).size(), 1u);
  EXPECT_EQ(must(reader.neighbours("host_process/1", 2)).size(), 2u);
  EXPECT_EQ(must(reader.neighbours("host_process/3", 5)).size(), 2u);
}

TEST_F(CatalogTest, ForgetsOldHistoryButNothingPresent) {
  look(processes(10, {process(1, "init")}));
  look(processes(20, {process(1, "init", "bob")}));
  must(catalog().forget_history(at_second(100)));
  EXPECT_EQ(must(must(catalog().reader()).history("host_process/1")).size(), 1u);
}

TEST_F(CatalogTest, SaysWhatIsWrongWithAFileThatIsNoDatabase) {
  std::ofstream(directory() / "bad.db") << std::string(8'192, 'x');
  const auto bad = Catalog::open(directory() / "bad.db", {});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(bad.error().message, HasSubstr("bad.db"));
}

}  // namespace
}  // namespace capstan::catalog
