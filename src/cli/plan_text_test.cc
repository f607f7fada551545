#include "cli/plan_text.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace capstan::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Json action(int number, std::string_view verb, std::string_view state = "proposed", std::string_view says = "") {
  return Json::object({{"action", Json::object({{"id", fmt::format("act-{}-{}", verb, number)},
                                                {"verb", verb},
                                                {"target", fmt::format("account/{:02}", number)},
                                                {"reason", "not so"}})},
                       {"danger", "safe"},
                       {"undoable", verb == "stop"},
                       {"state", state},
                       {"says", says}});
}

Json plan_of(Json::Array actions) {
  return Json::object(
      {{"plan", Json::object({{"id", "plan-1"}})}, {"state", "proposed"}, {"actions", std::move(actions)}});
}

// Of each of so many accounts one is made, and then another thing is.
Json two_steps(int accounts, std::string_view state = "proposed") {
  Json::Array actions;
  for (int i = 1; i <= accounts; ++i)
    actions.push_back(action(i, "create", state, state == "succeeded" ? fmt::format("it is {}", i) : ""));
  for (int i = 1; i <= accounts; ++i) {
    Json second = action(i, "stop", state);
    second.set("money", Json::object({{"currency", "USD"}, {"per_hour", -0.5}}));
    Json inner = second["action"];
    inner.set("after", Json::array({Json(fmt::format("act-create-{}", i))}));
    second.set("action", inner);
    actions.push_back(second);
  }
  return plan_of(std::move(actions));
}

TEST(PlanRows, ShowsASmallPlanActionByAction) {
  EXPECT_THAT(
      plan_rows(two_steps(2), false),
      ElementsAre(ElementsAre("  1", "create", "account/01", "safe", "proposed", "", "not so"),
                  ElementsAre("  1", "create", "account/02", "safe", "proposed", "", "not so"),
                  ElementsAre("  2", "stop", "account/01", "can be undone", "proposed", "-0.50 USD", "not so"),
                  ElementsAre("  2", "stop", "account/02", "can be undone", "proposed", "-0.50 USD", "not so")));
}

TEST(PlanRows, SaysOnceWhatIsAlikeInALargePlanAndAddsTheMoney) {
  EXPECT_THAT(plan_rows(two_steps(45), false),
              ElementsAre(ElementsAre("  1", "create", "account/01 and 44 more", "safe", "proposed", "", "not so"),
                          ElementsAre("  2", "stop", "account/01 and 44 more", "can be undone", "proposed",
                                      "-22.50 USD", "not so")));
  EXPECT_THAT(plan_rows(two_steps(45), true), SizeIs(90));
}

TEST(PlanRows, ShowsWhatAnActionIsTold) {
  Json scale = action(1, "scale");
  Json inner = scale["action"];
  inner.set("parameters", Json::object({{"replicas", 3}, {"why", "more"}}));
  scale.set("action", inner);
  EXPECT_THAT(
      plan_rows(plan_of({scale}), false),
      ElementsAre(ElementsAre("  1", "scale replicas=3 why=more", "account/01", "safe", "proposed", "", "not so")));
}

TEST(PlanRows, GivesWhatWentWrongALineOfItsOwn) {
  Json status = two_steps(45, "succeeded");
  Json::Array actions = status["actions"].items();
  actions[7] = action(8, "create", "failed", "the portal refused");
  EXPECT_THAT(plan_rows(plan_of(actions), false),
              ElementsAre(ElementsAre("  1", "create", "account/01 and 43 more", "safe", "succeeded", "", "not so"),
                          ElementsAre("  1", "create", "account/08", "safe", "failed", "", "the portal refused"),
                          ElementsAre("  2", "stop", "account/01 and 44 more", "can be undone", "succeeded",
                                      "-22.50 USD", "not so")));
}

TEST(GrantText, SaysWhatAnApprovalAllowsForGood) {
  EXPECT_EQ(grant_text(Json::object({{"id", "plan-1"}})), "");
  EXPECT_EQ(grant_text(Json::object({{"grant", Json()}})), "");
  const Json policies = Json::array({Json::object({{"policy", "issue"}}), Json::object({{"policy", "heal"}})});
  const auto granted = [&](Json resources) {
    return grant_text(
        Json::object({{"grant", Json::object({{"policies", policies}, {"resources", std::move(resources)}})}}));
  };
  EXPECT_EQ(granted(Json::array()),
            "approving it also lets issue, heal act on all that they select without asking again");
  EXPECT_EQ(granted(Json::array({Json("account/1")})),
            "approving it also lets issue, heal act on account/1 without asking again");
  EXPECT_EQ(granted(Json::array({Json("a"), Json("b")})),
            "approving it also lets issue, heal act on these 2 resources without asking again");
}

TEST(OneLine, KeepsATitleToOneLineAndBreaksNoCharacter) {
  EXPECT_EQ(one_line("start a and\nstop b", 100), "start a and stop b");
  EXPECT_EQ(one_line("start one, two, three, four", 20), "start one, two, …");
  EXPECT_EQ(one_line("scale_everything_there_is", 10), "scale_ever…");
  EXPECT_EQ(one_line("한국어", 4), "한…");
}

TEST(MoneyChange, HasItsSignAndNothingWhereNoneIsKnown) {
  EXPECT_EQ(money_change(Json()), "");
  EXPECT_EQ(money_change(Json::object({{"currency", "USD"}, {"per_hour", -0.94}})), "-0.94 USD");
  EXPECT_EQ(money_change(Json::object({{"currency", "KRW"}, {"per_hour", 1200}})), "+1200.00 KRW");
  EXPECT_EQ(money_changes(Json::array({Json::object({{"currency", "KRW"}, {"per_hour", 1200}}),
                                       Json::object({{"currency", "USD"}, {"per_hour", -0.5}})})),
            "+1200.00 KRW, -0.50 USD");
}

}  // namespace
}  // namespace capstan::cli
