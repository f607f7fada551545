#include "catalog/relation_index.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <tuple>

#include "catalog/relation_table.h"

namespace capstan::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Triple = std::tuple<std::string, std::string, std::string>;

class RelationTableTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(table_.create(database_).has_value()); }

  std::vector<std::string> ask(const std::string& condition) {
    auto rows = database_.prepare("SELECT source || ' ' || kind || ' ' || target FROM relation WHERE " + condition);
    EXPECT_TRUE(rows.has_value()) << rows.error().message;
    std::vector<std::string> found;
    while (rows->step().value()) found.emplace_back(rows->text(0));
    return found;
  }

  RelationIndex index_;
  RelationTable table_{index_};  // Outlives the connection.
  sqlite::Database database_ = sqlite::Database::open_memory().value();
};

TEST_F(RelationTableTest, IsFoundFromEachColumn) {
  for (const auto& [source, kind, target] :
       {Triple("svc", "selects", "pod-2"), Triple("svc", "selects", "pod-1"), Triple("rs", "owns", "pod-1"),
        Triple("svc", "calls", "db"), Triple("svc", "calls", "svc")}) {
    EXPECT_TRUE(index_.insert(source, kind, target));
    EXPECT_FALSE(index_.insert(source, kind, target));
  }
  EXPECT_THAT(ask("source = 'svc'"),
              ElementsAre("svc calls db", "svc calls svc", "svc selects pod-1", "svc selects pod-2"));
  EXPECT_THAT(ask("source = 'svc' AND kind = 'selects'"), ElementsAre("svc selects pod-1", "svc selects pod-2"));
  EXPECT_THAT(ask("target = 'pod-1'"), ElementsAre("rs owns pod-1", "svc selects pod-1"));
  EXPECT_THAT(ask("target = 'pod-1' AND kind = 'owns'"), ElementsAre("rs owns pod-1"));
  EXPECT_THAT(ask("source = 'svc' AND target = 'pod-2'"), ElementsAre("svc selects pod-2"));
  EXPECT_THAT(ask("source = 'svc' AND kind = 'calls' AND target = 'svc'"), ElementsAre("svc calls svc"));
  EXPECT_THAT(ask("kind IN ('owns', 'calls') ORDER BY 1"),
              ElementsAre("rs owns pod-1", "svc calls db", "svc calls svc"));
  EXPECT_EQ(ask("1").size(), 5u);
  EXPECT_THAT(ask("source = 'none'"), IsEmpty());
  EXPECT_THAT(ask("source = 'svc' AND target = 'none'"), IsEmpty());
  EXPECT_THAT(ask("source = NULL"), IsEmpty());
  EXPECT_THAT(ask("kind = x'6f776e73'"), IsEmpty());
}

TEST_F(RelationTableTest, TellsTheKindsThatAQuestionLooksAt) {
  const auto reads = [&](const std::string& sql) {
    (void)table_.take_reads();
    EXPECT_TRUE(database_.prepare(sql).has_value());
    RelationTable::Reads read = table_.take_reads();
    return read.are_all ? std::set<std::string>{"all"} : read.kinds;
  };
  EXPECT_THAT(reads("SELECT 1"), IsEmpty());
  EXPECT_THAT(reads("SELECT 1 FROM relation WHERE kind = 'owns'"), ElementsAre("owns"));
  EXPECT_THAT(reads("SELECT 1 FROM relation a JOIN relation b ON b.source = a.target AND b.kind = 'calls' "
                    "WHERE a.kind = 'owns' AND NOT EXISTS (SELECT 1 FROM relation WHERE kind = 'selects')"),
              ElementsAre("calls", "owns", "selects"));
  EXPECT_THAT(reads("SELECT (SELECT count(*) FROM relation WHERE source = 'a')"), ElementsAre("all"));
  EXPECT_THAT(reads("SELECT 1 FROM relation WHERE kind IN ('owns', 'calls')"), ElementsAre("all"));
  EXPECT_THAT(reads("SELECT 1 FROM relation WHERE kind = 'owns' OR source = 'a'"), ElementsAre("all"));
  EXPECT_THAT(reads("SELECT 1 FROM relation a JOIN relation b ON b.kind = a.kind WHERE a.kind = 'owns'"),
              testing::Not(IsEmpty()));
}

TEST_F(RelationTableTest, IsForQuestionsOnly) {
  EXPECT_FALSE(database_.execute("INSERT INTO relation VALUES('a', 'b', 'c')").has_value());
  EXPECT_FALSE(database_.execute("DELETE FROM relation").has_value());
}

// Against a set, through all that may happen to one.
TEST_F(RelationTableTest, IsAsASetOfTriples) {
  std::mt19937 random(7);
  std::set<Triple> expected;
  const auto name = [&](std::string_view prefix, int count) { return fmt::format("{}{}", prefix, random() % count); };
  for (int i = 0; i < 20'000; ++i) {
    const Triple triple(name("n", 30), name("k", 3), name("n", 30));
    const auto& [source, kind, target] = triple;
    if (random() % 2 == 0) {
      EXPECT_EQ(index_.insert(source, kind, target, 3), expected.insert(triple).second);
    } else {
      EXPECT_EQ(index_.erase(source, kind, target), expected.erase(triple) == 1);
    }
    EXPECT_EQ(index_.find(source, kind, target).has_value(), expected.contains(triple));
    if (i % 500 != 0) continue;
    std::vector<std::string> all;
    for (const auto& [a, b, c] : expected) all.push_back(fmt::format("{} {} {}", a, b, c));
    EXPECT_EQ(ask("1 ORDER BY source, kind, target"), all);
    EXPECT_EQ(index_.size(), expected.size());
  }
}

TEST(RelationIndex, ForgetsTheNamesOfWhatHasNoRelations) {
  RelationIndex index;
  index.insert("a", "owns", "b", 5);
  index.insert("b", "owns", "b");
  EXPECT_EQ(index.find("a", "owns", "b"), 5);
  index.erase("a", "owns", "b");
  EXPECT_FALSE(index.handle_of("a").has_value());
  EXPECT_TRUE(index.handle_of("b").has_value());
  index.erase("b", "owns", "b");
  EXPECT_FALSE(index.handle_of("b").has_value());
  index.insert("c", "owns", "d");
  EXPECT_EQ(index.handles(), 2u);
}

}  // namespace
}  // namespace capstan::catalog
