#include "explain/causes.h"

#include <gtest/gtest.h>

#include "explain/fake_world.h"

namespace capstan::explain {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr char kQuery[] = "topk(5, cpu)";

Json process(int pid, std::string_view user, Time started) {
  return Json::object({{"pid", pid}, {"user", user}, {"exe", "/tmp/x"}, {"started_at", format_time(started)}});
}

Finding saturated(const FakeWorld& world, const ResourceId& resource) {
  return {.id = "f1",
          .rule = "Saturated",
          .resource = resource,
          .says = "the CPU is saturated",
          .since = world.at - seconds(5),
          .causes_by = kQuery};
}

TEST(Causes, PutsWhatAccountsForMostFirst) {
  FakeWorld world;
  const ResourceId host = world.add("host", "web1").id;
  const ResourceId small = world.add("host_process", "small", process(7, "ann", world.at - minutes(60))).id;
  const ResourceId big = world.add("host_process", "big", process(8, "bob", world.at - minutes(60))).id;
  world.add_answer(kQuery, small, 0.1);
  world.add_answer(kQuery, big, 0.9);
  const auto causes = rank_causes(saturated(world, host), world);
  ASSERT_EQ(causes.size(), 2u);
  EXPECT_EQ(causes[0].resource, big);
  EXPECT_NEAR(causes[0].share, 0.9, 1e-9);
  EXPECT_GT(causes[0].score, causes[1].score);
}

TEST(Causes, PrefersWhatStartedJustBeforeWhenSharesAreEqual) {
  FakeWorld world;
  const ResourceId host = world.add("host", "web1").id;
  const ResourceId old = world.add("host_process", "old", process(7, "ann", world.at - minutes(600))).id;
  const ResourceId fresh = world.add("host_process", "fresh", process(8, "bob", world.at - seconds(9))).id;
  world.add_answer(kQuery, old, 1);
  world.add_answer(kQuery, fresh, 1);
  const auto causes = rank_causes(saturated(world, host), world);
  ASSERT_EQ(causes.size(), 2u);
  EXPECT_EQ(causes[0].resource, fresh);
  EXPECT_EQ(causes[0].says, "process fresh (pid 8, user bob) started 4 s before and accounts for 50 % of it");
}

TEST(Causes, MakesOneCauseOfWorkersThatAreAlikeAndStartedTogether) {
  FakeWorld world;
  const ResourceId host = world.add("host", "web1").id;
  for (int pid : {11, 12, 13}) {
    const ResourceId id = world.add("host_process", "w", process(pid, "eve", world.at - seconds(8))).id;
    world.add_answer(kQuery, id, 1);
  }
  const auto causes = rank_causes(saturated(world, host), world);
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_EQ(causes[0].group.size(), 3u);
  EXPECT_NEAR(causes[0].share, 1, 1e-9);
  EXPECT_EQ(causes[0].says, "3 processes w (pid 11, 12, 13, user eve) started 3 s before and account for 100 % of it");
}

TEST(Causes, MakesOneCauseOfChildrenOfOneParentThatTakeTheSame) {
  FakeWorld world;
  const ResourceId host = world.add("host", "web1").id;
  for (int pid : {11, 12}) {
    Json fields = process(pid, pid == 11 ? "eve" : "sam", world.at - seconds(8));
    fields.set("ppid", 5);
    world.add_answer(kQuery, world.add("host_process", pid == 11 ? "a" : "b", fields).id, 1);
  }
  const auto causes = rank_causes(saturated(world, host), world);
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_EQ(causes[0].says,
            "2 processes a, b (pid 11, 12, user eve, sam) started 3 s before and account for 100 % of it");
}

TEST(Causes, KeepsWorkersOfDifferentUsersApart) {
  FakeWorld world;
  const ResourceId host = world.add("host", "web1").id;
  world.add_answer(kQuery, world.add("host_process", "w", process(11, "eve", world.at - seconds(8))).id, 1);
  world.add_answer(kQuery, world.add("host_process", "w", process(12, "sam", world.at - seconds(8))).id, 1);
  EXPECT_EQ(rank_causes(saturated(world, host), world).size(), 2u);
}

TEST(Causes, CarriesTheFactAndThePlotAsEvidence) {
  FakeWorld world;
  const ResourceId host = world.add("host", "web1").id;
  const ResourceId culprit = world.add("host_process", "x", process(8, "bob", world.at - seconds(9))).id;
  world.add_fact(fact_kind::kResourceAppeared, culprit, world.at - seconds(8));
  world.add_answer(kQuery, culprit, 1);
  const auto causes = rank_causes(saturated(world, host), world);
  ASSERT_EQ(causes.size(), 1u);
  ASSERT_EQ(causes[0].evidence.size(), 2u);
  EXPECT_EQ(causes[0].evidence[0].fact, 1u);
  EXPECT_EQ(causes[0].evidence[1].query, kQuery);
  EXPECT_EQ(causes[0].evidence[1].series.size(), 1u);
}

TEST(Causes, BlamesTheProcessThatWasKilledForAServiceThatIsDown) {
  FakeWorld world;
  const ResourceId service = world.add("host_service", "web").id;
  const ResourceId main = world.add("host_process", "nginx", process(80, "www", world.at - minutes(90))).id;
  const ResourceId other = world.add("host_process", "cron", process(81, "root", world.at - minutes(90))).id;
  world.relations = {{main, "belongs_to", service}, {other, "belongs_to", service}};
  world.add_fact(fact_kind::kResourceGone, main, world.at - seconds(6),
                 Json::object({{"departure", Json::object({{"exit_signal", 9}})}}));
  world.add_fact(fact_kind::kResourceChanged, service, world.at - seconds(5),
                 Json::object({{"changed", Json::object({{"state", Json::array({"running", "stopped"})}})}}));
  Finding down{.id = "f", .rule = "Down", .resource = service, .says = "web is down", .since = world.at - seconds(5)};
  const auto causes = rank_causes(down, world);
  ASSERT_FALSE(causes.empty());
  EXPECT_EQ(causes[0].resource, main);
  EXPECT_EQ(causes[0].says, "process nginx (pid 80, user www) was ended by signal 9 1 s before");
}

TEST(Causes, NamesTheWriterOfALog) {
  FakeWorld world;
  const ResourceId log = world.add("host_log_file", "app.log").id;
  const ResourceId writer = world.add("host_process", "app", process(5, "app", world.at - minutes(90))).id;
  world.relations = {{writer, "writes_to", log}};
  const auto causes = rank_causes({.id = "f", .rule = "Errors", .resource = log, .since = world.at}, world);
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_EQ(causes[0].resource, writer);
}

TEST(Causes, IsEmptyWhereNothingIsKnown) {
  FakeWorld world;
  EXPECT_TRUE(rank_causes({.id = "f", .rule = "R", .since = world.at, .causes_by = "nothing"}, world).empty());
}

}  // namespace
}  // namespace capstan::explain
