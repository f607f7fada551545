#include <gtest/gtest.h>

#include "catalog/test_catalog.h"

namespace capstan::catalog {
namespace {

using WorkTest = CatalogFixture;

Finding finding(std::string says) {
  Finding finding;
  finding.id = "f1";
  finding.rule = "HostCpuSaturated";
  finding.severity = Severity::kHigh;
  finding.resource = "host/web1";
  finding.says = std::move(says);
  return finding;
}

TEST_F(WorkTest, FollowsAFindingFromItsOpeningToItsEnd) {
  write(fact_kind::kFindingOpened, "f1", finding("saturated").to_json(), 1);
  write(fact_kind::kFindingChanged, "f1", finding("more so").to_json(), 2);
  auto open = must(must(catalog().reader()).open_findings());
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].finding.says, "more so");
  EXPECT_EQ(open[0].opened, at_second(1));
  write(fact_kind::kFindingResolved, "f1", Json::object(), 3);
  EXPECT_TRUE(must(must(catalog().reader()).open_findings()).empty());
  const auto resolved = must(must(catalog().reader()).finding("f1"));
  EXPECT_FALSE(resolved->open);
  EXPECT_EQ(resolved->resolved, at_second(3));
  write(fact_kind::kFindingOpened, "f1", finding("again").to_json(), 4);
  EXPECT_EQ(must(must(catalog().reader()).finding("f1"))->opened, at_second(4));
}

TEST_F(WorkTest, KnowsWhichMutesAreInForce) {
  const auto in_force = [&](int64_t second) {
    std::vector<std::string> ids;
    for (const KnownMute& known : must(must(catalog().reader()).mutes(at_second(second)))) ids.push_back(known.mute.id);
    return ids;
  };
  Mute mute;
  mute.id = "mute-1";
  mute.rule = "HostCpuSaturated";
  mute.reason = "load test";
  mute.until = at_second(100);
  write({must(mute_fact(mute, at_second(1)))});
  mute.id = "mute-2";
  write({must(mute_fact(mute, at_second(2)))});
  EXPECT_EQ(in_force(50), (std::vector<std::string>{"mute-2", "mute-1"}));
  EXPECT_TRUE(in_force(100).empty());
  write({unmute_fact("mute-2", "user:bob", at_second(50))});
  EXPECT_EQ(in_force(50), std::vector<std::string>{"mute-1"});
  const auto all = must(must(catalog().reader()).mutes(std::nullopt));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].ended_by, "user:bob");
  EXPECT_EQ(all[0].ended, at_second(50));
  EXPECT_FALSE(all[1].ended);
}

TEST_F(WorkTest, FollowsAnIncident) {
  Incident incident;
  incident.id = "inc-1";
  incident.title = "CPU of web1 saturated";
  incident.opened = at_second(1);
  incident.findings = {finding("x")};
  write(fact_kind::kIncidentOpened, "inc-1", incident.to_json(), 1);
  EXPECT_EQ(must(must(catalog().reader()).open_incidents()).size(), 1u);
  incident.state = IncidentState::kClosed;
  incident.closed = at_second(9);
  write(fact_kind::kIncidentClosed, "inc-1", incident.to_json(), 9);
  EXPECT_TRUE(must(must(catalog().reader()).open_incidents()).empty());
  const auto closed = must(must(catalog().reader()).incident("inc-1"));
  EXPECT_EQ(closed->incident.state, IncidentState::kClosed);
  EXPECT_EQ(closed->incident.closed, at_second(9));
  EXPECT_EQ(closed->incident.findings.size(), 1u);
}

TEST_F(WorkTest, FollowsAPlanAndItsActions) {
  Plan plan;
  plan.id = "p1";
  plan.title = "stop one process";
  plan.actions = {{.id = "a1", .verb = "host.stop_process", .target = "host_process/1", .parameters = Json::object()},
                  {.id = "a2", .verb = "host.stop_process", .target = "host_process/2", .parameters = Json::object()}};
  write(fact_kind::kPlanProposed, "p1", Json::object({{"plan", plan.to_json()}}), 1);
  EXPECT_EQ(must(must(catalog().reader()).plans("proposed")).size(), 1u);
  write(fact_kind::kPlanApproved, "p1", Json::object({{"plan_id", "p1"}, {"hash", plan.hash()}, {"by", "user:alice"}}),
        2);
  EXPECT_EQ(must(must(catalog().reader()).plan("p1"))->by, "user:alice");
  write(
      fact_kind::kActionIntended, "a1",
      Json::object({{"plan_id", "p1"}, {"action", plan.actions[0].to_json()}, {"before", Json::object({{"nice", 0}})}}),
      3);
  {
    const CatalogReader reader = must(catalog().reader());
    EXPECT_EQ(must(reader.plan("p1"))->state, "running");
    const auto unfinished = must(reader.unfinished_actions());
    ASSERT_EQ(unfinished.size(), 1u);
    EXPECT_EQ(unfinished[0].before["nice"], Json(0));
    EXPECT_EQ(unfinished[0].intent, 3u);
  }
  write(fact_kind::kActionFinished, "a1",
        Json::object({{"plan_id", "p1"}, {"state", "succeeded"}, {"says", "gone"}, {"result", Json::object()}}), 4);
  write(fact_kind::kActionFinished, "a2", Json::object({{"plan_id", "p1"}, {"state", "skipped"}, {"says", "no"}}), 5);
  write(fact_kind::kPlanFinished, "p1", Json::object({{"state", "succeeded"}, {"says", "done"}}), 6);
  const CatalogReader reader = must(catalog().reader());
  EXPECT_TRUE(must(reader.unfinished_actions()).empty());
  const auto actions = must(reader.actions_of("p1"));
  ASSERT_EQ(actions.size(), 2u);
  EXPECT_EQ(actions[0].state, ActionState::kSucceeded);
  EXPECT_EQ(actions[1].state, ActionState::kSkipped);
  EXPECT_EQ(actions[1].action.target, "host_process/2") << "an action without an intent is known from its plan";
  EXPECT_EQ(must(reader.plan("p1"))->state, "succeeded");
  EXPECT_EQ(must(reader.plan("p1"))->plan.hash(), plan.hash());
}

TEST_F(WorkTest, KnowsWhetherCapstanIsPaused) {
  EXPECT_FALSE(must(must(catalog().reader()).paused()));
  write(fact_kind::kPaused, "capstan", Json::object({{"reason", "maintenance"}}), 1);
  const auto pause = must(must(catalog().reader()).paused());
  ASSERT_TRUE(pause);
  EXPECT_EQ(pause->reason, "maintenance");
  write(fact_kind::kResumed, "capstan", Json::object(), 2);
  EXPECT_FALSE(must(must(catalog().reader()).paused()));
}

}  // namespace
}  // namespace capstan::catalog
