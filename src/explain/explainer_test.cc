#include "explain/explainer.h"

#include <gtest/gtest.h>

#include "explain/fake_world.h"

namespace capstan::explain {
namespace {

using std::chrono::seconds;
using Kind = IncidentChange::Kind;

class ExplainerTest : public ::testing::Test {
 protected:
  ExplainerTest() {
    stop_.name = "host.stop_process";
    stop_.title = "Stop process";
    stop_.target_kinds = {"host_process"};
    start_.name = "host.start_service";
    start_.title = "Start service";
    start_.target_kinds = {"host_service"};
    host_ = world_.add("host", "web1").id;
  }

  ResourceId add_process(const std::string& name, int pid) {
    const ResourceId id =
        world_
            .add("host_process", name,
                 Json::object({{"pid", pid}, {"user", "u"}, {"started_at", format_time(world_.at - seconds(9))}}))
            .id;
    world_.relations.push_back({id, "runs_on", host_});
    return id;
  }
  Finding finding(const std::string& rule, const ResourceId& resource, const std::string& causes_by) {
    return {.id = "f-" + rule,
            .rule = rule,
            .severity = Severity::kHigh,
            .resource = resource,
            .says = rule + " holds",
            .since = world_.at - seconds(5),
            .causes_by = causes_by,
            .verbs = {"host.stop_process", "host.start_service"}};
  }
  std::vector<IncidentChange> update(const std::vector<Finding>& holding) {
    const std::vector<const VerbSpec*> verbs = {&stop_, &start_};
    return explainer_.update(holding, verbs, world_);
  }

  FakeWorld world_;
  ResourceId host_;
  VerbSpec stop_;
  VerbSpec start_;
  Explainer explainer_{Explainer::Options{}};
};

TEST_F(ExplainerTest, OpensOneIncidentWithCauseAndPlan) {
  const ResourceId culprit = add_process("x", 42);
  world_.add_answer("cpu", culprit, 1);
  const auto changes = update({finding("Cpu", host_, "cpu")});
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, Kind::kOpened);
  const Incident& incident = changes[0].incident;
  EXPECT_EQ(incident.id, "inc-1");
  ASSERT_EQ(incident.causes.size(), 1u);
  EXPECT_EQ(incident.causes[0].resource, culprit);
  ASSERT_EQ(incident.recommended.size(), 1u) << "a process cannot be started as a service";
  EXPECT_EQ(incident.recommended[0].actions[0].target, culprit);
  EXPECT_EQ(incident.recommended[0].approval, "ask");
  EXPECT_EQ(incident.recommended[0].verify, "absent(capstan_finding{finding=~\"f-Cpu\"})");
}

TEST_F(ExplainerTest, AdviceIsNoIncident) {
  Finding advice = finding("NoMemoryLimit", host_, "");
  advice.is_advice = true;
  EXPECT_TRUE(update({advice}).empty());
}

TEST_F(ExplainerTest, SaysNothingTwice) {
  world_.add_answer("cpu", add_process("x", 42), 1);
  const std::vector<Finding> holding = {finding("Cpu", host_, "cpu")};
  EXPECT_EQ(update(holding).size(), 1u);
  world_.at += seconds(5);
  EXPECT_TRUE(update(holding).empty());
}

TEST_F(ExplainerTest, KeepsTwoTroublesOfOneMachineApart) {
  world_.add_answer("cpu", add_process("x", 42), 1);
  world_.add_answer("memory", add_process("y", 43), 1);
  update({finding("Cpu", host_, "cpu"), finding("Memory", host_, "memory")});
  EXPECT_EQ(explainer_.open().size(), 2u);
}

TEST_F(ExplainerTest, PutsTwoFindingsOfOneCulpritIntoOneIncident) {
  const ResourceId culprit = add_process("x", 42);
  world_.add_answer("cpu", culprit, 1);
  world_.add_answer("memory", culprit, 1);
  const auto changes = update({finding("Cpu", host_, "cpu"), finding("Memory", host_, "memory")});
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[1].kind, Kind::kChanged);
  ASSERT_EQ(explainer_.open().size(), 1u);
  EXPECT_EQ(explainer_.open().begin()->second.findings.size(), 2u);
}

TEST_F(ExplainerTest, ActsOnAllThatTogetherMakeUpTheSymptom) {
  const ResourceId first = add_process("x", 42);
  const ResourceId second = add_process("y", 43);
  const ResourceId small = add_process("z", 44);
  world_.add_answer("cpu", first, 1);
  world_.add_answer("cpu", second, 0.9);
  world_.add_answer("cpu", small, 0.1);
  const auto changes = update({finding("Cpu", host_, "cpu")});
  ASSERT_EQ(changes[0].incident.recommended.size(), 1u);
  const std::vector<Action>& actions = changes[0].incident.recommended[0].actions;
  ASSERT_EQ(actions.size(), 2u);
  EXPECT_EQ(actions[0].target, first);
  EXPECT_EQ(actions[1].target, second);
}

TEST_F(ExplainerTest, StartsTheServiceThatSuffersWhenTheCauseIsGone) {
  const ResourceId service = world_.add("host_service", "web").id;
  const auto changes = update({finding("Down", service, "")});
  ASSERT_EQ(changes.size(), 1u);
  ASSERT_EQ(changes[0].incident.recommended.size(), 1u);
  EXPECT_EQ(changes[0].incident.recommended[0].actions[0].verb, "host.start_service");
  EXPECT_EQ(changes[0].incident.recommended[0].actions[0].target, service);
}

TEST_F(ExplainerTest, ClosesAfterTheQuietTimeAndNotBefore) {
  const std::vector<Finding> holding = {finding("Cpu", host_, "")};
  update(holding);
  world_.at += seconds(9);
  EXPECT_TRUE(update({}).empty());
  world_.at += seconds(2);
  const auto changes = update({});
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, Kind::kClosed);
  EXPECT_EQ(changes[0].incident.state, IncidentState::kClosed);
  EXPECT_TRUE(explainer_.open().empty());
}

TEST_F(ExplainerTest, StaysOpenWhenTheFindingFlaps) {
  const std::vector<Finding> holding = {finding("Cpu", host_, "")};
  update(holding);
  for (int i = 0; i < 5; ++i) {
    world_.at += seconds(6);
    EXPECT_TRUE(update(i % 2 == 0 ? std::vector<Finding>() : holding).empty());
  }
  EXPECT_EQ(explainer_.open().size(), 1u);
}

TEST_F(ExplainerTest, CorrectsTheCauseWhenABetterOneShows) {
  const ResourceId first = add_process("x", 42);
  const ResourceId second = add_process("y", 43);
  world_.add_answer("cpu", first, 1);
  const std::vector<Finding> holding = {finding("Cpu", host_, "cpu")};
  update(holding);
  world_.add_answer("cpu", second, 9);
  world_.at += seconds(4);
  const auto changes = update(holding);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].kind, Kind::kChanged);
  EXPECT_EQ(changes[0].incident.causes[0].resource, second);
  EXPECT_EQ(changes[0].incident.recommended[0].actions[0].target, second);
}

TEST_F(ExplainerTest, KeepsTheCauseWhenTheSymptomFades) {
  const ResourceId culprit = add_process("x", 42);
  const ResourceId bystander = add_process("y", 43);
  world_.add_answer("cpu", culprit, 2);
  const std::vector<Finding> holding = {finding("Cpu", host_, "cpu")};
  update(holding);
  world_.answers["cpu"].clear();
  world_.add_answer("cpu", bystander, 0.3);
  world_.at += seconds(4);
  EXPECT_TRUE(update(holding).empty());
  EXPECT_EQ(explainer_.open().begin()->second.causes[0].resource, culprit);
}

TEST_F(ExplainerTest, GoesOnWithWhatWasOpenBeforeARestart) {
  const std::vector<Finding> holding = {finding("Cpu", host_, "")};
  const Incident before = update(holding)[0].incident;
  Explainer next{Explainer::Options{}};
  next.restore({before}, 7);
  EXPECT_TRUE(next.update(holding, {}, world_).empty());
  const auto changes = next.update({holding[0], finding("Other", "host_filesystem/x", "")}, {}, world_);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].incident.id, "inc-8");
}

}  // namespace
}  // namespace capstan::explain
