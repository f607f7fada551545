// Decision::again: until then the clock alone changes nothing, neither what is decided nor how it is said.
#include <gtest/gtest.h>

#include "base/config.h"
#include "decide/decide.h"
#include "decide/policy_reader.h"
#include "model/policy_fact.h"
#include "model/policy_subject.h"

namespace capstan::decide {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Time kNow = parse_time("2026-01-08T10:00:00Z").value();

class AgainTest : public ::testing::Test {
 protected:
  void read(const std::string& yaml) {
    VerbSpec start, stop;
    start.name = "x.start";
    stop.name = "x.stop";
    start.target_kinds = stop.target_kinds = {"vm"};
    start.undoable = true;
    ReadPolicies read = read_policies(parse_yaml(yaml, "p.yaml").value(), {.verbs = {&start, &stop}, .kinds = {"vm"}});
    for (const Error& problem : read.problems) FAIL() << problem.to_string();
    policy_ = std::move(read.policies.at(0));
  }
  void add(const std::string& id, const char* state, std::vector<std::optional<bool>> so = {}) {
    candidates_.push_back(
        {.resource = {.id = id, .kind = "vm", .name = id, .labels = {}, .fields = Json::object({{"state", state}})},
         .selected = true,
         .why_not = "",
         .never = "",
         .so = std::move(so)});
  }
  void find(bool open, std::optional<Time> resolved) {
    catalog::KnownFinding known{.open = open, .opened = kNow - minutes(10), .resolved = resolved};
    known.finding.id = "hot";
    known.finding.rule = "Hot";
    known.finding.resource = "vm/1";
    findings_ = {known};
  }
  Decision at(Time now) const {
    Situation situation{.candidates = candidates_, .findings = findings_, .history = &history_, .now = now};
    return decide(policy_, situation);
  }
  // The plan of a decision, carried out at its time.
  void carry_out(const Plan& plan) {
    note(fact_kind::kPlanProposed, plan.id, plan.created, Json::object({{"plan", plan.to_json()}}));
    for (const Action& action : plan.actions) {
      note(fact_kind::kActionIntended, action.id, plan.created);
      note(fact_kind::kActionFinished, action.id, plan.created, Json::object({{"state", "succeeded"}}));
    }
    note(fact_kind::kPlanFinished, plan.id, plan.created);
  }
  void note(std::string_view kind, const std::string& subject, Time at, Json body = Json::object()) {
    history_.apply({.seq = 1, .at = at, .kind = std::string(kind), .subject = subject, .body = std::move(body)});
  }
  // All of it, with how it is said.
  static std::string text(const Decision& decision) {
    std::string text = decision.summary.text + (decision.plan ? " plan " : " none ");
    for (const Verdict& verdict : decision.verdicts)
      text += verdict.resource + " " + verdict.why.text + (verdict.acts ? " acts; " : "; ");
    for (const std::string& plan : decision.withdraw) text += " withdraw " + plan;
    for (const std::string& plan : decision.undo) text += " undo " + plan;
    for (const StageChange& each : decision.dropped) text += " drop " + each.target;
    return text;
  }
  // That nothing changes from `now` on until exactly `then`.
  void expect_first_change(Time now, Time then) {
    const Decision decision = at(now);
    ASSERT_TRUE(decision.again);
    EXPECT_EQ(format_time(*decision.again), format_time(then));
    EXPECT_EQ(text(at(then - Duration(1))), text(decision));
    EXPECT_NE(text(at(then)), text(decision));
  }

  Policy policy_;
  std::vector<Candidate> candidates_;
  std::vector<catalog::KnownFinding> findings_;
  History history_;
};

TEST_F(AgainTest, IsTheEdgeOfAScheduleEvenWhereNothingIsSelected) {
  read(
      "policy: p\nselect: { kind: vm, all: true }\nkeep: { state: running, by: x.start }\nduring: daily 09:00-11:00 "
      "UTC\n");
  expect_first_change(kNow, kNow + minutes(60));
  add("vm/1", "running");
  expect_first_change(kNow, kNow + minutes(60));
}

TEST_F(AgainTest, IsTheEndOfTheTimeInWhichAClockIsMadeUpFor) {
  read(
      "policy: p\nselect: { kind: vm, all: true }\nwhen: { cron: \"0 10 * * *\", zone: UTC, catch_up: 7m }\ndo: "
      "x.stop\n");
  add("vm/1", "running");
  const Decision due = at(kNow);
  ASSERT_TRUE(due.plan);
  note(fact_kind::kPlanProposed, due.plan->id, kNow, Json::object({{"plan", due.plan->to_json()}}));
  expect_first_change(kNow, kNow + minutes(7) + Duration(1));
  EXPECT_EQ(at(kNow + minutes(8)).withdraw.size(), 1u) << "nobody wants it any more";
  EXPECT_EQ(at(kNow + minutes(8)).again, kNow + minutes(24 * 60));
}

TEST_F(AgainTest, IsWhenWhatWasDoneHasSettled) {
  read("policy: p\nselect: { kind: vm, all: true }\nkeep: [{ is: so, so: \"1\", by: x.start }]\ncooldown: 1s\n");
  add("vm/1", "", {false});
  carry_out(*at(kNow).plan);
  expect_first_change(kNow + seconds(10), kNow + seconds(30) + Duration(1));
}

TEST_F(AgainTest, IsTheEndOfACooldown) {
  read("policy: p\nselect: { kind: vm, all: true }\nkeep: { state: running, by: x.start }\ncooldown: 10m\n");
  add("vm/1", "stopped");
  carry_out(*at(kNow).plan);
  expect_first_change(kNow + seconds(10), kNow + minutes(10));
}

TEST_F(AgainTest, IsWhenAnAlertHasBeenQuietForLongEnough) {
  read("policy: p\nwhen: { alert: Hot }\ndo: x.start\nundo: when the alert is quiet for 15m\n");
  add("vm/1", "stopped");
  find(true, {});
  carry_out(*at(kNow).plan);
  find(false, kNow + minutes(1));
  candidates_.clear();
  expect_first_change(kNow + minutes(2), kNow + minutes(16));
}

TEST_F(AgainTest, IsNowWhileWordsCountTheTime) {
  read("policy: p\nwhen: { alert: Hot, for: 30m }\ndo: x.start\n");
  add("vm/1", "stopped");
  find(true, {});
  EXPECT_LE(at(kNow).again.value(), kNow);
}

TEST_F(AgainTest, IsTheNextMinuteOfAWaitAndThenItsEnd) {
  read(
      "policy: p\nselect: { kind: vm, all: true }\nwhen: { alert: Hot }\ndo: [x.stop, { verb: x.start, after: 5m }]\n");
  add("vm/1", "running");
  find(true, {});
  const Plan first = *at(kNow).plan;
  for (const NewFact& fact : begun_facts("p", at(kNow).begun, kNow)) note(fact.kind, fact.subject, fact.at, fact.body);
  carry_out(first);
  expect_first_change(kNow + seconds(10), kNow + minutes(1));
  expect_first_change(kNow + seconds(200), kNow + minutes(4));
  expect_first_change(kNow + seconds(250), kNow + minutes(5));
}

TEST_F(AgainTest, IsWhenWhatWasDoneMustShowBeforeSomethingDropsOut) {
  read(
      "policy: p\nselect: { kind: vm, all: true }\nwhen: { alert: Hot }\ndo: [x.stop, { verb: x.start, after: 1h }]\n");
  add("vm/1", "running");
  find(true, {});
  const Plan first = *at(kNow).plan;
  for (const NewFact& fact : begun_facts("p", at(kNow).begun, kNow)) note(fact.kind, fact.subject, fact.at, fact.body);
  carry_out(first);
  candidates_.clear();
  expect_first_change(kNow + seconds(10), kNow + kStageShows);
}

}  // namespace
}  // namespace capstan::decide
