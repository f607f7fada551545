#include "decide/stages.h"

#include <gtest/gtest.h>

#include "decide/plan_maker.h"
#include "model/policy_fact.h"

namespace capstan::decide {
namespace {

const Time kNow = parse_time("2026-01-08T10:00:00Z").value();
constexpr Duration kDay{86'400'000};

Policy policy() {
  Policy policy;
  policy.name = "idle";
  policy.steps.push_back({.verb = "x.tell"});
  policy.steps.push_back({.verb = "x.stop"});
  policy.steps.push_back({.verb = "x.copy", .wait = kDay});
  policy.steps.push_back({.verb = "x.delete", .wait = 2 * kDay});
  return policy;
}

// Takes a step of `policy` on x/a through its facts, `minutes` after the beginning.
void do_step(const Policy& policy, size_t step, int64_t minutes, ActionState state, History& history) {
  const Resource target{.id = "x/a", .kind = "x", .name = "a", .labels = {}, .fields = {}};
  Intended intended;
  intended.target = &target;
  intended.root = target.id;
  intended.verb = policy.steps[step].verb;
  intended.key = "occasion";
  intended.step = step;
  Plan plan;
  plan.id = "plan-" + std::to_string(step);
  plan.origin = "policy:idle";
  plan.actions.push_back({.id = action_id(policy, intended), .verb = intended.verb, .target = target.id});
  const Time at = kNow + std::chrono::minutes(minutes);
  const auto tell = [&](std::string_view kind, const std::string& subject, Json body) {
    history.apply({.seq = 1, .at = at, .kind = std::string(kind), .subject = subject, .body = std::move(body)});
  };
  tell(fact_kind::kPlanProposed, plan.id, Json::object({{"plan", plan.to_json()}}));
  tell(fact_kind::kActionIntended, plan.actions[0].id, Json::object());
  tell(fact_kind::kActionFinished, plan.actions[0].id, Json::object({{"state", to_string(state)}}));
  tell(fact_kind::kPlanFinished, plan.id, Json::object());
}

TEST(Stages, BeginWhereAStepWaits) {
  const std::vector<Stage> stages = stages_of(policy());
  ASSERT_EQ(stages.size(), 3u);
  EXPECT_EQ(stages[0].last, 2u);
  EXPECT_EQ(stages[1].wait, kDay);
  EXPECT_EQ(stages[2].first, 3u);
}

TEST(Stages, FollowWhenAllOfTheOneBeforeHasSucceededForLongEnough) {
  History history;
  EXPECT_EQ(next_stage(policy(), "x/a", "occasion", history)->number, 0u);
  do_step(policy(), 0, 0, ActionState::kSucceeded, history);
  EXPECT_EQ(next_stage(policy(), "x/a", "occasion", history)->number, 0u) << "half of it is not all of it";
  do_step(policy(), 1, 5, ActionState::kSucceeded, history);
  EXPECT_EQ(next_stage(policy(), "x/a", "occasion", history)->due, kNow + std::chrono::minutes(5) + kDay);
  EXPECT_EQ(next_stage(policy(), "x/a", "another", history)->number, 0u);
  EXPECT_EQ(next_stage(policy(), "x/b", "occasion", history)->number, 0u);
  do_step(policy(), 2, 60, ActionState::kSucceeded, history);
  do_step(policy(), 3, 90, ActionState::kSucceeded, history);
  EXPECT_FALSE(next_stage(policy(), "x/a", "occasion", history));
}

TEST(Stages, DoNotFollowWhatFailed) {
  History history;
  do_step(policy(), 0, 0, ActionState::kSucceeded, history);
  do_step(policy(), 1, 5, ActionState::kFailed, history);
  EXPECT_EQ(next_stage(policy(), "x/a", "occasion", history)->number, 0u);
}

TEST(Stages, OfAnotherVersionGoOnOnlyWhereWhatWasDoneIsTheSame) {
  History history;
  do_step(policy(), 0, 0, ActionState::kSucceeded, history);
  do_step(policy(), 1, 0, ActionState::kSucceeded, history);
  Policy sooner = policy();
  sooner.version = "2";
  sooner.steps[2].wait = std::chrono::hours(1);
  EXPECT_EQ(next_stage(sooner, "x/a", "occasion", history)->due, kNow + std::chrono::hours(1));
  Policy other = policy();
  other.steps[1].verb = "x.restart";
  EXPECT_EQ(next_stage(other, "x/a", "occasion", history)->number, 0u);
}

TEST(Stages, AreKnownToHaveBegunAndToHaveBeenDroppedByFacts) {
  History history;
  const auto tell = [&](const std::vector<NewFact>& facts) {
    for (const NewFact& fact : facts)
      history.apply({.seq = 1, .at = fact.at, .kind = fact.kind, .subject = fact.subject, .body = fact.body});
  };
  tell(begun_facts("idle", {{"x/a", "one", "alert Idle"}}, kNow));
  ASSERT_TRUE(history.sequence("idle", "x/a"));
  EXPECT_EQ(history.sequence("idle", "x/a")->occasion, "one");
  EXPECT_FALSE(history.sequence("other", "x/a"));
  tell(dropped_facts("idle", {{"x/a", "before", "not selected"}}, kNow));
  EXPECT_FALSE(history.sequence("idle", "x/a")->dropped) << "another occasion";
  tell(dropped_facts("idle", {{"x/a", "one", "not selected"}}, kNow));
  EXPECT_TRUE(history.sequence("idle", "x/a")->dropped);
  EXPECT_EQ(history.sequences("idle").size(), 1u);
}

TEST(Stages, TellTheTimeThatIsLeftToTheMinute) {
  EXPECT_EQ(wait_text(std::chrono::hours(28)), "1d4h");
  EXPECT_EQ(wait_text(std::chrono::seconds(61)), "2m");
  EXPECT_EQ(wait_text(Duration(1)), "1m");
}

}  // namespace
}  // namespace capstan::decide
