// The executor's promises one by one; what they come to together is shown by tests/cases and tests/sim.
#include "act/executor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <utility>

#include "model/no_signals.h"

namespace capstan::act {
namespace {

const Time kNow = parse_time("2026-01-08T10:00:00Z").value();

class FakeFacts final : public FactSink {
 public:
  Result<std::vector<Seq>> append(std::span<const NewFact> added) override {
    if (full) return fail(ErrorCode::kResourceExhausted, "no space left on device");
    std::vector<Seq> numbers;
    for (const NewFact& fact : added) {
      if (fact.body.dump().size() > most_bytes) return fail(ErrorCode::kInvalidArgument, "too large");
    }
    for (const NewFact& fact : added) {
      facts.push_back({facts.size() + 1, fact.at, fact.kind, fact.subject, fact.body, fact.cause, fact.actor});
      numbers.push_back(facts.back().seq);
    }
    return numbers;
  }
  size_t count(std::string_view kind) const {
    return static_cast<size_t>(std::ranges::count(facts, kind, &Fact::kind));
  }
  std::vector<Fact> facts;
  bool full = false;
  size_t most_bytes = SIZE_MAX;
};

class FakeRunner final : public WorkRunner {
 public:
  bool try_run(Work work) override {
    if (closed) return false;
    waiting.push_back(std::move(work));
    return true;
  }
  std::deque<Work> waiting;
  bool closed = false;
};

class FakeVerb final : public Verb {
 public:
  FakeVerb() {
    spec_.name = "test.poke";
    spec_.target_kinds = {"thing"};
    spec_.parameters = {{.name = "times", .type = ColumnType::kInteger, .required = true}};
    spec_.danger = Danger::kSafe;
  }
  const VerbSpec& spec() const override { return spec_; }
  Status check(const Resource&, const Json&) const override { return {}; }
  Result<Json> state_before(const Resource&, const Json&) override { return Json::object({{"was", is}}); }
  Performed perform(const Action&, const Resource&, const Json& before, const std::stop_token& stop) override {
    ++performed;
    if (meanwhile) std::exchange(meanwhile, nullptr)();
    was_stopped = stop.stop_requested();
    if (was_stopped) return {ActionState::kPartial, "ended because a stop was requested", result};
    was = before["was"].int_or(0);
    return {ActionState::kSucceeded, "poked", result};
  }
  ProbeAnswer probe(const Action&, const Resource&, const Json&) override { return shows; }
  Performed undo(const Action&, const Resource&, const Json& before, const std::stop_token& stop) override {
    ++undone;
    undone_to = before["was"].int_or(0);
    was_stopped = stop.stop_requested();
    return {ActionState::kSucceeded, "undone", {}};
  }
  VerbSpec& mutable_spec() { return spec_; }
  int performed = 0;
  int undone = 0;
  bool was_stopped = false;
  int64_t was = 0;
  int64_t is = 1;  // What the target shows.
  int64_t undone_to = 0;
  ProbeAnswer shows = ProbeAnswer::kCannotTell;
  Json result;
  std::function<void()> meanwhile;  // What others do while it performs.

 private:
  VerbSpec spec_;
};

class FakeResources final : public ResourceSource {
 public:
  Result<std::optional<Resource>> find(const ResourceId& id) const override {
    return Resource{.id = id, .kind = "thing", .name = id, .labels = {}, .fields = Json::object()};
  }
};

class FakeSql final : public SqlSource {
 public:
  Result<Table> query(std::string_view sql, Time, const Options& options) const override {
    asked = sql;
    bound = options.bind.empty() ? "" : to_text(options.bind.front().second);
    if (broken) return fail(ErrorCode::kUnavailable, "busy");
    if (!holds) return Table{.columns = {"1"}, .rows = {}};
    return Table{.columns = {"1"}, .rows = {{int64_t{1}}}};
  }
  Status check(std::string_view) const override { return {}; }
  mutable std::string asked;
  mutable std::string bound;
  bool broken = false;
  bool holds = true;
};

class ExecutorTest : public ::testing::Test {
 protected:
  ExecutorTest() {
    auto verb = std::make_unique<FakeVerb>();
    verb_ = verb.get();
    EXPECT_TRUE(verbs_.add(std::move(verb)).has_value());
  }

  static Plan plan(std::string approval = "none") {
    Plan plan;
    plan.id = "plan-1";
    plan.origin = "policy:test";
    plan.approval = std::move(approval);
    plan.created = kNow;
    plan.actions.push_back({.id = "act-1",
                            .verb = "test.poke",
                            .target = "thing/a",
                            .parameters = Json::object({{"times", 1}}),
                            .reason = "because",
                            .precondition = "",
                            .after = {}});
    return plan;
  }

  void run_all() {
    for (int i = 0; i < 100; ++i) {
      executor_.tick(kNow);
      if (runner_.waiting.empty()) return;
      const Work work = std::move(runner_.waiting.front());
      runner_.waiting.pop_front();
      executor_.handle(work.run(std::stop_token()), kNow);
    }
  }

  // Until the work is out to perform it, but not done.
  void start_performing() {
    executor_.tick(kNow);
    const Work prepare = std::move(runner_.waiting.front());
    runner_.waiting.pop_front();
    executor_.handle(prepare.run(std::stop_token()), kNow);
    executor_.tick(kNow);
    ASSERT_EQ(runner_.waiting.size(), 1u);
  }

  // Everything that goes out is done at once, by `executor`.
  void settle(Executor& executor) {
    for (int i = 0; i < 10; ++i) {
      executor.tick(kNow);
      while (!runner_.waiting.empty()) {
        const Work work = std::move(runner_.waiting.front());
        runner_.waiting.pop_front();
        executor.handle(work.run(std::stop_token()), kNow);
      }
    }
  }

  // What happened, and before anybody hears of it the process dies; the next one cannot tell whether it did.
  std::unique_ptr<Executor> die_while_performing(const Plan& wanted) {
    verb_->mutable_spec().idempotent = true;
    verb_->mutable_spec().undoable = true;
    EXPECT_TRUE(executor_.submit(wanted, kNow).has_value());
    start_performing();
    runner_.waiting.clear();
    auto restarted =
        std::make_unique<Executor>(Surroundings{facts_, clock_, runner_, verbs_, resources_, sql_, signals_});
    restarted->restore(facts_.facts);
    return restarted;
  }
  // Looks at what was cut off, which cannot be told or was not done; it is to take its turn again.
  void look(Executor& executor) {
    executor.tick(kNow);
    ASSERT_EQ(runner_.waiting.size(), 1u);
    const Work look = std::move(runner_.waiting.front());
    runner_.waiting.clear();
    executor.handle(look.run(std::stop_token()), kNow);
  }

  // What the plan's one action, which was performed by this process, is undone to after one more restart.
  int64_t undone_to(Executor& executor) {
    settle(executor);
    EXPECT_EQ(verb_->performed, 1) << "it is harmless to repeat, and was repeated";
    Executor again{Surroundings{facts_, clock_, runner_, verbs_, resources_, sql_, signals_}};
    again.restore(facts_.facts);
    EXPECT_TRUE(again.undo("plan-1", "", "user:ann", kNow).has_value());
    settle(again);
    EXPECT_EQ(verb_->undone, 1);
    return verb_->undone_to;
  }

  std::string state_of(const Executor& executor, size_t action = 0) {
    return (*executor.status("plan-1"))["actions"].items()[action]["state"].string_or_empty();
  }

  ErrorCode refusal(const Plan& plan) {
    const auto submitted = executor_.submit(plan, kNow);
    return submitted ? ErrorCode::kInternal : submitted.error().code;
  }

  FakeFacts facts_;
  VirtualClock clock_{kNow};
  FakeRunner runner_;
  VerbRegistry verbs_;
  FakeVerb* verb_ = nullptr;
  FakeResources resources_;
  FakeSql sql_;
  NoSignals signals_;
  Executor executor_{Surroundings{facts_, clock_, runner_, verbs_, resources_, sql_, signals_}};
};

TEST_F(ExecutorTest, WritesEachStepDownWithItsCause) {
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  run_all();
  std::vector<std::string> kinds;
  for (const Fact& fact : facts_.facts) kinds.push_back(fact.kind);
  EXPECT_EQ(kinds, (std::vector<std::string>{"plan.proposed", "plan.approved", "action.intended", "action.finished",
                                             "plan.finished"}));
  EXPECT_EQ(facts_.facts[2].cause, 2u);
  EXPECT_EQ(facts_.facts[3].cause, 3u);
  EXPECT_EQ(verb_->performed, 1);
  EXPECT_EQ(verb_->was, 1);
}

TEST_F(ExecutorTest, ACancelEndsWhatRunsWhereItsVerbCanBeStopped) {
  verb_->mutable_spec().stoppable = true;
  verb_->mutable_spec().undoable = true;
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  const auto ending = [this] { return executor_.status("plan-1")->operator[]("ending").string_or_empty(); };
  verb_->meanwhile = [&] {
    EXPECT_EQ(ending(), "");
    ASSERT_TRUE(executor_.cancel("plan-1", true, "user:ann", kNow).has_value());
    EXPECT_EQ(ending(), "cancelling");
  };
  run_all();
  EXPECT_EQ(ending(), "") << "what it did and took back its state tells";
  EXPECT_EQ(verb_->performed, 1);
  // What it has done in part is undone, and that is not stopped.
  EXPECT_EQ(verb_->undone, 1);
  EXPECT_FALSE(verb_->was_stopped);
  const Json status = *executor_.status("plan-1");
  EXPECT_EQ(status["actions"].items()[0]["state"].string_or_empty(), "reverted");
  EXPECT_NE(status["says"].string_or_empty().find("cancelled by ann"), std::string::npos);
}

TEST_F(ExecutorTest, ACancelLetsWhatCannotBeStoppedFinish) {
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  verb_->meanwhile = [this] { ASSERT_TRUE(executor_.cancel("plan-1", true, "user:ann", kNow).has_value()); };
  run_all();
  EXPECT_FALSE(verb_->was_stopped);
  EXPECT_EQ(executor_.status("plan-1")->operator[]("actions").items()[0]["state"].string_or_empty(), "succeeded");
}

TEST_F(ExecutorTest, AStopOfEverythingReachesWhatRuns) {
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  start_performing();
  std::stop_source all;
  all.request_stop();
  const Work work = std::move(runner_.waiting.front());
  runner_.waiting.pop_front();
  executor_.handle(work.run(all.get_token()), kNow);
  EXPECT_TRUE(verb_->was_stopped);
}

TEST_F(ExecutorTest, TouchesNothingWhenTheIntentCannotBeWritten) {
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  executor_.tick(kNow);
  ASSERT_EQ(runner_.waiting.size(), 1u);
  const Work prepare = std::move(runner_.waiting.front());
  runner_.waiting.pop_front();
  facts_.full = true;
  executor_.handle(prepare.run(std::stop_token()), kNow);
  run_all();
  EXPECT_EQ(verb_->performed, 0);
  EXPECT_TRUE(runner_.waiting.empty());
}

TEST_F(ExecutorTest, KeepsAnOutcomeUntilItCanBeWritten) {
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  executor_.tick(kNow);
  for (int i = 0; i < 2; ++i) {
    const Work work = std::move(runner_.waiting.front());
    runner_.waiting.pop_front();
    if (i == 1) facts_.full = true;
    executor_.handle(work.run(std::stop_token()), kNow);
    executor_.tick(kNow);
  }
  EXPECT_EQ(verb_->performed, 1);
  EXPECT_EQ(facts_.count(fact_kind::kActionFinished), 0u);
  EXPECT_NE(executor_.status("plan-1")->operator[]("waiting_for").string_or_empty().find("no space left"),
            std::string::npos);
  facts_.full = false;
  run_all();
  EXPECT_EQ(facts_.count(fact_kind::kActionFinished), 1u);
  EXPECT_EQ(facts_.count(fact_kind::kPlanFinished), 1u);
  EXPECT_EQ(verb_->performed, 1);
}

TEST_F(ExecutorTest, WritesDownWhatHasHappenedBeforeACommandIsJudged) {
  Plan asks = plan();
  asks.approval = "ask";
  ASSERT_TRUE(executor_.submit(asks, kNow).has_value());
  facts_.full = true;
  const Time much_later = kNow + Duration(48LL * 3'600'000);
  executor_.tick(much_later);
  EXPECT_EQ(facts_.count(fact_kind::kPlanRejected), 0u);
  facts_.full = false;
  // It has expired, but nobody could write that down: a person comes too late.
  EXPECT_FALSE(executor_.reject("plan-1", "", "user:ann", much_later).has_value());
  EXPECT_EQ(facts_.count(fact_kind::kPlanRejected), 1u);
  EXPECT_EQ(executor_.status("plan-1")->operator[]("ending").string_or_empty(), "expired");
}

TEST_F(ExecutorTest, UndoesToWhatWasThereBeforeTheFirstAttemptThatMayHaveHappened) {
  const auto restarted = die_while_performing(plan());
  // It was done; the outside cannot tell.
  verb_->is = 2;
  EXPECT_EQ(undone_to(*restarted), 1) << "not what the repetition found, which was its own effect";
}

TEST_F(ExecutorTest, UndoesToWhatWasThereBeforeARequestThatArrivedLate) {
  const auto restarted = die_while_performing(plan());
  verb_->shows = ProbeAnswer::kDidNotHappen;
  look(*restarted);
  // It was on its way, and nobody knew.
  verb_->is = 2;
  verb_->shows = ProbeAnswer::kHappened;
  EXPECT_EQ(undone_to(*restarted), 1);
}

TEST_F(ExecutorTest, UndoesToWhatSomebodyElseSetBetweenTwoAttempts) {
  const auto restarted = die_while_performing(plan());
  look(*restarted);
  verb_->is = 3;
  verb_->shows = ProbeAnswer::kDidNotHappen;
  for (int i = 0; i < 2; ++i) {  // Checks, then the work itself.
    restarted->tick(kNow);
    ASSERT_EQ(runner_.waiting.size(), 1u);
    const Work work = std::move(runner_.waiting.front());
    runner_.waiting.clear();
    if (i == 1) verb_->shows = ProbeAnswer::kHappened;
    restarted->handle(work.run(std::stop_token()), kNow);
  }
  EXPECT_EQ(undone_to(*restarted), 3);
}

TEST_F(ExecutorTest, UndoesOfEachTargetTheLastFirstAndTargetsBesideEachOther) {
  verb_->mutable_spec().undoable = true;
  Plan wanted = plan();
  wanted.limits = {.in_flight = 2, .canary = false};
  wanted.actions.clear();
  for (const std::string target : {"a", "b", "c"}) {
    for (const std::string step : {"1", "2"}) {
      Action action = plan().actions.front();
      action.id = "act-" + target + step;
      action.target = "thing/" + target;
      if (step == "2") action.after = {"act-" + target + "1"};
      wanted.actions.push_back(std::move(action));
    }
  }
  ASSERT_TRUE(executor_.submit(wanted, kNow).has_value());
  settle(executor_);
  ASSERT_EQ(verb_->performed, 6);
  ASSERT_TRUE(executor_.undo("plan-1", "", "user:ann", kNow).has_value());
  const auto undone = [&] {
    std::string all;
    for (const Fact& fact : facts_.facts) {
      if (fact.kind == fact_kind::kActionIntended && fact.body["undo"].bool_or(false))
        all += fact.subject.substr(4) + " ";
    }
    return all;
  };
  const auto next = [&] {
    const Work work = std::move(runner_.waiting.front());
    runner_.waiting.pop_front();
    executor_.handle(work.run(std::stop_token()), kNow);
    executor_.tick(kNow);
    return undone();
  };
  executor_.tick(kNow);
  executor_.tick(kNow);
  EXPECT_EQ(undone(), "c2 b2 ") << "no more than two at a time";
  EXPECT_EQ(next(), "c2 b2 c1 ") << "what it was done after, before another target's turn";
  EXPECT_EQ(next(), "c2 b2 c1 a2 ");
  settle(executor_);
  EXPECT_EQ(undone(), "c2 b2 c1 a2 b1 a1 ");
  EXPECT_EQ((*executor_.status("plan-1"))["state"].string_or_empty(), "reverted");
}

TEST_F(ExecutorTest, WhatWasDoneSinceStandsInTheWayOfUndoingUnlessItIsANote) {
  verb_->mutable_spec().undoable = true;
  auto note = std::make_unique<FakeVerb>();
  note->mutable_spec().name = "test.note";
  FakeVerb* noted = note.get();
  ASSERT_TRUE(verbs_.add(std::move(note)).has_value());
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  run_all();
  Plan later = plan();
  later.id = "plan-2";
  later.actions[0].id = "act-2";
  later.actions[0].verb = "test.note";
  ASSERT_TRUE(executor_.submit(later, kNow).has_value());
  run_all();
  ASSERT_EQ(noted->performed, 1);
  EXPECT_EQ(executor_.undo("plan-1", "", "user:ann", kNow).error().message,
            "test.poke on thing/a cannot be undone: test.note was done to it since (plan plan-2), and undoing the one "
            "would undo the other; undo that first, if it can be undone");
  noted->mutable_spec().hinders_undo = false;
  ASSERT_TRUE(executor_.undo("plan-1", "", "user:ann", kNow).has_value());
  run_all();
  EXPECT_EQ(verb_->undone, 1);
  EXPECT_EQ(noted->undone, 0);
}

TEST_F(ExecutorTest, WhatMayHaveHappenedIsNotSkippedAsIfItHadNot) {
  Plan guarded = plan();
  guarded.actions[0].precondition = "state = 'idle'";
  const auto restarted = die_while_performing(guarded);
  look(*restarted);
  // Its own effect is why its precondition holds no more; by now the outside can tell.
  sql_.holds = false;
  verb_->shows = ProbeAnswer::kHappened;
  settle(*restarted);
  EXPECT_EQ(state_of(*restarted), "succeeded");
  EXPECT_EQ(verb_->performed, 0) << "not by this process";
  ASSERT_TRUE(restarted->undo("plan-1", "", "user:ann", kNow).has_value()) << "what was done can be undone";
}

TEST_F(ExecutorTest, WhatNobodyCanTellIsAskedOfAPersonBeforeItIsSkipped) {
  Plan guarded = plan();
  guarded.actions[0].precondition = "state = 'idle'";
  const auto restarted = die_while_performing(guarded);
  look(*restarted);
  sql_.holds = false;
  settle(*restarted);
  EXPECT_EQ(state_of(*restarted), "unknown");
  EXPECT_EQ(restarted->unknown_actions(), 1u);
  ASSERT_TRUE(restarted->resolve("act-1", "happened", "user:ann", kNow).has_value());
  settle(*restarted);
  EXPECT_EQ(state_of(*restarted), "succeeded");
}

TEST_F(ExecutorTest, WhatMayHaveHappenedIsUndoneWhenItsPlanIsCancelled) {
  const auto restarted = die_while_performing(plan());
  look(*restarted);
  ASSERT_TRUE(restarted->cancel("plan-1", true, "user:ann", kNow).has_value());
  verb_->shows = ProbeAnswer::kHappened;
  settle(*restarted);
  EXPECT_EQ(verb_->performed, 0);
  EXPECT_EQ(verb_->undone, 1) << "it happened, and was to be undone";
}

TEST_F(ExecutorTest, APauseReachesWhatWaitsForAWorker) {
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  start_performing();  // Its intent is written; no worker is free.
  ASSERT_TRUE(executor_.pause("capstan", "fire", "user:ann", kNow).has_value());
  const Work late = std::move(runner_.waiting.front());
  runner_.waiting.clear();
  executor_.handle(late.run(std::stop_token()), kNow);
  executor_.tick(kNow);
  EXPECT_EQ(verb_->performed, 0) << "nothing new starts";
  EXPECT_EQ(state_of(executor_), "approved");
  ASSERT_TRUE(executor_.resume("capstan", "user:ann", kNow).has_value());
  run_all();
  EXPECT_EQ(verb_->performed, 1) << "once";
  EXPECT_EQ(state_of(executor_), "succeeded");
}

TEST_F(ExecutorTest, ACancelTakesBackWhatWaitsForAWorker) {
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  start_performing();
  ASSERT_TRUE(executor_.cancel("plan-1", false, "user:ann", kNow).has_value());
  run_all();
  EXPECT_EQ(verb_->performed, 0);
  EXPECT_EQ(state_of(executor_), "skipped");
}

TEST_F(ExecutorTest, APauseTakesBackAnIntentThatNoWorkerHasTaken) {
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  executor_.tick(kNow);
  const Work prepare = std::move(runner_.waiting.front());
  runner_.waiting.clear();
  runner_.closed = true;  // Too much waits already.
  executor_.handle(prepare.run(std::stop_token()), kNow);
  executor_.tick(kNow);
  ASSERT_EQ(facts_.count(fact_kind::kActionIntended), 1u);
  ASSERT_TRUE(executor_.pause("policy:test", "", "user:ann", kNow).has_value());
  runner_.closed = false;
  run_all();
  EXPECT_EQ(verb_->performed, 0);
}

TEST_F(ExecutorTest, WhatHasBegunIsNotTakenBack) {
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  start_performing();
  const Work work = std::move(runner_.waiting.front());
  runner_.waiting.clear();
  WorkResult done = work.run(std::stop_token());
  ASSERT_TRUE(executor_.pause("capstan", "", "user:ann", kNow).has_value());
  executor_.handle(std::move(done), kNow);
  EXPECT_EQ(state_of(executor_), "succeeded");
}

TEST_F(ExecutorTest, KeepsAPolicysLimitOverAllOfItsPlans) {
  Plan first = plan();
  first.limits.in_flight = 1;
  Plan second = plan();
  second.id = "plan-2";
  second.limits.in_flight = 1;
  second.actions[0].id = "act-2";
  second.actions[0].target = "thing/b";
  ASSERT_TRUE(executor_.submit(first, kNow).has_value());
  ASSERT_TRUE(executor_.submit(second, kNow).has_value());
  executor_.tick(kNow);
  EXPECT_EQ(runner_.waiting.size(), 1u) << "one in flight of one";
  run_all();
  EXPECT_EQ(verb_->performed, 2);
}

TEST_F(ExecutorTest, CountsAMinuteByTheTimeThatPassesAndNotByTheClockOnTheWall) {
  Plan many = plan();
  many.limits.per_minute = 1;
  many.limits.in_flight = 5;
  many.actions.push_back(many.actions.front());
  many.actions.back().id = "act-2";
  many.actions.back().target = "thing/2";
  ASSERT_TRUE(executor_.submit(many, kNow).has_value());
  run_all();
  EXPECT_EQ(verb_->performed, 1);
  clock_.jump_to(kNow + Duration(3'600'000));
  executor_.tick(clock_.now());
  EXPECT_TRUE(runner_.waiting.empty()) << "the clock was set forward, and no minute has passed";
  // Nor does a restart let more through, since nobody knows how long it took.
  Executor restarted{Surroundings{facts_, clock_, runner_, verbs_, resources_, sql_, signals_}};
  restarted.restore(facts_.facts);
  restarted.tick(clock_.now());
  EXPECT_TRUE(runner_.waiting.empty());
  clock_.advance(Duration(60'000));
  restarted.tick(clock_.now());
  EXPECT_EQ(runner_.waiting.size(), 1u);
}

TEST_F(ExecutorTest, RefusesWhatNoPolicyMayAskFor) {
  Plan wrong = plan();
  wrong.actions[0].verb = "test.unknown";
  EXPECT_EQ(refusal(wrong), ErrorCode::kInvalidArgument);
  wrong = plan();
  wrong.actions[0].target = "other/a";
  EXPECT_EQ(refusal(wrong), ErrorCode::kInvalidArgument);
  wrong = plan();
  wrong.actions[0].parameters = Json::object({{"times", "often"}});
  EXPECT_EQ(refusal(wrong), ErrorCode::kInvalidArgument);
  wrong = plan();
  wrong.actions[0].parameters = Json::object();
  EXPECT_EQ(refusal(wrong), ErrorCode::kInvalidArgument);
  wrong = plan();
  wrong.actions[0].after = {"act-1"};
  EXPECT_EQ(refusal(wrong), ErrorCode::kInvalidArgument);
  wrong = plan();
  wrong.actions[0].reason = std::string(2'000'000, 'x');
  EXPECT_EQ(refusal(wrong), ErrorCode::kResourceExhausted);
  EXPECT_TRUE(facts_.facts.empty());
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  EXPECT_EQ(refusal(plan()), ErrorCode::kAlreadyExists);
}

TEST_F(ExecutorTest, ChecksThePreconditionOnTheTargetWhenItsTurnComes) {
  Plan careful = plan();
  careful.actions[0].precondition = "cpu > 3";
  ASSERT_TRUE(executor_.submit(careful, kNow).has_value());
  run_all();
  EXPECT_EQ(sql_.asked, "SELECT 1 FROM thing WHERE id = :id AND (cpu > 3)");
  EXPECT_EQ(sql_.bound, "thing/a");
}

TEST_F(ExecutorTest, TriesAgainLaterWhenThePreconditionCannotBeChecked) {
  Plan careful = plan();
  careful.actions[0].precondition = "cpu > 3";
  sql_.broken = true;
  ASSERT_TRUE(executor_.submit(careful, kNow).has_value());
  run_all();
  EXPECT_EQ(verb_->performed, 0);
  EXPECT_EQ(executor_.status("plan-1")->operator[]("waiting_for").string_or_empty(), "checking the precondition: busy");
}

TEST_F(ExecutorTest, WaitsForAFreeWorkerWithoutLosingTheIntent) {
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  executor_.tick(kNow);
  const Work prepare = std::move(runner_.waiting.front());
  runner_.waiting.pop_front();
  runner_.closed = true;
  executor_.handle(prepare.run(std::stop_token()), kNow);
  executor_.tick(kNow);
  EXPECT_EQ(facts_.count(fact_kind::kActionIntended), 1u);
  runner_.closed = false;
  run_all();
  EXPECT_EQ(verb_->performed, 1);
  EXPECT_EQ(facts_.count(fact_kind::kActionIntended), 1u);
}

TEST_F(ExecutorTest, CutsAnOutcomeThatIsTooLargeForAFact) {
  facts_.most_bytes = 64 << 10;
  Json numbers = Json::array();
  for (int i = 0; i < 50'000; ++i) numbers.push_back(i);
  for (const Json& result : {Json::object({{"stdout", std::string(200'000, '\n')}}), numbers}) {
    verb_->result = result;
    Plan each = plan();
    each.id += std::to_string(facts_.facts.size());
    each.actions[0].id += std::to_string(facts_.facts.size());
    ASSERT_TRUE(executor_.submit(each, kNow).has_value());
    run_all();
    EXPECT_EQ(executor_.status(each.id).value()["state"].string_or_empty(), "succeeded");
  }
  EXPECT_TRUE(executor_.pause("capstan", "", "user:alice", kNow)) << "nothing is held up";
}

TEST_F(ExecutorTest, IgnoresResultsOfAnotherLife) {
  ASSERT_TRUE(executor_.submit(plan(), kNow).has_value());
  executor_.tick(kNow);
  executor_.handle({9999, Effect{{ActionState::kSucceeded, "ghost", {}}, ProbeAnswer::kHappened}}, kNow);
  EXPECT_EQ(facts_.count(fact_kind::kActionFinished), 0u);
}

TEST_F(ExecutorTest, ShowsTheSameAfterARestart) {
  ASSERT_TRUE(executor_.submit(plan("ask"), kNow).has_value());
  run_all();
  Executor second(Surroundings{facts_, clock_, runner_, verbs_, resources_, sql_, signals_});
  second.restore(facts_.facts);
  second.tick(kNow);
  EXPECT_EQ(second.status("plan-1").value().dump(), executor_.status("plan-1").value().dump());
  EXPECT_EQ(second.waiting_for_approval(), 1u);
  EXPECT_TRUE(second.approve("plan-1", plan("ask").hash(), "user:alice", kNow).has_value());
}

TEST_F(ExecutorTest, ForgetsOldPlansButNotOpenOnes) {
  ExecutorOptions options;
  options.keep_ended = 3;
  Executor small(Surroundings{facts_, clock_, runner_, verbs_, resources_, sql_, signals_}, options);
  for (int i = 0; i < 10; ++i) {
    Plan each = plan("ask");
    each.id += std::to_string(i);
    each.actions[0].id += std::to_string(i);
    ASSERT_TRUE(small.submit(each, kNow).has_value());
    if (i > 0) {
      ASSERT_TRUE(small.reject(each.id, "", "user:alice", kNow).has_value());
    }
    small.tick(kNow);
  }
  EXPECT_EQ(small.list("all").items().size(), 4u);
  EXPECT_TRUE(small.status("plan-10").has_value());
}

}  // namespace
}  // namespace capstan::act
