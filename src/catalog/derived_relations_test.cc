#include "catalog/derived_relations.h"

#include <gmock/gmock.h>

#include "catalog/sql_engine.h"
#include "catalog/test_catalog.h"

namespace capstan::catalog {
namespace {

using testing::HasSubstr;

class DerivedTest : public CatalogFixture {
 protected:
  DerivedTest() : engine_(catalog(), clock_) { look(processes(0, {process(1, "init"), process(2, "nginx")})); }

  std::vector<std::string> derive_and_write(std::string_view text, int64_t second) {
    const LoadedRelations loaded = read_relations(text, "relations.yaml", "host");
    EXPECT_TRUE(loaded.problems.empty()) << loaded.problems.front().to_string();
    const DerivedRelations derived = derive(loaded.relations, engine_, catalog().kinds(), at_second(second));
    std::vector<std::string> told;
    for (const Error& problem : derived.problems) told.push_back(problem.to_string());
    for (const Observation& observation : derived.observations) {
      for (const NewFact& fact : look(observation)) {
        told.push_back(fact.kind + " " + fact.subject + " " + fact.body["kind"].string_or_empty() + " " +
                       fact.body["target"].string_or_empty());
      }
    }
    return told;
  }

  SystemClock clock_;
  SqlEngine engine_;
};

constexpr std::string_view kSameUser = R"(
relation: beside
help: processes of one user
sql: |
  SELECT a.id AS source, b.id AS target
  FROM host_process a JOIN host_process b ON a.user = b.user AND a.id < b.id
)";

TEST_F(DerivedTest, FollowsWhatItIsDerivedFrom) {
  EXPECT_THAT(derive_and_write(kSameUser, 1),
              testing::ElementsAre("relation.appeared host_process/1 beside host_process/2"));
  EXPECT_THAT(derive_and_write(kSameUser, 2), testing::IsEmpty());
  look(processes(3, {process(1, "init"), process(2, "nginx", "www")}));
  EXPECT_THAT(derive_and_write(kSameUser, 4),
              testing::ElementsAre("relation.gone host_process/1 beside host_process/2"));
}

TEST_F(DerivedTest, IsOfTheDerivedOrigin) {
  derive_and_write(kSameUser, 1);
  EXPECT_EQ(must(must(catalog().reader()).relations_of("host_process/2")).at(0).relation.origin, Origin::kDerived);
}

TEST_F(DerivedTest, AFailedDeclarationTakesNothingAway) {
  derive_and_write(kSameUser, 1);
  const auto told = derive_and_write("relation: beside\nsql: SELECT id AS source, nme AS target FROM host_process", 2);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_THAT(told[0], HasSubstr("relations.yaml:2:"));
  EXPECT_THAT(told[0], HasSubstr("there is no column 'nme'"));
  EXPECT_EQ(must(must(catalog().reader()).relations_of("host_process/2")).size(), 1u);
}

TEST_F(DerivedTest, WantsTheColumnsSourceAndTarget) {
  EXPECT_THAT(derive_and_write("relation: beside\nsql: SELECT id FROM host_process", 1).at(0),
              HasSubstr("must give the columns 'source' and 'target'"));
}

TEST(DerivedRelations, OfTwoFilesOfAPackDoNotTakeEachOtherAway) {
  const char* text = "relation: x\nsql: SELECT 1 AS source, 2 AS target";
  EXPECT_EQ(read_relations(text, "packs/p/relations.yaml", "p").relations.at(0).scope, "derived:p/x");
  EXPECT_EQ(read_relations(text, "packs/p/cloud.yaml", "p").relations.at(0).scope, "derived:p/cloud/x");
}

TEST(DerivedRelations, SaysWhatIsWrongInAFile) {
  EXPECT_THAT(read_relations("relation: x", "r.yaml", "p").problems.at(0).to_string(), HasSubstr("sql"));
  EXPECT_THAT(read_relations("relation: X y\nsql: SELECT 1", "r.yaml", "p").problems.at(0).to_string(),
              HasSubstr("must be lower-case"));
  EXPECT_THAT(read_relations("relation: x\nsq: SELECT 1", "r.yaml", "p").problems.size(), 1u);
}

}  // namespace
}  // namespace capstan::catalog
