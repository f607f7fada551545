// What scenarios (tests/cases) cannot see: ids, edges, and that a decision depends on nothing but its arguments.
#include "decide/decide.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/config.h"
#include "decide/order.h"
#include "decide/permitted.h"
#include "decide/policy_reader.h"
#include "decide/scratch_sql.h"

namespace capstan::decide {
namespace {

Policy policy(const char* yaml) {
  ReadPolicies read = read_policies(parse_yaml(yaml, "p.yaml").value(), {});
  EXPECT_TRUE(read.problems.empty()) << read.problems.front().to_string();
  return read.policies.at(0);
}

Candidate candidate(const std::string& id, const char* state) {
  return {.resource = {.id = id, .kind = "vm", .name = id, .labels = {}, .fields = Json::object({{"state", state}})},
          .selected = true,
          .why_not = "",
          .never = ""};
}

Situation situation(std::vector<Candidate> candidates, const History& history) {
  return {.candidates = std::move(candidates),
          .relations = {},
          .findings = {},
          .incidents = {},
          .overrides = {},
          .touches = {},
          .history = &history,
          .now = parse_time("2026-01-08T10:00:00Z").value(),
          .in_force_since = {}};
}

Fact proposed(const Plan& plan) {
  return {.seq = 1,
          .at = plan.created,
          .kind = "plan.proposed",
          .subject = plan.id,
          .body = Json::object({{"plan", plan.to_json()}}),
          .cause = 0,
          .actor = plan.origin};
}

constexpr const char* kUp = "policy: up\nselect: { kind: vm, all: true }\nkeep: { state: running, by: x.start }\n";

TEST(Decide, GivesTheSamePlanForTheSameSituation) {
  const History history;
  const Decision one = decide(policy(kUp), situation({candidate("vm/1", "stopped")}, history));
  const Decision two = decide(policy(kUp), situation({candidate("vm/1", "stopped")}, history));
  ASSERT_TRUE(one.plan.has_value());
  EXPECT_EQ(one.plan->to_json(), two.plan->to_json());
  EXPECT_EQ(one.plan->hash(), two.plan->hash());
}

TEST(Decide, NeverPlansTwiceWhileAPlanIsOpen) {
  History history;
  const Decision first = decide(policy(kUp), situation({candidate("vm/1", "stopped")}, history));
  history.apply(proposed(*first.plan));
  const Decision second = decide(policy(kUp), situation({candidate("vm/1", "stopped")}, history));
  EXPECT_FALSE(second.plan.has_value());
  EXPECT_TRUE(second.withdraw.empty());
  // Not even when the policy's text was edited meanwhile.
  const std::string edited = std::string(kUp) + "help: now with help\n";
  EXPECT_FALSE(decide(policy(edited.c_str()), situation({candidate("vm/1", "stopped")}, history)).plan.has_value());
}

TEST(Decide, SaysThatNothingIsWantedRatherThanThatNothingIsAsWanted) {
  // It is a Thursday.
  const History history;
  const auto says = [&](const char* hours) {
    Candidate one = candidate("vm/1", "stopped");
    one.so = {false};
    const std::string text = fmt::format(
        "policy: up\nselect: {{ kind: vm, all: true }}\nkeep:\n  - {{ is: runs on, so: late = 1, by: x.start }}\n"
        "during: {} UTC\n",
        hours);
    return decide(policy(text.c_str()), situation({one}, history)).summary.text;
  };
  EXPECT_EQ(says("Fri 09:00-18:00"), "wants nothing now: outside Fri 09:00-18:00");
  EXPECT_EQ(says("Thu 09:00-18:00"), "0 of 1 are as wanted; would change 1");
}

TEST(Decide, CallsWhatAPlanDoesAsThePackOfItsVerbDoes) {
  const History history;
  Situation now = situation({candidate("vm/1", "stopped")}, history);
  const Plan plain = *decide(policy(kUp), now).plan;
  const std::map<std::string, std::string> titles = {{plain.actions.front().verb, "켜 두기"}};
  now.titles_ko = &titles;
  const Plan named = *decide(policy(kUp), now).plan;
  EXPECT_EQ(say(named.title, Language::kEnglish), say(plain.title, Language::kEnglish));
  EXPECT_EQ(say(named.title, Language::kKorean), "vm/1 켜 두기");
}

TEST(Decide, LetsWhatWasRefusedRest) {
  History history;
  const Decision first = decide(policy(kUp), situation({candidate("vm/1", "stopped")}, history));
  history.apply(proposed(*first.plan));
  Situation now = situation({candidate("vm/1", "stopped")}, history);
  const Time refused_at = now.now;
  const auto note = [&](std::string_view kind, const std::string& subject, Json body) {
    body.set("plan_id", first.plan->id);
    history.apply({.seq = 2, .at = refused_at, .kind = std::string(kind), .subject = subject, .body = std::move(body)});
  };
  // No intent was written: it was refused before anything was touched.
  note("action.finished", first.plan->actions.front().id, Json::object({{"state", "failed"}}));
  note("plan.finished", first.plan->id, Json::object({{"state", "failed"}}));
  now.now = refused_at + Duration(60'000);
  EXPECT_FALSE(decide(policy(kUp), now).plan.has_value());
  now.now = refused_at + Duration(901'000);
  EXPECT_TRUE(decide(policy(kUp), now).plan.has_value());
}

TEST(Decide, DoesNotWaitForAFutureThatAClockSetBackHasMade) {
  History history;
  const Decision first = decide(policy(kUp), situation({candidate("vm/1", "stopped")}, history));
  const Action& action = first.plan->actions.front();
  history.apply(proposed(*first.plan));
  const auto note = [&](std::string_view kind, const std::string& subject, Json body, Time at) {
    body.set("plan_id", first.plan->id);
    history.apply({.seq = 2, .at = at, .kind = std::string(kind), .subject = subject, .body = std::move(body)});
  };
  const Time done = first.plan->created + Duration(3'600'000);
  note(fact_kind::kActionIntended, action.id, Json::object({{"action", action.to_json()}}), done);
  note(fact_kind::kActionFinished, action.id, Json::object({{"state", "failed"}}), done);
  note(fact_kind::kPlanFinished, first.plan->id, Json::object({{"state", "failed"}}), done);
  const auto acts_at = [&](Time now) {
    Situation later = situation({candidate("vm/1", "stopped")}, history);
    later.now = now;
    return decide(policy(kUp), later).plan.has_value();
  };
  EXPECT_FALSE(acts_at(done + Duration(60'000)));
  EXPECT_FALSE(acts_at(done - Duration(60'000))) << "set back a little, it has just been done";
  EXPECT_TRUE(acts_at(done - Duration(3'600'000))) << "set back by an hour, nobody knows when it was done";
  EXPECT_TRUE(acts_at(done + Duration(3'600'000)));
}

TEST(Decide, LimitsEvenWhereNoneIsWritten) {
  const History history;
  std::vector<Candidate> many;
  for (int i = 0; i < 25; ++i) many.push_back(candidate("vm/" + std::to_string(100 + i), "stopped"));
  const std::string standing = std::string(kUp) + "approve: standing\n";
  const Decision decision = decide(policy(standing.c_str()), situation(many, history));
  ASSERT_TRUE(decision.plan.has_value());
  EXPECT_EQ(decision.plan->limits.in_flight, 6);  // A quarter of 25.
  EXPECT_EQ(decision.plan->limits.per_minute, 10);
  EXPECT_EQ(decision.plan->approval, "ask");  // 25 is more than the total of 20.
}

TEST(Decide, MakesLargePlansInParts) {
  History history;
  std::vector<Candidate> many;
  for (size_t i = 0; i < 2 * kMaxPlanActions + 30; ++i)
    many.push_back(candidate("vm/" + std::to_string(10'000 + i), "stopped"));
  const Decision decision = decide(policy(kUp), situation(many, history));
  EXPECT_EQ(decision.plan->actions.size(), kMaxPlanActions);
  EXPECT_EQ(std::ranges::count_if(decision.verdicts, &Verdict::acts), kMaxPlanActions);
  history.apply(proposed(*decision.plan));
  EXPECT_EQ(decide(policy(kUp), situation(many, history)).plan->actions.front().target, "vm/11000");
}

TEST(Decide, OrdersSteps) {
  const History history;
  Situation now = situation({candidate("vm/1", "x"), candidate("vm/2", "x")}, history);
  now.findings.push_back(
      {.finding = {.id = "f", .rule = "A"}, .open = true, .opened = now.now, .resolved = {}, .seq = 7});
  const auto after_of = [&](const char* yaml) {
    const Plan plan = *decide(policy(yaml), now).plan;
    EXPECT_EQ(plan.cause, 7u);
    EXPECT_EQ(plan.actions.size(), 4u);
    return std::pair(plan.actions[2].after.size(), plan.actions[2].after.front() == plan.actions[0].id);
  };
  EXPECT_EQ(after_of("policy: x\nwhen: { alert: A }\nselect: { kind: vm, all: true }\ndo: [ x.stop, x.start ]\n"),
            std::pair(size_t{1}, true));
  EXPECT_EQ(after_of("policy: x\nwhen: { alert: A }\nselect: { kind: vm, all: true }\ndo: [ x.stop, { verb: x.start, "
                     "after: all } ]\n"),
            std::pair(size_t{2}, true));
}

TEST(Order, LeavesOutTheLinkThatClosesACircle) {
  const std::vector<Relation> relations = {
      {"a", "depends_on", "b"}, {"b", "depends_on", "c"}, {"c", "depends_on", "a"}};
  const Order order = order_by_dependency({"a", "b", "c"}, relations, true);
  EXPECT_EQ(order.after.size(), 2u);
  EXPECT_EQ(order.cycles, (std::vector<ResourceId>{"a"}));
}

TEST(StandingApprovals, CoverTheSameVersionOnTheirResourcesAndWhatBelongsToThem) {
  StandingApprovals approvals;
  const Grant grant{.policies = {{"up", "v1"}}, .resources = {"account/1"}};
  const auto see = [&](const NewFact& fact) {
    approvals.apply({.seq = 1,
                     .at = fact.at,
                     .kind = fact.kind,
                     .subject = fact.subject,
                     .body = fact.body,
                     .cause = 0,
                     .actor = ""});
  };
  see(give_approval(grant, "approval-1", "user:ann", Time()));
  const std::vector<StandingApproval> all = approvals.all();
  const std::vector<ResourceId> owners = {"project/1", "account/1"};
  EXPECT_EQ(covering(all, {"up", "v1"}, "account/1", {})->by, "user:ann");
  EXPECT_NE(covering(all, {"up", "v1"}, "vm/1", owners), nullptr);
  EXPECT_EQ(covering(all, {"up", "v1"}, "vm/1", {}), nullptr);
  EXPECT_EQ(covering(all, {"up", "v2"}, "account/1", {}), nullptr) << "a changed policy is another";
  EXPECT_EQ(covering(all, {"down", "v1"}, "account/1", {}), nullptr);
  see(withdraw_approval("approval-1", "user:ann", Time()));
  EXPECT_TRUE(approvals.all().empty());
}

TEST(StandingApprovals, LapseWithTheirResource) {
  StandingApprovals approvals;
  const NewFact given =
      give_approval({.policies = {{"up", "v1"}}, .resources = {"a", "b"}}, "approval-1", "user:ann", Time());
  approvals.apply(
      {.seq = 1, .at = {}, .kind = given.kind, .subject = given.subject, .body = given.body, .cause = 0, .actor = ""});
  for (const char* gone : {"a", "b"}) {
    ASSERT_EQ(approvals.all().size(), 1u);
    approvals.apply(
        {.seq = 2, .at = {}, .kind = "resource.gone", .subject = gone, .body = {}, .cause = 0, .actor = ""});
  }
  EXPECT_TRUE(approvals.all().empty()) << "an approval of nothing left would be one of everything";
}

TEST(Decide, DoesWhatWasApprovedInAdvanceFirstAndAsksForTheRest) {
  const History history;
  const Policy standing = policy((std::string(kUp) + "approve: standing\ngrants: [down]\n").c_str());
  Situation now = situation({candidate("vm/1", "stopped"), candidate("vm/2", "stopped")}, history);
  now.versions = {{"down", "d1"}};
  const Decision asks = decide(standing, now);
  ASSERT_TRUE(asks.plan.has_value());
  EXPECT_EQ(asks.plan->approval, "ask");
  EXPECT_EQ(asks.plan->grant.policies, (std::vector<PolicyVersion>{{"up", standing.version}, {"down", "d1"}}));
  EXPECT_EQ(asks.plan->grant.resources, (std::vector<ResourceId>{"vm/1", "vm/2"}));

  now.approvals = {{.id = "approval-1",
                    .grant = {.policies = {{"up", standing.version}}, .resources = {"vm/2"}},
                    .plan = "",
                    .by = "user:ann",
                    .at = {}}};
  const Decision covered = decide(standing, now);
  ASSERT_TRUE(covered.plan.has_value());
  EXPECT_EQ(covered.plan->approval, "standing");
  EXPECT_TRUE(covered.plan->grant.empty());
  ASSERT_EQ(covered.plan->actions.size(), 1u);
  EXPECT_EQ(covered.plan->actions.front().target, "vm/2");
  EXPECT_EQ(covered.verdicts.front().why.text.find("is asked for when what has been approved in advance is done"), 0u);
}

TEST(Decide, AsksNoLongerForWhatIsApprovedMeanwhile) {
  History history;
  const Policy standing = policy((std::string(kUp) + "approve: standing\n").c_str());
  Situation now = situation({candidate("vm/1", "stopped")}, history);
  history.apply(proposed(*decide(standing, now).plan));
  EXPECT_TRUE(decide(standing, now).withdraw.empty());
  // What it belongs to is seen a moment later.
  now.approvals = {{.id = "approval-1",
                    .grant = {.policies = {{"up", standing.version}}, .resources = {"account/1"}},
                    .plan = "",
                    .by = "user:ann",
                    .at = {}}};
  now.owners = {{"vm/1", {"account/1"}}};
  EXPECT_EQ(decide(standing, now).withdraw.size(), 1u);
}

TEST(Decide, TakesBackWhatWasApprovedInAdvanceWhenThatIsWithdrawn) {
  History history;
  const Policy standing = policy((std::string(kUp) + "approve: standing\n").c_str());
  Situation now = situation({candidate("vm/1", "stopped"), candidate("vm/2", "stopped")}, history);
  const auto approved = [&](std::vector<ResourceId> resources) {
    return StandingApproval{.id = "approval-1",
                            .grant = {.policies = {{"up", standing.version}}, .resources = std::move(resources)},
                            .plan = "",
                            .by = "user:ann",
                            .at = {}};
  };
  now.approvals = {approved({"vm/1", "vm/2"})};
  const Decision covered = decide(standing, now);
  ASSERT_EQ(covered.plan->approval, "standing");
  history.apply(proposed(*covered.plan));
  EXPECT_TRUE(decide(standing, now).withdraw.empty());
  now.approvals = {approved({"vm/1"})};
  EXPECT_EQ(decide(standing, now).withdraw.size(), 1u) << "it would touch vm/2, too";
  now.approvals = {};
  EXPECT_EQ(decide(standing, now).withdraw.size(), 1u);
}

TEST(Decide, TakesBackWhatAnEarlierVersionOfThePolicyWanted) {
  History history;
  history.apply(proposed(
      *decide(policy(kUp), situation({candidate("vm/1", "stopped"), candidate("vm/2", "stopped")}, history)).plan));
  // Its plan has none of this in its preconditions.
  const std::string edited = std::string(kUp) + "never: { labels: data=sensitive }\n";
  Candidate sensitive = candidate("vm/2", "stopped");
  sensitive.never = "never: labels data=sensitive";
  const Decision now = decide(policy(edited.c_str()), situation({candidate("vm/1", "stopped"), sensitive}, history));
  EXPECT_EQ(now.withdraw.size(), 1u);
}

// Takes back what belongs to an account that has ended.
Policy ending() {
  Policy end = policy(
      "policy: end\nselect: { kind: account, where: ends <= 5 }\n"
      "keep: [ { is: nothing is left, so: '0', by: x.close } ]\n");
  end.ensure->kept.front().step.verb = kDeleteAllOf;
  end.deletes = {{"vm", "x.delete"}};
  return end;
}

Candidate account_with_something() {
  Candidate account = candidate("account/a", "");
  account.resource.kind = "account";
  account.so = {false};
  return account;
}

TEST(Decide, TakesBackNothingOfWhoIsSelectedNoLongerWhenItsTurnComes) {
  const History history;
  const Policy end = ending();
  Situation now = situation({account_with_something()}, history);
  now.belongings["account/a"] = {candidate("vm/1", "running").resource};
  const Decision decision = decide(end, now);
  ASSERT_TRUE(decision.plan.has_value());
  ASSERT_EQ(decision.plan->actions.front().target, "vm/1");
  const auto may = [&](int ends) {
    const Resource of = {.id = "account/a", .kind = "account", .fields = Json::object({{"ends", ends}})};
    const auto sql = ScratchSql::make({of, candidate("vm/1", "running").resource},
                                      {{.source = "vm/1", .kind = "belongs_to", .target = "account/a"}});
    EXPECT_TRUE(sql) << sql.error().to_string();
    const auto found = (*sql)->query(
        "SELECT 1 FROM vm WHERE id = 'vm/1' AND (" + decision.plan->actions.front().precondition + ")", Time(), {});
    EXPECT_TRUE(found) << found.error().to_string();
    return found && !found->rows.empty();
  };
  EXPECT_TRUE(may(5));
  EXPECT_FALSE(may(9)) << "it was extended while what belongs to it was being deleted";
}

// Whether the first action of a plan may still be done where `relations` are so by now.
bool may_begin(const Decision& decision, const std::vector<Resource>& resources,
               const std::vector<Relation>& relations) {
  const Action& action = decision.plan->actions.front();
  const auto sql = ScratchSql::make(resources, relations);
  EXPECT_TRUE(sql) << sql.error().to_string();
  const std::string kind = action.target.substr(0, action.target.find('/'));
  const auto found = (*sql)->query(
      "SELECT 1 FROM " + kind + " WHERE id = '" + action.target + "' AND (" + action.precondition + ")", Time(), {});
  EXPECT_TRUE(found) << found.error().to_string();
  return found && !found->rows.empty();
}

Relation belongs(const char* what, const char* owner) {
  return {.source = what, .kind = "belongs_to", .target = owner};
}

TEST(Decide, TakesNothingFromWhoeverHasGotItSince) {
  const History history;
  const Policy end = ending();
  Situation now = situation({account_with_something()}, history);
  const Resource vm = candidate("vm/1", "running").resource;
  now.belongings["account/a"] = {vm};
  const Decision decision = decide(end, now);
  ASSERT_TRUE(decision.plan.has_value());
  const auto may = [&](const std::vector<Relation>& relations) {
    const Resource of = {.id = "account/a", .kind = "account", .fields = Json::object({{"ends", 5}})};
    return may_begin(decision, {of, vm}, relations);
  };
  EXPECT_TRUE(may({belongs("vm/1", "account/a")}));
  EXPECT_TRUE(may({belongs("vm/1", "project/1"), belongs("project/1", "account/a")}));
  EXPECT_FALSE(may({belongs("vm/1", "account/b")})) << "it was given to another account";
  EXPECT_FALSE(may({belongs("vm/1", "project/1"), belongs("project/1", "account/b")}));
  EXPECT_FALSE(may({{.source = "vm/1", .kind = "depends_on", .target = "account/a"}}));
  EXPECT_FALSE(may({belongs("vm/1", "vm/1")})) << "a circle ends";
  EXPECT_FALSE(may({}));
}

TEST(Decide, AnApprovalOfAnOwnerIsForWhatIsTheirsWhenItsTurnComes) {
  const History history;
  const Policy standing = policy((std::string(kUp) + "approve: standing\n").c_str());
  Situation now = situation({candidate("vm/1", "stopped")}, history);
  now.approvals = {{.id = "approval-1",
                    .grant = {.policies = {{"up", standing.version}}, .resources = {"account/1"}},
                    .plan = "",
                    .by = "user:ann",
                    .at = {}}};
  now.owners = {{"vm/1", {"project/1", "account/1"}}};
  const Decision decision = decide(standing, now);
  ASSERT_TRUE(decision.plan.has_value());
  ASSERT_EQ(decision.plan->approval, "standing");
  const Resource vm = candidate("vm/1", "stopped").resource;
  EXPECT_TRUE(may_begin(decision, {vm}, {belongs("vm/1", "project/1"), belongs("project/1", "account/1")}));
  EXPECT_FALSE(may_begin(decision, {vm}, {belongs("vm/1", "project/1"), belongs("project/1", "account/2")}));
  now.approvals.front().grant.resources = {"vm/1"};
  EXPECT_TRUE(may_begin(decide(standing, now), {vm}, {})) << "it was approved itself";
}

constexpr const char* kOfficeHours =
    "policy: hours\nselect: { kind: vm, all: true }\nkeep: { state: running, by: x.start }\nduring: Mon-Fri "
    "09:00-18:00 UTC\n"
    "otherwise: { state: stopped, by: x.stop }\n";

TEST(Overrides, LetThroughOnlyWhatTheyWant) {
  const Policy hours = policy(kOfficeHours);
  EXPECT_TRUE(permits({.state = "up"}, hours, "x.start"));
  EXPECT_FALSE(permits({.state = "up"}, hours, "x.stop")) << "kept up, it is not stopped";
  EXPECT_TRUE(permits({.state = "stopped"}, hours, "x.stop"));
  EXPECT_FALSE(permits({.state = "down"}, hours, "x.start"));
  EXPECT_FALSE(permits({.state = ""}, hours, "x.start")) << "left alone";
  const Policy once = policy("policy: once\nselect: { kind: vm, all: true }\nwhen: { alert: Hot }\ndo: [ x.drain ]\n");
  EXPECT_FALSE(permits({.state = "up"}, once, "x.drain"));
}

TEST(Overrides, ConditionsCountWhileSomebodyKeepsTheTargetOrWhileNobodyDoes) {
  const Policy kept = policy(
      "policy: kept\nselect: { kind: vm, all: true }\n"
      "keep:\n"
      "  - { is: runs on, so: late = 1, by: x.start, while: kept }\n"
      "  - { is: has its schedule, so: late = 0, by: x.resume, while: not kept }\n"
      "otherwise:\n"
      "  - { is: rests, so: late = 2, by: x.stop, while: kept }\n");
  Candidate one = candidate("vm/1", "running");
  one.so = {false, true, false};
  History history;
  Situation now = situation({one}, history);
  EXPECT_TRUE(decide(kept, now).verdicts.front().as_wanted);
  const auto verb_under = [&](const char* state, std::vector<std::optional<bool>> so) {
    now.candidates.front().so = std::move(so);
    now.overrides = {{.id = "o",
                      .policy = "",
                      .resource = "vm/1",
                      .state = state,
                      .from = now.now,
                      .until = now.now + std::chrono::hours(1),
                      .by = "user:ann",
                      .reason = ""}};
    const Decision decision = decide(kept, now);
    return decision.plan ? decision.plan->actions.front().verb : "";
  };
  EXPECT_EQ(verb_under("up", {false, true, false}), "x.start");
  EXPECT_EQ(verb_under("down", {false, true, false}), "x.stop");
  EXPECT_EQ(verb_under("", {false, false, false}), "") << "left alone";
  now.overrides.clear();
  now.candidates.front().so = {true, false, false};
  EXPECT_EQ(decide(kept, now).plan->actions.front().verb, "x.resume") << "and back when nobody does any more";
  EXPECT_TRUE(permits({.state = "up"}, kept, "x.start"));
  EXPECT_FALSE(permits({.state = "up"}, kept, "x.resume")) << "what a plan under way would still do waits";
}

// A plan of one action and what is told of it.
struct Told {
  History history;
  Plan plan = *decide(policy(kUp), situation({candidate("vm/1", "stopped")}, history)).plan;
  std::string action = plan.actions.front().id;

  Told() { history.apply(proposed(plan)); }
  void of_plan(const char* kind) { see(kind, plan.id, Json::object()); }
  void of_action(const char* kind, Json body) { see(kind, action, std::move(body)); }
  PastAction::End end() const { return history.find(action)->end; }

 private:
  void see(const char* kind, const std::string& subject, Json body) {
    history.apply({.seq = 2, .at = plan.created, .kind = kind, .subject = subject, .body = std::move(body)});
  }
};

TEST(History, WhatWasTakenBackBeforeItBeganIsRefusedByACancel) {
  Told told;
  told.of_action("action.intended", Json::object());
  told.of_action("action.finished", Json::object({{"state", "failed"}, {"retry", true}, {"called_back", true}}));
  told.of_plan("plan.cancelled");
  told.of_action("action.finished", Json::object({{"state", "skipped"}}));
  EXPECT_EQ(told.end(), PastAction::End::kRejected) << "or it would be asked for again";
}

TEST(History, WhatWasToBeUndoneAndWasNotStands) {
  for (const bool asked : {false, true}) {
    Told told;
    told.of_action("action.intended", Json::object());
    told.of_action("action.finished", Json::object({{"state", "succeeded"}}));
    told.of_plan("plan.finished");
    told.of_plan("plan.recalled");
    told.of_action("action.intended", Json::object({{"undo", true}}));
    if (asked) {
      told.of_action("action.finished", Json::object({{"state", "unknown"}, {"undo", true}}));
      told.of_action("action.resolved", Json::object({{"decision", "retry"}}));
    } else {
      told.of_action("action.finished", Json::object({{"state", "failed"}, {"retry", true}, {"undo", true}}));
    }
    // Before its turn came again something else was done to the target, and undoing it was given up.
    told.of_plan("plan.finished");
    EXPECT_EQ(told.end(), PastAction::End::kSucceeded) << "or it would be done a second time";
  }
}

TEST(Overrides, EndByThemselvesAndGovernByNearness) {
  const Time now = parse_time("2026-01-08T10:00:00Z").value();
  const auto make = [&](const char* id, const char* of, const char* resource, Duration until) {
    return Override{
        .id = id, .policy = of, .resource = resource, .state = "", .from = now, .until = now + until, .by = "x"};
  };
  const std::vector<Override> all = {make("1", "p", "", Duration(100)), make("2", "", "r", Duration(50)),
                                     make("3", "q", "r", Duration(100))};
  EXPECT_EQ(governing(all, "p", "r", now)->id, "2");
  EXPECT_EQ(governing(all, "p", "r", now + Duration(60))->id, "1");
  EXPECT_EQ(governing(all, "q", "r", now)->id, "3");
  EXPECT_EQ(governing(all, "p", "r", now + Duration(100)), nullptr);
}

TEST(History, KnowsWhatIsToBeUndoneUntilItIsOrIsKept) {
  const auto about = [](const char* kind, const char* subject, Json body) {
    return Fact{.seq = 2, .at = {}, .kind = kind, .subject = subject, .body = std::move(body), .cause = 0, .actor = ""};
  };
  for (const char* end : {"plan.recalled", "plan.kept"}) {
    History history;
    Plan plan;
    plan.id = "plan-1";
    plan.origin = "policy:x";
    plan.undo_after_quiet = Duration(60'000);
    plan.actions.push_back({.id = "act-1", .verb = "v", .target = "t"});
    history.apply(proposed(plan));
    history.apply(about("action.intended", "act-1", Json::object()));
    history.apply(about("action.finished", "act-1", Json::object({{"state", "succeeded"}})));
    EXPECT_TRUE(history.standing_plans("policy:x").empty()) << "its plan goes on";
    history.apply(about("plan.finished", "plan-1", Json::object({{"state", "succeeded"}})));
    ASSERT_EQ(history.standing_plans("policy:x").size(), 1u);
    EXPECT_EQ(history.standing_plans("policy:x").front().quiet, Duration(60'000));
    history.apply(about(end, "plan-1", Json::object()));
    EXPECT_TRUE(history.standing_plans("policy:x").empty()) << end;
  }
}

TEST(History, StaysBounded) {
  History history(50);
  for (int i = 0; i < 200; ++i) {
    Plan plan;
    plan.id = "plan-" + std::to_string(i);
    plan.origin = "policy:x";
    plan.actions.push_back({.id = "act-" + std::to_string(i), .verb = "v", .target = "t"});
    history.apply(proposed(plan));
    if (i > 0)
      history.apply({.seq = 2,
                     .at = {},
                     .kind = "plan.finished",
                     .subject = plan.id,
                     .body = {},
                     .cause = 0,
                     .actor = "capstan"});
  }
  EXPECT_EQ(history.find("act-100"), nullptr);
  EXPECT_NE(history.find("act-199"), nullptr);
  EXPECT_NE(history.find("act-0"), nullptr);  // Still open.
}

}  // namespace
}  // namespace capstan::decide
