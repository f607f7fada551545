#include "foresee/backtest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <random>

#include "base/config.h"
#include "decide/decide.h"
#include "decide/policy_reader.h"
#include "decide/scratch_sql.h"
#include "foresee/backtest_fixture.h"

namespace capstan::foresee {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kOfficeHours = R"(
policy: office-hours
select: { kind: vm, where: "env = 'dev'" }
keep: { state: running, by: x.start }
otherwise: { state: stopped, by: x.stop }
during: Mon-Fri 09:00-18:00 UTC
limits: { rate: 1000/min, total: 1000 }
approve: none
)";

decide::Policy policy(std::string_view yaml) {
  const VerbSpec start{
      .name = "x.start", .title = "", .help = "", .target_kinds = {"vm"}, .danger = Danger::kSafe, .undoable = true};
  const VerbSpec stop{
      .name = "x.stop", .title = "", .help = "", .target_kinds = {"vm"}, .danger = Danger::kSafe, .undoable = true};
  const VerbSpec reboot{.name = "x.reboot", .title = "", .help = "", .target_kinds = {"vm"}, .danger = Danger::kSafe};
  decide::Vocabulary words;
  words.verbs = {&start, &stop, &reboot};
  decide::ReadPolicies read = decide::read_policies(parse_yaml(yaml, "p.yaml").value(), words);
  for (const Error& problem : read.problems) ADD_FAILURE() << problem.to_string();
  return read.policies.at(0);
}

BacktestResult run(const decide::Policy& policy, const Past& past, std::string_view from, std::string_view to,
                   Duration step = Duration(60'000)) {
  auto result = backtest(policy, past, {.from = at(from), .to = at(to), .step = step, .stop = {}, .progress = {}});
  EXPECT_TRUE(result) << result.error().to_string();
  return result ? *std::move(result) : BacktestResult();
}

// "08T18:00 stop 1"
std::vector<std::string> told(const std::vector<BacktestAction>& actions) {
  std::vector<std::string> all;
  for (const BacktestAction& each : actions) {
    all.push_back(fmt::format("{} {}{} {}", format_time(each.at).substr(8, 8), each.is_undo ? "undo " : "",
                              each.verb.substr(each.verb.rfind('.') + 1), each.name));
  }
  return all;
}

TEST(Backtest, WhatItStoppedStaysStoppedUntilItStartsIt) {
  Record record;
  record.set("2026-01-01T00:00:00Z", "vm/1", "running");  // Nobody ever stopped it.
  const decide::Policy tested = policy(kOfficeHours);
  const BacktestResult result = run(tested, record.past(tested), "2026-01-07T12:00:00Z", "2026-01-10T12:00:00Z");
  EXPECT_THAT(told(result.actions), ElementsAre("07T18:00 stop 1", "08T09:00 start 1", "08T18:00 stop 1",
                                                "09T09:00 start 1", "09T18:00 stop 1"));
  EXPECT_EQ(result.actions.front().reason, "outside Mon-Fri 09:00-18:00");
  ASSERT_EQ(result.differences.size(), 3u);
  EXPECT_EQ(result.differences[0].from, at("2026-01-07T18:00:00Z"));
  EXPECT_EQ(result.differences[0].to, at("2026-01-08T09:00:00Z"));
  EXPECT_EQ(result.differences[0].value, Json("stopped"));
  EXPECT_EQ(result.differences[2].to, at("2026-01-10T12:00:00Z")) << "goes on to the end";
  EXPECT_LT(result.looks, 30u) << "nothing is asked while nothing changes";
}

TEST(Backtest, GoesOnAsRecordedWhereTheRecordChangesTheSameField) {
  Record record;
  record.set("2026-01-01T00:00:00Z", "vm/1", "running");
  record.set("2026-01-07T20:00:00Z", "vm/1", "running", "a note is another field");
  record.set("2026-01-07T21:00:00Z", "vm/1", "stopped");
  record.set("2026-01-07T23:00:00Z", "vm/1", "running");  // Somebody needs it at night.
  const decide::Policy tested = policy(kOfficeHours);
  const BacktestResult result = run(tested, record.past(tested), "2026-01-07T12:00:00Z", "2026-01-08T08:00:00Z");
  EXPECT_THAT(told(result.actions), ElementsAre("07T18:00 stop 1", "07T23:00 stop 1"));
}

TEST(Backtest, TakesOutWhatAPolicyOfTheSameNameReallyDid) {
  Record record;
  record.set("2026-01-01T00:00:00Z", "vm/1", "running");
  record.set("2026-01-07T18:01:00Z", "vm/1", "stopped");  // By the policy that was in force,
  record.set("2026-01-08T09:01:00Z", "vm/1", "running");
  record.deeds = {{"policy:office-hours", "vm/1", at("2026-01-07T18:00:00Z"), at("2026-01-07T18:00:30Z")},
                  {"policy:office-hours", "vm/1", at("2026-01-08T09:00:00Z"), at("2026-01-08T09:00:30Z")}};
  std::string longer(kOfficeHours);
  longer.replace(longer.find("18:00"), 5, "20:00");
  const decide::Policy tested = policy(longer);
  const BacktestResult result = run(tested, record.past(tested), "2026-01-07T12:00:00Z", "2026-01-08T12:00:00Z");
  EXPECT_THAT(told(result.actions), ElementsAre("07T20:00 stop 1", "08T09:00 start 1"));
  ASSERT_FALSE(result.differences.empty());
  EXPECT_EQ(result.differences[0].value, Json("running")) << "from 18:01 to 20:00, when it really was stopped";
}

TEST(Backtest, ActsAgainOnWhatCameBack) {
  Record record;
  record.set("2026-01-01T00:00:00Z", "vm/1", "running");
  record.end(at("2026-01-07T19:00:00Z"), "vm/1");
  record.set("2026-01-07T20:30:00Z", "vm/1", "running");
  const decide::Policy tested = policy(kOfficeHours);
  const BacktestResult result = run(tested, record.past(tested), "2026-01-07T12:00:00Z", "2026-01-08T08:00:00Z");
  EXPECT_THAT(told(result.actions), ElementsAre("07T18:00 stop 1", "07T20:30 stop 1"));
}

TEST(Backtest, StartsNoMoreAMinuteThanItsRateAllows) {
  Record record;
  for (int i = 0; i < 5; ++i) record.set("2026-01-01T00:00:00Z", fmt::format("vm/{}", i), "running");
  std::string slow(kOfficeHours);
  slow.replace(slow.find("1000/min"), 8, "2/min");
  const decide::Policy tested = policy(slow);
  const BacktestResult result = run(tested, record.past(tested), "2026-01-07T12:00:00Z", "2026-01-08T08:00:00Z");
  EXPECT_THAT(told(result.actions), ElementsAre("07T18:00 stop 0", "07T18:00 stop 1", "07T18:01 stop 2",
                                                "07T18:01 stop 3", "07T18:02 stop 4"));
  EXPECT_EQ(result.plans, 1u);
  EXPECT_EQ(result.asks, 0u);
}

TEST(Backtest, HeedsOverridesOfThen) {
  Record record;
  record.set("2026-01-01T00:00:00Z", "vm/1", "running");
  record.overrides = {{.id = "o-1",
                       .policy = "",
                       .resource = "vm/1",
                       .state = "up",
                       .from = at("2026-01-07T17:00:00Z"),
                       .until = at("2026-01-07T22:00:00Z"),
                       .by = "kim",
                       .reason = ""}};
  const decide::Policy tested = policy(kOfficeHours);
  const BacktestResult result = run(tested, record.past(tested), "2026-01-07T12:00:00Z", "2026-01-08T08:00:00Z");
  EXPECT_THAT(told(result.actions), ElementsAre("07T22:00 stop 1"));
}

TEST(Backtest, RespectsAHandThatTheRecordShows) {
  Record record;
  record.set("2026-01-01T00:00:00Z", "vm/1", "stopped");
  record.set("2026-01-07T19:00:00Z", "vm/1", "running");
  const decide::Policy tested = policy(std::string(kOfficeHours) + "manual: { respect: 2h }\n");
  const BacktestResult result = run(tested, record.past(tested), "2026-01-07T18:30:00Z", "2026-01-08T08:00:00Z");
  EXPECT_THAT(told(result.actions), ElementsAre("07T21:00 stop 1"));
}

TEST(Backtest, KeepsConditionsThatOnlyTimeChanges) {
  Record record;
  record.set("2026-01-01T00:00:00Z", "vm/1", "running", "2026-01-07T13:30:00.000Z");
  const decide::Policy tested = policy(R"(
policy: ends
select: { kind: vm, where: "note <= now" }
keep: { state: stopped, by: x.stop }
approve: none
)");
  const BacktestResult result = run(tested, record.past(tested), "2026-01-07T12:00:00Z", "2026-01-07T15:00:00Z");
  EXPECT_THAT(told(result.actions), ElementsAre("07T13:30 stop 1"));
}

TEST(Backtest, DoesOnceWhatAnAlertSetsOffAndTakesItBackWhenItIsQuiet) {
  Record record;
  record.set("2026-01-01T00:00:00Z", "vm/1", "running");
  const decide::Policy tested = policy(R"(
policy: relieve
when: { alert: Hot, for: 2m }
do: [ { x.stop: {} } ]
undo: [ when the alert is quiet for 10m ]
approve: ask
)");
  Past past = record.past(tested);
  Finding hot{.id = "f", .rule = "Hot", .resource = "vm/1", .labels = {}, .title = "", .says = "", .remedy = ""};
  const Time opened = at("2026-01-07T12:10:00Z"), ended = at("2026-01-07T12:30:00Z");
  past.findings = {{opened, {.finding = hot, .open = true, .opened = opened, .resolved = {}, .seq = 1}},
                   {ended, {.finding = hot, .open = false, .opened = opened, .resolved = ended, .seq = 2}}};
  const BacktestResult result = run(tested, past, "2026-01-07T12:00:00Z", "2026-01-07T15:00:00Z");
  EXPECT_THAT(told(result.actions), ElementsAre("07T12:12 stop 1", "07T12:40 undo stop 1"));
  EXPECT_EQ(result.asks, 1u);
  EXPECT_TRUE(result.actions[0].is_effect_known);
}

TEST(Backtest, MakesUpNoTimeOfTheClockBeforeThePeriod) {
  Record record;
  record.set("2026-01-01T00:00:00Z", "vm/1", "running");
  const decide::Policy tested = policy(R"(
policy: nightly
when: { cron: "0 2 * * *", zone: UTC }
select: { kind: vm, all: true }
do: [ { x.reboot: {} } ]
approve: none
)");
  const BacktestResult result = run(tested, record.past(tested), "2026-01-07T02:30:00Z", "2026-01-09T12:00:00Z");
  EXPECT_THAT(told(result.actions), ElementsAre("08T02:00 reboot 1", "09T02:00 reboot 1"));
  EXPECT_THAT(result.unknown_effects, ElementsAre("x.reboot"));
  EXPECT_THAT(result.differences, IsEmpty());
}

TEST(Backtest, SaysWhatOfThePastIsNotKnown) {
  Record record;
  record.set("2026-01-01T00:00:00Z", "vm/1", "running");
  const decide::Policy tested = policy(R"yaml(
policy: bad
select: { kind: vm, where: "id IN (SELECT resource FROM finding)"
}
keep: { state: stopped, by: x.stop }
)yaml");
  const auto result =
      backtest(tested, record.past(tested),
               {.from = at("2026-01-07T12:00:00Z"), .to = at("2026-01-07T13:00:00Z"), .stop = {}, .progress = {}});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, testing::HasSubstr("what 'finding' said in the past is not known"));
}

TEST(Backtest, EndsWhenItIsCancelled) {
  Record record;
  record.set("2026-01-01T00:00:00Z", "vm/1", "running");
  const decide::Policy tested = policy(kOfficeHours);
  std::stop_source stop;
  stop.request_stop();
  const auto result = backtest(
      tested, record.past(tested),
      {.from = at("2026-01-07T12:00:00Z"), .to = at("2026-01-08T12:00:00Z"), .stop = stop.get_token(), .progress = {}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCancelled);
}

// The policy as it runs live: asked each minute, of what is, with what it does recorded as it shows.
class Live {
 public:
  Live(const decide::Policy& policy, Record& record, int machines) : policy_(policy), record_(record) {
    for (int i = 0; i < machines; ++i) ids_.push_back(fmt::format("vm/{:03}", i));
  }

  void look(Time now) {
    decide::Situation situation;
    for (const std::string& id : ids_) {
      const std::string state = record_.state_of(id);
      if (state.empty()) continue;
      situation.candidates.push_back({.resource = {.id = id,
                                                   .kind = "vm",
                                                   .name = id.substr(3),
                                                   .labels = {},
                                                   .fields = Json::object({{"state", state}, {"env", "dev"}})},
                                      .selected = true,
                                      .why_not = "",
                                      .never = ""});
    }
    situation.history = &history_;
    situation.now = now;
    const decide::Decision decision = decide::decide(policy_, situation);
    if (!decision.plan) return;
    tell("plan.proposed", decision.plan->id, Json::object({{"plan", decision.plan->to_json()}}), now);
    for (const Action& action : decision.plan->actions) {
      tell("action.intended", action.id, Json::object(), now);
      tell("action.finished", action.id, Json::object({{"state", "succeeded"}}), now);
      done.push_back(fmt::format("{} {} {} {}", format_time(now), action.verb, action.target, action.reason));
      record_.set(now + Duration(5'000), action.target, action.verb == "x.stop" ? "stopped" : "running");
      record_.deeds.push_back({"policy:" + policy_.name, action.target, now, now});
    }
    tell("plan.finished", decision.plan->id, Json::object(), now);
  }

  const std::vector<std::string>& ids() const { return ids_; }
  std::vector<std::string> done;

 private:
  void tell(std::string kind, std::string subject, Json body, Time now) {
    history_.apply(
        {.seq = ++seq_, .at = now, .kind = std::move(kind), .subject = std::move(subject), .body = std::move(body)});
  }

  const decide::Policy& policy_;
  Record& record_;
  std::vector<std::string> ids_;
  decide::History history_;
  Seq seq_ = 0;
};

// People start, stop, make and delete machines at any time while the policy runs; over what was recorded of all that,
// the same policy does what it did.
TEST(Backtest, DoesWhatThePolicyDidLive) {
  for (int seed = 1; seed <= 8; ++seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    const decide::Policy tested = policy(kOfficeHours);
    Record record;
    Live live(tested, record, 12);
    const Time from = at("2026-01-05T00:00:00Z"), to = from + std::chrono::days(7);
    for (const std::string& id : live.ids())
      record.set(from - std::chrono::hours(1), id, random() % 2 ? "running" : "stopped");
    for (Time now = from; now < to; now += std::chrono::minutes(1)) {
      live.look(now);
      if (random() % 40 != 0) continue;
      // Well after anything that the policy may have done at this minute, as a person would.
      const std::string& id = live.ids()[random() % live.ids().size()];
      const Time hand = now + Duration(20'000);
      const bool is_fresh = std::ranges::any_of(record.deeds, [&](const PastDeed& deed) {
        return deed.target == id && hand - deed.to < std::chrono::minutes(3);
      });
      if (is_fresh) continue;
      const std::string state = record.state_of(id);
      if (state.empty() || random() % 8 != 0)
        record.set(hand, id, state == "running" ? "stopped" : "running");
      else
        record.end(hand, id);
    }
    const BacktestResult result = run(tested, record.past(tested), format_time(from), format_time(to));
    std::vector<std::string> would;
    for (const BacktestAction& each : result.actions)
      would.push_back(fmt::format("{} {} {} {}", format_time(each.at), each.verb, each.target, each.reason));
    EXPECT_GT(live.done.size(), 60u);
    ASSERT_EQ(would, live.done) << "seed " << seed;
    // Nothing would have been otherwise, but for the seconds in which an effect took to show.
    for (const BacktestDifference& each : result.differences) EXPECT_LE(each.to - each.from, Duration(5'000));
  }
}

// 30 days of machines that change each hour, at minutes of their own: 180,000 changes. (Of 1,000 machines: 5 s on two
// cores.) Under the sanitizers, which are told to take fewer seeds, fewer machines.
TEST(Backtest, AMonthOfMachinesThatChangeEachHourIsDecidedInOneGo) {
  Record record;
  const Time from = at("2026-01-05T00:00:00Z"), to = from + std::chrono::days(30);
  const int machines = std::getenv("CAPSTAN_SEEDS") != nullptr ? 10 : 250;
  for (int i = 0; i < machines; ++i) {
    const std::string id = fmt::format("vm/{:04}", i);
    int n = i;
    for (Time now = from + std::chrono::minutes(i % 60); now < to; now += std::chrono::hours(1)) {
      ++n;
      record.set(now, id, n % 24 == 0 ? "stopped" : "running", std::to_string(n % 50));
    }
  }
  const decide::Policy tested = policy(kOfficeHours);
  const auto begin = std::chrono::steady_clock::now();
  const Past past = record.past(tested);
  const auto read = std::chrono::steady_clock::now();
  const BacktestResult result = run(tested, past, format_time(from), format_time(to));
  const auto seconds = [](auto a, auto b) { return std::chrono::duration<double>(b - a).count(); };
  const auto end = std::chrono::steady_clock::now();
  fmt::print("read {:.2f} s, decided {:.2f} s: {} looks, {} actions\n", seconds(begin, read), seconds(read, end),
             result.looks, result.action_count);
  EXPECT_GT(result.action_count, 40u * machines);
}

}  // namespace
}  // namespace capstan::foresee
