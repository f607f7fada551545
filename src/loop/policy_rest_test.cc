#include "loop/policy_rest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/action.h"

namespace capstan::loop {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

const Time kNow = from_unix_ms(1'800'000'000'000);

// A policy at rest, and what wakes it.
class PolicyRestTest : public ::testing::Test {
 protected:
  PolicyRestTest() { rest_.set_longest(std::chrono::days(1)); }

  void put_to_rest(PolicyNeeds needs, std::optional<Time> again = {}, bool is_open = false) {
    rest_.set({{"p", std::move(needs)}});
    EXPECT_FALSE(rests()) << "nobody has asked it yet";
    rest_.begin("p");
    rest_.end("p", kNow, again, is_open);
  }
  bool rests(Time now = kNow) const { return rest_.rests("p", now); }
  bool wakes(std::string_view kind, std::string_view subject = "x", Json body = Json::object()) {
    EXPECT_TRUE(rests());
    note(kind, subject, std::move(body));
    return !rests();
  }
  bool wakes_by_resource(std::string_view kind_of_fact, std::string_view kind) {
    return wakes(kind_of_fact, std::string(kind) + "/1", Json::object({{"kind", kind}}));
  }
  void note(std::string_view kind, std::string_view subject, Json body = Json::object(), Time at = kNow) {
    const Fact fact{.seq = ++seq_,
                    .at = at,
                    .kind = std::string(kind),
                    .subject = std::string(subject),
                    .body = std::move(body),
                    .cause = 0,
                    .actor = ""};
    history_.apply(fact);
    rest_.note(fact, {.history = history_, .inherits = inherits_});
  }
  void propose(std::string_view origin, std::string_view action) {
    Plan plan;
    plan.id = "plan-1";
    plan.origin = origin;
    plan.actions.push_back({.id = std::string(action), .verb = "vm.stop", .target = "vm/9", .parameters = {}});
    note(fact_kind::kPlanProposed, plan.id, Json::object({{"plan", plan.to_json()}}));
  }

  static PolicyNeeds of_vms() { return {.kinds = {"vm"}, .one_by_one = true}; }
  static PolicyNeeds of_vms_together() { return {.kinds = {"vm"}}; }

  PolicyRest rest_;
  decide::History history_;
  bool inherits_ = false;
  Seq seq_ = 0;
};

TEST_F(PolicyRestTest, LastsUntilTheClockMayDecideOtherwise) {
  put_to_rest(of_vms(), kNow + seconds(90));
  EXPECT_TRUE(rests(kNow + seconds(89)));
  EXPECT_FALSE(rests(kNow + seconds(90)));
}

TEST_F(PolicyRestTest, NeverLastsLongerThanItMay) {
  rest_.set_longest(seconds(60));
  put_to_rest(of_vms());
  EXPECT_TRUE(rests(kNow + seconds(59)));
  EXPECT_FALSE(rests(kNow + seconds(60)));
  rest_.set_longest(seconds(0));
  put_to_rest(of_vms());
  EXPECT_FALSE(rests()) << "nobody rests at all";
}

TEST_F(PolicyRestTest, EndsWhenTheClockIsSetBack) {
  put_to_rest(of_vms());
  EXPECT_FALSE(rests(kNow - seconds(1)));
  note(fact_kind::kMessageSent, "m", Json::object(), kNow + seconds(60));
  put_to_rest(of_vms());
  EXPECT_FALSE(rests(kNow + seconds(59))) << "what is of the future yet will count";
  EXPECT_TRUE(rests(kNow + seconds(60)));
}

TEST_F(PolicyRestTest, IsNotForWhatCanChangeWithoutAFact) {
  put_to_rest({.anything = true, .kinds = {"vm"}});
  EXPECT_FALSE(rests());
}

TEST_F(PolicyRestTest, EndsWithAResourceOfItsKinds) {
  for (const auto kind : {fact_kind::kResourceAppeared, fact_kind::kResourceChanged, fact_kind::kResourceGone}) {
    put_to_rest(of_vms_together());
    EXPECT_FALSE(wakes_by_resource(kind, "account"));
    EXPECT_TRUE(wakes_by_resource(kind, "vm"));
    put_to_rest({.all_resources = true});
    EXPECT_TRUE(wakes_by_resource(kind, "account"));
    put_to_rest(of_vms());
    EXPECT_TRUE(wakes(kind, "vm/1")) << "nobody knows of which kind it is";
  }
}

TEST_F(PolicyRestTest, GoesOnWhereResourcesAreJudgedOneByOneAndTellsWhichHaveChanged) {
  put_to_rest(of_vms());
  EXPECT_FALSE(wakes_by_resource(fact_kind::kResourceChanged, "vm"));
  EXPECT_FALSE(wakes_by_resource(fact_kind::kResourceGone, "vm"));
  const auto changes = rest_.take_changes();
  ASSERT_TRUE(changes);
  EXPECT_THAT(changes->at("vm"), ElementsAre("vm/1"));
  EXPECT_TRUE(rest_.take_changes()->empty());
  rest_.shorten("p", kNow + seconds(5));
  EXPECT_FALSE(rests(kNow + seconds(5)));
}

TEST_F(PolicyRestTest, EndsWithAnyOfThemWhileAPlanIsOpen) {
  put_to_rest(of_vms(), {}, true);
  EXPECT_TRUE(wakes_by_resource(fact_kind::kResourceChanged, "vm")) << "the plan may be called for no more";
}

TEST_F(PolicyRestTest, EndsWhereMoreChangesThanCanBeTold) {
  put_to_rest(of_vms());
  for (int i = 0; i < 1'001; ++i)
    note(fact_kind::kResourceChanged, "vm/" + std::to_string(i), Json::object({{"kind", "vm"}}));
  EXPECT_TRUE(rests());
  EXPECT_FALSE(rest_.take_changes());
  EXPECT_FALSE(rests());
}

TEST_F(PolicyRestTest, EndsWithRelationsWhereTheyCount) {
  put_to_rest(of_vms());
  EXPECT_FALSE(wakes(fact_kind::kRelationAppeared));
  inherits_ = true;
  EXPECT_TRUE(wakes(fact_kind::kRelationGone)) << "an override of its owner may decide";
  inherits_ = false;
  put_to_rest({.kinds = {"vm"}, .relations = true});
  EXPECT_TRUE(wakes(fact_kind::kRelationAppeared));
}

TEST_F(PolicyRestTest, EndsWithWhatAnApprovalIsAbout) {
  put_to_rest({.kinds = {"vm"}, .approvals = true, .one_by_one = true});
  EXPECT_FALSE(wakes_by_resource(fact_kind::kResourceChanged, "account"));
  EXPECT_TRUE(wakes_by_resource(fact_kind::kResourceGone, "account"));
}

TEST_F(PolicyRestTest, EndsWithFindingsAndIncidentsWhereTheyCount) {
  for (const auto kind : {fact_kind::kFindingOpened, fact_kind::kFindingChanged, fact_kind::kFindingResolved,
                          fact_kind::kIncidentOpened, fact_kind::kIncidentChanged, fact_kind::kIncidentClosed}) {
    put_to_rest(of_vms());
    EXPECT_FALSE(wakes(kind)) << kind;
    put_to_rest({.kinds = {"vm"}, .findings = true});
    EXPECT_TRUE(wakes(kind)) << kind;
  }
}

TEST_F(PolicyRestTest, EndsWithEveryStepOfAPlan) {
  for (const auto kind :
       {fact_kind::kPlanProposed, fact_kind::kPlanApproved, fact_kind::kPlanRejected, fact_kind::kPlanCancelled,
        fact_kind::kPlanFinished, fact_kind::kPlanKept, fact_kind::kPlanRecalled}) {
    put_to_rest(of_vms());
    EXPECT_TRUE(wakes(kind)) << kind;
  }
}

TEST_F(PolicyRestTest, EndsWithItsOwnActionsAndWithOthersWhereTheyCount) {
  propose("policy:other", "a-other");
  propose("policy:p", "a-own");
  put_to_rest(of_vms());
  EXPECT_FALSE(wakes(fact_kind::kActionIntended, "a-other"));
  EXPECT_TRUE(wakes(fact_kind::kActionFinished, "a-own"));
  put_to_rest(of_vms());
  EXPECT_TRUE(wakes(fact_kind::kActionFinished, "a-unknown")) << "it may be its own";
  put_to_rest({.kinds = {"vm"}, .actions = true});
  EXPECT_TRUE(wakes(fact_kind::kActionFinished, "a-other"));
}

TEST_F(PolicyRestTest, EndsWithWhatPeopleDecide) {
  for (const std::string_view kind :
       {fact_kind::kOverrideSet, fact_kind::kOverrideEnded, fact_kind::kApprovalGiven, fact_kind::kApprovalWithdrawn,
        fact_kind::kPaused, fact_kind::kResumed, fact_kind::kConfigLoaded, std::string_view("freeze.lifted"),
        std::string_view("stages.dropped")}) {
    put_to_rest(of_vms());
    EXPECT_TRUE(wakes(kind)) << kind;
  }
  put_to_rest(of_vms());
  EXPECT_FALSE(wakes(fact_kind::kPolicyRun, "policy:other"));
  EXPECT_TRUE(wakes(fact_kind::kPolicyRun, "policy:p"));
}

TEST_F(PolicyRestTest, EndsWithAFactThatNobodyHasThoughtOf) {
  put_to_rest(of_vms());
  EXPECT_TRUE(wakes("quota.changed"));
}

TEST_F(PolicyRestTest, EndsWithEveryFactWhereItsSqlMayShowIt) {
  for (const std::string_view kind :
       {fact_kind::kMessageQueued, fact_kind::kSourceSeen, fact_kind::kUserCreated, fact_kind::kLimitReached,
        fact_kind::kRedacted, fact_kind::kFindingMuted, fact_kind::kRelationGone}) {
    put_to_rest(of_vms());
    EXPECT_FALSE(wakes(kind)) << kind;
    put_to_rest({.every_fact = true, .kinds = {"vm"}});
    EXPECT_TRUE(wakes(kind)) << kind;
  }
}

TEST_F(PolicyRestTest, EndsWhereAFactWasMissedOrTheCatalogLagsBehind) {
  note(fact_kind::kMessageQueued, "m");
  put_to_rest(of_vms());
  rest_.check(seq_, seq_);
  EXPECT_TRUE(rests());
  ++seq_;
  EXPECT_TRUE(wakes(fact_kind::kMessageQueued)) << "the one before was not seen";
  put_to_rest(of_vms());
  rest_.check(seq_ + 1, seq_ + 1);
  EXPECT_FALSE(rests());
  put_to_rest(of_vms());
  rest_.check(seq_, seq_ - 1);
  EXPECT_FALSE(rests());
}

TEST_F(PolicyRestTest, DoesNotBeginWhereSomethingChangesWhileItIsAsked) {
  rest_.set({{"p", of_vms()}});
  rest_.begin("p");
  note(fact_kind::kResourceChanged, "vm/1", Json::object({{"kind", "vm"}}));
  rest_.end("p", kNow, {}, false);
  EXPECT_FALSE(rests());
}

TEST_F(PolicyRestTest, EndsWhenPoliciesAreReadAnew) {
  put_to_rest(of_vms());
  rest_.set({{"p", of_vms()}});
  EXPECT_FALSE(rests());
  EXPECT_FALSE(rest_.rests("unknown", kNow));
}

TEST_F(PolicyRestTest, CountsWhatItSpares) {
  rest_.passes().over_all = 3;
  rest_.passes().spared = 400;
  const std::string text = rest_.passes().metrics();
  EXPECT_NE(text.find("capstan_policy_passes_total{over=\"all\"} 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("capstan_policy_passes_total{over=\"nothing\"} 400\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace capstan::loop
