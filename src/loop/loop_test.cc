#include "loop/loop.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "catalog/sql_engine.h"
#include "loop/override_desk.h"
#include "loop/undo_guard.h"
#include "model/no_signals.h"
#include "model/side_effect.h"

namespace capstan::loop {
namespace {

using std::chrono::seconds;

class NoLogs final : public LogSource {
 public:
  Result<std::vector<LogLine>> lines(const LogQuery&) const override { return std::vector<LogLine>(); }
  Result<std::vector<LogTemplate>> templates(const LogQuery&) const override { return std::vector<LogTemplate>(); }
};

class KeptSamples final : public SampleSink {
 public:
  Status append(const std::vector<SeriesSample>& samples) override {
    all.insert(all.end(), samples.begin(), samples.end());
    return {};
  }
  std::vector<SeriesSample> all;
};

class KeptMessages final : public Channel {
 public:
  std::string_view name() const override { return "kept"; }
  bool can_revise() const override { return revises; }
  Delivery send(const Message& message, const std::string&, const std::stop_token&) override {
    if (down) return {.status = fail(ErrorCode::kUnavailable, "down"), .retry = true};
    sent.write([&](std::vector<std::string>& all) { all.push_back(message.id); });
    return {.reference = "kept/" + message.id};
  }
  std::vector<std::string> ids() const {
    return sent.read([](const std::vector<std::string>& all) { return all; });
  }
  Guarded<std::vector<std::string>> sent;
  std::atomic<bool> down = false;
  std::atomic<bool> revises = false;
};

// Says that it has started a service, and does nothing.
class StartVerb final : public Verb, public TellsSideEffects {
 public:
  const VerbSpec& spec() const override { return spec_; }
  Status check(const Resource&, const Json&) const override { return {}; }
  std::string beside(const Resource& target, const Json&) const override { return "rings for " + target.name; }
  Result<Json> state_before(const Resource&, const Json&) override { return Json::object(); }
  Performed perform(const Action&, const Resource&, const Json&, const std::stop_token&) override {
    return {ActionState::kSucceeded, says, Json::object({{"stdout", says}})};
  }
  ProbeAnswer probe(const Action&, const Resource&, const Json&) override { return ProbeAnswer::kHappened; }
  Performed undo(const Action&, const Resource&, const Json&, const std::stop_token&) override { return {}; }

  std::string says = "started";

 private:
  VerbSpec spec_{.name = "test.start", .title = "Start", .target_kinds = {"host_service"}, .parameters = {}};
};

// The catalog's SQL, where a question about all of a kind may take its time.
class SlowSql final : public SqlSource {
 public:
  SlowSql(const SqlSource& sql, VirtualClock& clock) : sql_(sql), clock_(clock) {}
  Result<Table> query(std::string_view sql, Time at, const Options& options) const override {
    const bool asks_all = sql.find(":after") != std::string_view::npos && sql.find(":only") == std::string_view::npos;
    if (asks_all) {
      ++asked_all;
      clock_.advance(takes);
    }
    return sql_.query(sql, at, options);
  }
  Status check(std::string_view sql) const override { return sql_.check(sql); }

  Duration takes{0};
  mutable int asked_all = 0;

 private:
  const SqlSource& sql_;
  VirtualClock& clock_;
};

constexpr char kKinds[] = "kind: host_service\ncolumns: { state: { type: text } }\n";
constexpr char kRule[] =
    "rule: down\nseverity: high\nevery: 1s\nfind: SELECT id, name FROM host_service WHERE state = 'stopped'\n"
    "says: \"{{name}} is down\"\n";

// A whole loop with real stores in a directory of its own, a clock that stands still, and steps instead of a thread.
class LoopTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "capstan-loop-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    write("packs/test/kinds.yaml", kKinds);
    ASSERT_TRUE(verbs_.add(std::make_unique<StartVerb>()));
    open();
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(directory_);
  }

  void write(const std::string& name, const std::string& text) {
    const auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  void open() {
    auto ledger = ledger::Ledger::open(directory_ / "ledger.db", {}, clock_, random_);
    ASSERT_TRUE(ledger) << ledger.error().to_string();
    ledger_ = std::move(*ledger);
    const auto packs = std::vector{directory_ / "packs"};
    auto catalog = catalog::Catalog::open(directory_ / "catalog.db", catalog::load_kinds(packs).kinds);
    ASSERT_TRUE(catalog) << catalog.error().to_string();
    catalog_ = std::move(*catalog);
    sql_ = std::make_unique<catalog::SqlEngine>(
        *catalog_, clock_,
        catalog::SqlEngineOptions{.ledger_path = ledger_->path(), .ledger_view = ledger::Ledger::view_sql("ledger")});
    slow_sql_ = std::make_unique<SlowSql>(*sql_, clock_);
    detector_ = std::make_unique<detect::Detector>(detect::Detector::Sources{signals_, *sql_, logs_},
                                                   detect::DetectorOptions{});
    workers_ = std::make_unique<WorkerPool>(2, 100);
    auto loop = Loop::create({.clock = clock_,
                              .ledger = *ledger_,
                              .catalog = *catalog_,
                              .samples = samples_,
                              .signals = signals_,
                              .sql = *slow_sql_,
                              .verbs = verbs_,
                              .detector = *detector_,
                              .workers = *workers_,
                              .watchers = *workers_,
                              .messengers = *workers_},
                             {}, ConfigTree(packs, directory_ / "config"));
    ASSERT_TRUE(loop) << loop.error().to_string();
    loop_ = std::move(*loop);
    loop_->outbox().set_routes({{channel_, Severity::kInfo}});
  }
  void close() {
    if (loop_) loop_->stop();
    workers_.reset();  // Nothing runs any more that could post to the loop.
    loop_.reset();
    detector_.reset();
    slow_sql_.reset();
    sql_.reset();
    catalog_.reset();
    ledger_.reset();
  }

  void observe(const std::string& state) {
    Observation seen{.scope = "host:a",
                     .at = clock_.now(),
                     .resources = {},
                     .relations = {},
                     .complete_kinds = {"host_service"},
                     .departures = {}};
    seen.resources.push_back({.id = "host_service/a:web",
                              .kind = "host_service",
                              .name = "web",
                              .labels = {},
                              .fields = Json::object({{"state", state}})});
    ASSERT_TRUE(loop_->post(Observed{std::move(seen)}));
    loop_->step();
  }
  // Lets time pass second by second, and the workers finish what each second gave them.
  template <class Until>
  bool pass(int most_seconds, Until until) {
    for (int second = 0; second < most_seconds; ++second) {
      clock_.advance(seconds(1));
      for (int i = 0; i < 50; ++i) {
        loop_->step();
        if (until()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    return false;
  }
  size_t count(std::string_view kind) const { return ledger_->by_kind(kind, Time(), 1'000).value().size(); }
  size_t open_incidents() const { return loop_->incidents().explainer().open().size(); }

  std::filesystem::path directory_;
  VirtualClock clock_{from_unix_ms(1'800'000'000'000)};
  SeededRandom random_{1};
  NoSignals signals_;
  NoLogs logs_;
  KeptSamples samples_;
  VerbRegistry verbs_;
  std::shared_ptr<KeptMessages> channel_ = std::make_shared<KeptMessages>();
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<catalog::SqlEngine> sql_;
  std::unique_ptr<SlowSql> slow_sql_;
  std::unique_ptr<detect::Detector> detector_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<Loop> loop_;
};

TEST_F(LoopTest, WritesOnlyTheDifferencesOfLooks) {
  observe("running");
  observe("running");
  EXPECT_EQ(count(fact_kind::kResourceAppeared), 1u);
  observe("stopped");
  EXPECT_EQ(count(fact_kind::kResourceChanged), 1u);
}

TEST_F(LoopTest, GoesFromALookToAMessageAndBack) {
  write("config/rules.yaml", kRule);
  observe("stopped");
  ASSERT_TRUE(pass(10, [&] { return !channel_->ids().empty(); }));
  EXPECT_EQ(channel_->ids().front(), "inc-1:opened");
  ASSERT_EQ(open_incidents(), 1u);
  const Fact opened = ledger_->by_kind(fact_kind::kIncidentOpened, Time(), 1).value().front();
  EXPECT_EQ(ledger_->get(opened.cause).value().kind, fact_kind::kFindingOpened);

  observe("running");
  ASSERT_TRUE(pass(30, [&] { return channel_->ids().size() == 2; }));
  EXPECT_EQ(channel_->ids().back(), "inc-1:closed");
  EXPECT_EQ(open_incidents(), 0u);
}

TEST_F(LoopTest, GoesOnWithTheSameIncidentAfterARestart) {
  write("config/rules.yaml", kRule);
  observe("stopped");
  ASSERT_TRUE(pass(10, [&] { return open_incidents() == 1 && !channel_->ids().empty(); }));
  close();
  open();
  EXPECT_EQ(open_incidents(), 1u);
  EXPECT_FALSE(pass(5, [&] { return count(fact_kind::kFindingOpened) > 1 || count(fact_kind::kIncidentOpened) > 1; }))
      << "what goes on is not new";
  observe("running");
  EXPECT_TRUE(pass(150, [&] { return open_incidents() == 0; }));
}

TEST_F(LoopTest, OpensNoIncidentForWhatIsMutedUntilTheMuteEnds) {
  write("config/rules.yaml", kRule);
  Mute mute;
  mute.id = "mute-1";
  mute.rule = "down";
  mute.reason = "moving";
  mute.until = clock_.now() + seconds(60);
  ASSERT_TRUE(loop_->facts().append_one(mute_fact(mute, clock_.now()).value()));
  observe("stopped");
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kFindingOpened) == 1; })) << "it is still found";
  close();
  open();
  EXPECT_FALSE(pass(30, [&] { return open_incidents() > 0 || !channel_->ids().empty(); })) << "also after a restart";
  EXPECT_TRUE(pass(40, [&] { return open_incidents() == 1 && !channel_->ids().empty(); })) << "it ends by itself";
}

TEST_F(LoopTest, ClosesTheIncidentOfWhatAPersonMutes) {
  write("config/rules.yaml", kRule);
  observe("stopped");
  ASSERT_TRUE(pass(10, [&] { return open_incidents() == 1; }));
  Mute mute;
  mute.id = "mute-1";
  mute.resource = "host_service/a:web";
  mute.rule = "down";
  mute.reason = "moving";
  mute.until = clock_.now() + std::chrono::hours(1);
  ASSERT_TRUE(loop_->facts().append_one(mute_fact(mute, clock_.now()).value()));
  ASSERT_TRUE(pass(20, [&] { return open_incidents() == 0; }));
  const Fact closed = ledger_->by_kind(fact_kind::kIncidentClosed, Time(), 1).value().front();
  EXPECT_EQ(closed.body["says"], Json("what still holds of it is muted"));
  ASSERT_TRUE(loop_->facts().append_one(unmute_fact("mute-1", "user:bob", clock_.now())));
  EXPECT_TRUE(pass(20, [&] { return open_incidents() == 1; }));
}

TEST_F(LoopTest, TellsAfterARestartWhatCouldNotBeTold) {
  write("config/rules.yaml", kRule);
  channel_->down = true;
  observe("stopped");
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kMessageQueued) == 1; }));
  close();
  channel_->down = false;
  open();
  ASSERT_TRUE(pass(10, [&] { return !channel_->ids().empty(); }));
  EXPECT_EQ(channel_->ids().front(), "inc-1:opened");
}

constexpr char kKeep[] =
    "policy: up\nselect: { kind: host_service, all: true }\nkeep: { state: running, is: [running], by: test.start }\n";

TEST_F(LoopTest, AsksForTheApprovalOfAPolicysPlan) {
  write("config/up.yaml", kKeep);
  observe("failed");
  ASSERT_TRUE(pass(10, [&] { return !channel_->ids().empty(); }));
  EXPECT_TRUE(channel_->ids().front().ends_with(":waiting")) << channel_->ids().front();
}

TEST_F(LoopTest, TakesBackThePlanOfAPolicyThatIsTakenAway) {
  write("config/up.yaml", kKeep);
  observe("failed");
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kPlanProposed) == 1; }));
  std::filesystem::remove(directory_ / "config/up.yaml");
  EXPECT_TRUE(pass(10, [&] { return count(fact_kind::kPlanRejected) == 1; })) << "nobody calls for it any more";
}

TEST_F(LoopTest, TakesBackThePlanOfAPolicyThatIsEdited) {
  write("config/up.yaml", kKeep);
  observe("failed");
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kPlanProposed) == 1; }));
  write("config/up.yaml", std::string(kKeep) + "limits: { rate: 1/min }\n");
  EXPECT_TRUE(pass(10, [&] { return count(fact_kind::kPlanProposed) == 2; })) << "it comes again, as it is now";
  EXPECT_EQ(count(fact_kind::kPlanRejected), 1u);
}

TEST_F(LoopTest, TellsOfNoPlanBeforeItIsKnownWhoseThingsAre) {
  write("packs/test/relations.yaml", "relation: is_same\nsql: SELECT id AS source, id AS target FROM host_service\n");
  loop_->step();
  write("config/up.yaml", kKeep);
  observe("failed");
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kPlanProposed) == 1; }));
  for (int i = 0; i < 50; ++i) {
    loop_->step();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(count(fact_kind::kMessageQueued), 0u) << "relations are of before: it may be taken back at once";
  EXPECT_TRUE(pass(20, [&] { return !channel_->ids().empty(); })) << "it is told a moment later";
}

TEST_F(LoopTest, HoldsWhatAPersonKeepsOtherwiseSinceThePlanWasMade) {
  write("config/up.yaml", kKeep);
  observe("failed");
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kPlanProposed) == 1; }));
  const Plan plan = Plan::from_json(ledger_->by_kind(fact_kind::kPlanProposed, Time(), 1).value()[0].body["plan"]);
  ASSERT_TRUE(loop_->executor().pause("capstan", "", "user:ann", clock_.now()));
  ASSERT_TRUE(loop_->executor().approve(plan.id, plan.hash(), "user:ann", clock_.now()));
  ASSERT_TRUE(
      set_override(*loop_, {.resource = "web", .state = "alone", .until = "30s", .reason = "repair"}, "user:bob"));
  EXPECT_NE(loop_->executor().status(plan.id)->dump().find("kept otherwise by user:bob"), std::string::npos);
  ASSERT_TRUE(loop_->executor().resume("capstan", "user:ann", clock_.now()));
  EXPECT_FALSE(pass(20, [&] { return count(fact_kind::kActionIntended) > 0; })) << "it holds";
}

TEST_F(LoopTest, AsksAPersonBeforeItUndoesWhatNeverForbidsByNow) {
  const std::string nothing =
      "policy: hot\nselect: { kind: host_service, all: true }\nwhen: { alert: down }\ndo: [ test.start ]\n";
  decide::Policy policy;
  policy.never.push_back({.kind = "host_service", .where = "state = 'sensitive'"});
  Plan plan{.id = "plan-1", .origin = "policy:hot"};
  plan.actions.push_back({.id = "act-1", .verb = "test.start", .target = "host_service/a:web"});
  observe("running");
  EXPECT_EQ(forbidden_to_undo(policy, plan, *sql_, clock_.now()).value(), "");
  observe("sensitive");
  EXPECT_NE(forbidden_to_undo(policy, plan, *sql_, clock_.now()).value().text.find("host_service/a:web"),
            std::string::npos);
  policy.never.front().where = "no_such_column = 1";
  EXPECT_FALSE(forbidden_to_undo(policy, plan, *sql_, clock_.now())) << "nobody can tell: not now";
}

TEST_F(LoopTest, TriesNoMorePoliciesThanThereIsTimeFor) {
  slow_sql_->takes = seconds(3);
  observe("failed");
  loop_->step();
  std::string many = kKeep;
  for (int i = 0; i < 20; ++i)
    many += fmt::format(
        "---\npolicy: up-{}\nselect: {{ kind: host_service, all: true }}\nkeep: {{ state: running, by: test.start }}\n",
        i);
  const int asked = slow_sql_->asked_all;
  const auto tried = loop_->policies().preview(many, "many.yaml", catalog_->reader().value(), clock_.now());
  ASSERT_FALSE(tried);
  EXPECT_EQ(tried.error().code, ErrorCode::kResourceExhausted);
  EXPECT_LE(slow_sql_->asked_all - asked, 3) << "the loop has other things to do: a pause, for one";
}

TEST_F(LoopTest, ShowsNoSecretThatTheOutsideRepeats) {
  dynamic_cast<StartVerb*>(verbs_.find("test.start"))->says = "refused: the token hunter22 is wrong";
  loop_->facts().set_mask([](std::string_view text) {
    std::string masked(text);
    if (const size_t at = masked.find("hunter22"); at != std::string::npos) masked.replace(at, 8, "***");
    return masked;
  });
  write("config/up.yaml", kKeep);
  observe("failed");
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kPlanProposed) == 1; }));
  const Plan plan = Plan::from_json(ledger_->by_kind(fact_kind::kPlanProposed, Time(), 1).value()[0].body["plan"]);
  ASSERT_TRUE(loop_->executor().approve(plan.id, plan.hash(), "user:ann", clock_.now()));
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kPlanFinished) == 1; }));
  const std::string shown = loop_->executor().status(plan.id)->dump();
  EXPECT_NE(shown.find("the token *** is wrong"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("hunter22"), std::string::npos) << "not before a restart either";
}

TEST_F(LoopTest, ShowsThePlanOfAPolicyForAsLongAsItIsOpen) {
  write("config/up.yaml", kKeep);
  observe("failed");
  const auto plans = [&] { return loop_->policies().to_json()["policies"].items().front()["plans"]; };
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kPlanProposed) == 1; }));
  const Plan plan = Plan::from_json(ledger_->by_kind(fact_kind::kPlanProposed, Time(), 1).value()[0].body["plan"]);
  EXPECT_FALSE(pass(5, [&] { return plans().items().size() != 1; })) << "later looks change nothing";
  EXPECT_EQ(plans().items().front()["id"].string_or_empty(), plan.id);
  EXPECT_EQ(plans().items().front()["title"].string_or_empty(), plan.title.text);
  EXPECT_EQ(plans().items().front()["state"].string_or_empty(), "proposed");
  ASSERT_TRUE(loop_->executor().reject(plan.id, "not now", "user:ann", clock_.now()));
  EXPECT_TRUE(plans().items().empty()) << plans().dump();
  const Json status = loop_->executor().status(plan.id).value();
  EXPECT_EQ(status["ending"].string_or_empty(), "rejected");
  EXPECT_EQ(status["says"].string_or_empty(), "rejected by ann: not now");
  // A run would do nothing, and says so before.
  const auto rejected = [&] {
    return loop_->policies().to_json()["policies"].items().front()["rejected"].string_or_empty();
  };
  EXPECT_TRUE(pass(20, [&] { return rejected().starts_with("rejected by ann"); })) << rejected();
}

TEST_F(LoopTest, SaysWhenTheClockSetsAPolicyOff) {
  // The clock stands at 2027-01-15, a Friday.
  write("config/nightly.yaml",
        "policy: nightly\nselect: { kind: host_service, all: true }\nwhen: { cron: \"0 22 * * *\", zone: Asia/Seoul }\n"
        "do: { test.start: {} }\n");
  observe("running");
  const auto policy = [&] { return loop_->policies().to_json()["policies"].items().front(); };
  ASSERT_TRUE(pass(10, [&] { return policy()["summary"].string_or_empty() == "waits for its time"; }))
      << policy().dump();
  EXPECT_TRUE(policy()["next"].string_or_empty().ends_with("T13:00:00.000Z")) << policy().dump();
}

TEST_F(LoopTest, DecidesAtOnceOverWhatChangesWhileAPolicyRests) {
  write("config/up.yaml", kKeep);
  slow_sql_->takes = seconds(5);
  observe("running");
  const auto says = [&] { return loop_->policies().to_json().dump(); };
  ASSERT_TRUE(pass(10, [&] { return says().find("1 of 1") != std::string::npos; })) << says();
  const int asked = slow_sql_->asked_all;
  observe("failed");
  EXPECT_TRUE(pass(5, [&] { return count(fact_kind::kPlanProposed) == 1; })) << says();
  EXPECT_EQ(slow_sql_->asked_all, asked) << "it rests for longer than this";
  EXPECT_NE(says().find("0 of 1 are running as wanted; would change 1"), std::string::npos) << says();
  EXPECT_FALSE(pass(10, [&] { return count(fact_kind::kPlanProposed) > 1; })) << "one plan is enough";
}

TEST_F(LoopTest, DecidesOverNothingThatChangesBeforeWhatHasToBeLookedAt) {
  write("config/up.yaml", kKeep);
  slow_sql_->takes = seconds(5);
  std::string looks_at;
  loop_->policies().set_waits_for([&](const decide::Policy&) { return looks_at; });
  observe("running");
  const auto says = [&] { return loop_->policies().to_json().dump(); };
  ASSERT_TRUE(pass(10, [&] { return says().find("1 of 1") != std::string::npos; })) << says();
  looks_at = "a look at the account";
  observe("failed");
  EXPECT_FALSE(pass(10, [&] { return count(fact_kind::kPlanProposed) > 0; })) << says();
  EXPECT_NE(says().find("waits for a look at the account"), std::string::npos) << says();
  looks_at.clear();
  EXPECT_TRUE(pass(5, [&] { return count(fact_kind::kPlanProposed) == 1; })) << says();
}

TEST_F(LoopTest, AsksNoPolicyWhileNothingCanHaveChanged) {
  write("config/up.yaml", kKeep);
  write("config/later.yaml",
        "policy: later\nselect: { kind: host_service, where: \"name < now\" }\nkeep: { state: running, is: [running], "
        "by: "
        "test.start }\n");
  observe("running");
  const auto says = [&] { return loop_->policies().to_json().dump(); };
  ASSERT_TRUE(pass(10, [&] { return says().find("1 of 1") != std::string::npos; })) << says();
  const PolicyPasses& passes = loop_->policies().passes();
  EXPECT_FALSE(pass(5, [] { return false; }));
  const uint64_t asked = passes.over_all, spared = passes.spared;
  EXPECT_FALSE(pass(20, [] { return false; }));
  EXPECT_EQ(passes.spared - spared, 20u);
  EXPECT_EQ(passes.over_all - asked, 20u) << "what asks for the time is asked at every tick";
  observe("failed");
  EXPECT_TRUE(pass(2, [&] { return count(fact_kind::kPlanProposed) == 1; })) << says();
}

TEST_F(LoopTest, SaysWhyAPolicyLeavesAResourceOut) {
  write("config/up.yaml",
        "policy: up\nselect: { kind: host_service, labels: env=dev }\nkeep: { state: running, by: test.start }\n");
  observe("failed");
  ASSERT_FALSE(pass(3, [&] { return count(fact_kind::kPlanProposed) > 0; }));
  const Resource web = catalog_->reader().value().resource("host_service/a:web").value()->resource;
  const std::string why = loop_->policies().verdicts_on(web, "").dump();
  EXPECT_NE(why.find("not selected: labels env=dev"), std::string::npos) << why;
}

TEST_F(LoopTest, RespectsAPersonsHand) {
  write("config/up.yaml", std::string(kKeep) + "manual: { respect: 20s }\n");
  observe("running");
  observe("stopped");  // By nothing that Capstan did.
  EXPECT_FALSE(pass(15, [&] { return count(fact_kind::kPlanProposed) > 0; }));
  EXPECT_TRUE(loop_->problems().empty()) << loop_->problems().front().to_string();
  EXPECT_TRUE(pass(20, [&] { return count(fact_kind::kPlanProposed) > 0; }));
}

TEST_F(LoopTest, WarnsOnceBeforeAPolicyActs) {
  write("config/up.yaml",
        "policy: later\nselect: { kind: host_service, all: true, where: \"now > '2027-01-17'\" }\nkeep: { state: "
        "running, is: "
        "[running], by: test.start }\nwarn: { to: owner, before: [P3D] }\n");
  observe("failed");
  ASSERT_TRUE(pass(10, [&] { return !channel_->ids().empty(); }));
  EXPECT_TRUE(channel_->ids().front().starts_with("notice-"));
  EXPECT_FALSE(pass(65, [&] { return channel_->ids().size() > 1; })) << "once is enough";
}

TEST_F(LoopTest, KeepsTheLastGoodVersionOfAFileAndTellsTheMistake) {
  write("config/rules.yaml", kRule);
  observe("stopped");
  ASSERT_TRUE(pass(10, [&] { return open_incidents() == 1; }));
  write("config/rules.yaml", "rule: down\nsevrity: high\nfind: SELECT 1\nsays: x\n");
  ASSERT_TRUE(pass(5, [&] { return !loop_->problems().empty(); }));
  EXPECT_EQ(loop_->problems().front().where.line, 2);
  EXPECT_EQ(count(fact_kind::kConfigRejected), 1u);
  EXPECT_FALSE(pass(15, [&] { return open_incidents() == 0; })) << "the good version is in force";
}

TEST_F(LoopTest, GoesOnWhenTheClockIsSet) {
  write("config/rules.yaml", kRule);
  observe("running");
  ASSERT_TRUE(pass(5, [&] { return !loop_->config().files().empty(); }));
  for (const std::chrono::hours jump : {std::chrono::hours(-5), std::chrono::hours(9)}) {
    clock_.jump_to(clock_.now() + jump);
    observe("stopped");
    EXPECT_TRUE(pass(10, [&] { return open_incidents() == 1; })) << "after " << jump.count() << " h";
    clock_.jump_to(clock_.now() + jump);
    observe("running");
    EXPECT_TRUE(pass(30, [&] { return open_incidents() == 0; })) << "after " << jump.count() << " h";
  }
}

TEST_F(LoopTest, WritesItsBeginningAndItsEnd) {
  loop_->start();
  ASSERT_TRUE(loop_->ask([] { return 0; }));
  loop_->stop();
  EXPECT_EQ(count(fact_kind::kStarted), 1u);
  EXPECT_EQ(count(fact_kind::kStopped), 1u);
}

TEST_F(LoopTest, SaysWhoHadAPolicyDecide) {
  write("config/up.yaml", kKeep);
  loop_->step();
  observe("failed");
  const Result<Json> ran = loop_->policies().run("up", "user:alice", catalog_->reader().value(), clock_.now());
  ASSERT_TRUE(ran) << ran.error().to_string();
  const Fact proposed = ledger_->by_kind(fact_kind::kPlanProposed, Time(), 1).value().front();
  EXPECT_EQ(ledger_->get(proposed.cause).value().actor, "user:alice");
  ASSERT_TRUE(loop_->executor().pause("policy:up", "", "user:bob", clock_.now()));
  EXPECT_EQ(loop_->policies().run("up", "user:alice", catalog_->reader().value(), clock_.now()).error().code,
            ErrorCode::kFailedPrecondition);
}

TEST_F(LoopTest, KeepsAResourceAsAPersonSaysForAWhile) {
  write("config/up.yaml", kKeep);
  loop_->step();
  observe("running");
  const auto kept =
      set_override(*loop_, {.resource = "web", .state = "alone", .until = "30s", .reason = "repair"}, "user:ann");
  ASSERT_TRUE(kept) << kept.error().to_string();
  observe("failed");
  EXPECT_FALSE(pass(25, [&] { return count(fact_kind::kPlanProposed) > 0; }));
  const Json shown = overrides_answer(*loop_)["overrides"];
  ASSERT_EQ(shown.items().size(), 1u);
  EXPECT_EQ(shown.items().front()["decides"].dump(), R"([{"policy":"up","resources":1}])");
  const Resource web = catalog_->reader().value().resource("host_service/a:web").value()->resource;
  EXPECT_EQ(loop_->policies().verdicts_on(web, "up").items().front()["why"].string_or_empty().find("override by ann"),
            0u);
  EXPECT_TRUE(pass(15, [&] { return count(fact_kind::kPlanProposed) > 0; })) << "an override ends by itself";
  EXPECT_TRUE(overrides_answer(*loop_)["overrides"].items().empty());
}

TEST_F(LoopTest, RefusesOverridesOfWhatThereIsNot) {
  write("config/up.yaml", kKeep);
  loop_->step();
  observe("running");
  const auto refusal = [&](const OverrideRequest& wanted) {
    return set_override(*loop_, wanted, "user:ann").error().message;
  };
  EXPECT_EQ(refusal({.resource = "wbe", .until = "1h"}),
            "'resource': there is no resource 'wbe' (did you mean 'web'?)");
  EXPECT_EQ(refusal({.resource = "web", .policy = "upp", .until = "1h"}),
            "'policy': there is no policy 'upp' (did you mean 'up'?)");
  EXPECT_EQ(refusal({.resource = "web", .state = "sideways", .until = "1h"}),
            "'state': 'sideways' is no state to keep something in; expected alone, up, down, running");
  EXPECT_EQ(refusal({.until = "1h"}), "an override names a policy, a resource or both; to stop everything, pause");
  EXPECT_EQ(refusal({.resource = "web", .until = "100d"}),
            "an override lasts at most 90 days; change the policy instead");
  EXPECT_EQ(refusal({.resource = "web", .until = "22:00", .zone = "Asia/Soul"}),
            "'zone': 'Asia/Soul' is no time zone (did you mean 'Asia/Seoul'?)");
  EXPECT_EQ(count(fact_kind::kOverrideSet), 0u);
  EXPECT_EQ(end_override(*loop_, "override-1", "user:ann").error().code, ErrorCode::kNotFound);
}

TEST_F(LoopTest, TellsAReportOnceAtItsTime) {
  // The clock stands at 08:00:00 UTC on a Friday.
  write("config/reports.yaml",
        "report: services\ntitle: Services\nwhen: { cron: '1 8 * * *', zone: UTC }\n"
        "sql: SELECT name, state FROM host_service\n---\n"
        "report: none\ntitle: None\nwhen: { cron: '1 8 * * *', zone: UTC }\nempty: skip\n"
        "sql: SELECT name FROM host_service WHERE state = 'lost'\n");
  observe("running");
  EXPECT_FALSE(pass(50, [&] { return !channel_->ids().empty(); })) << "before its time";
  ASSERT_TRUE(pass(20, [&] { return !channel_->ids().empty(); }));
  EXPECT_EQ(channel_->ids(), std::vector<std::string>{"report:services:2027-01-15T08:01:00.000Z"});
  const Fact queued = ledger_->by_kind(fact_kind::kMessageQueued, Time(), 1).value().front();
  EXPECT_NE(queued.body.dump().find("web   running"), std::string::npos) << queued.body.dump();
  ASSERT_TRUE(pass(5, [&] { return count(fact_kind::kMessageSent) == 1; }));
  close();
  open();
  EXPECT_FALSE(pass(10, [&] { return channel_->ids().size() > 1; })) << "a restart tells nothing twice";
}

TEST_F(LoopTest, RefusesReportsThatCannotBeMade) {
  write("config/reports.yaml",
        "report: r\ntitle: R\nwhen: { cron: '1 25 * * *', zone: UTC }\nsql: SELECT nme FROM host_service\n");
  ASSERT_TRUE(pass(5, [&] { return !loop_->problems().empty(); }));
  ASSERT_EQ(loop_->problems().size(), 2u);
  EXPECT_EQ(loop_->problems()[0].where.line, 3);
  EXPECT_EQ(loop_->problems()[1].where.line, 4);
  EXPECT_NE(loop_->problems()[1].message.find("nme"), std::string::npos) << loop_->problems()[1].message;
}

TEST_F(LoopTest, WhatWasWrongWithAFileGoesWhenItIsAnotherMistake) {
  write("config/reports.yaml", "report: r\ntitle: R\nwhen: { cron: '1 25 * * *', zone: UTC }\nsql: SELECT 1\n");
  ASSERT_TRUE(pass(5, [&] { return loop_->problems().size() == 1; }));
  write("config/reports.yaml", "report: r\ntitle: [R\n");
  const std::string first = loop_->problems()[0].message;
  ASSERT_TRUE(pass(5, [&] { return !loop_->problems().empty() && loop_->problems()[0].message != first; }));
  EXPECT_EQ(loop_->problems().size(), 1u);
}

TEST_F(LoopTest, ACalendarThatCannotBeReadIsNotToldAsAbsent) {
  loop_->policies().set_calendar_directory(directory_ / "config/calendar");
  write("config/calendar/kr.ics", "no calendar at all\n");
  write("config/up.yaml", std::string(kKeep) + "during: Mon-Fri 09:00-18:00 Asia/Seoul\nexcept: calendar/kr\n");
  ASSERT_TRUE(pass(5, [&] { return loop_->problems().size() == 2; }));
  const std::string said = loop_->problems()[1].to_string();
  EXPECT_NE(said.find("up.yaml:"), std::string::npos) << said;
  EXPECT_NE(said.find("kr.ics:1"), std::string::npos) << said;
  EXPECT_EQ(said.find("no file"), std::string::npos) << said;
  write("config/calendar/kr.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n");
  EXPECT_TRUE(pass(5, [&] { return loop_->problems().empty(); }));
}

TEST_F(LoopTest, LaysOutWhenPoliciesWantWhat) {
  write("config/up.yaml", std::string(kKeep) + "during: Mon-Fri 09:00-18:00 Asia/Seoul\n");
  loop_->step();
  observe("running");
  ASSERT_TRUE(pass(3, [&] { return !loop_->policies().calendar(clock_.now(), 7).items().empty(); }));
  const Json row = loop_->policies().calendar(parse_time("2027-01-15T00:00:00Z").value(), 4).items().front();
  EXPECT_EQ(row["hours"].string_or_empty(), "Mon-Fri 09:00-18:00");
  EXPECT_EQ(row["zone"].string_or_empty(), "Asia/Seoul");
  EXPECT_EQ(row["count"], Json(1));
  EXPECT_EQ(row["inside"].string_or_empty(), "running");
  // Friday's, and the beginning of Monday's, which is a weekend later.
  EXPECT_EQ(row["spans"].dump(), R"([{"from":"2027-01-15T00:00:00.000Z","to":"2027-01-15T09:00:00.000Z"},)"
                                 R"({"from":"2027-01-18T00:00:00.000Z","to":"2027-01-18T09:00:00.000Z"}])");
}

TEST_F(LoopTest, StartsNothingInAFreezeAndSaysWhy) {
  // The clock stands at 2027-01-15, a Friday.
  write("config/freezes.yaml",
        "freeze: release\nduring: 2027-01-14 18:00 to 2027-01-16 09:00 Asia/Seoul\nexcept: { roles: [admin] }\n");
  write("config/up.yaml", kKeep);
  loop_->step();
  observe("failed");
  ASSERT_TRUE(pass(5, [&] { return count(fact_kind::kPlanProposed) > 0; }));
  const Json plan = loop_->executor().list("all").items().front();
  const std::string id = plan["plan"]["id"].string_or_empty();
  const std::string frozen = "frozen by release until 2027-01-16 09:00 Asia/Seoul";
  EXPECT_EQ(plan["frozen"].string_or_empty(), frozen);
  ASSERT_TRUE(loop_->executor().approve(id, plan["plan"]["hash"].string_or_empty(), "user:ann", clock_.now()));
  EXPECT_FALSE(pass(10, [&] { return count(fact_kind::kActionIntended) > 0; }));
  EXPECT_EQ(loop_->executor().status(id).value()["waiting_for"].string_or_empty(), frozen);
  const Resource web = catalog_->reader().value().resource("host_service/a:web").value()->resource;
  EXPECT_EQ(loop_->policies().verdicts_on(web, "up").items().front()["frozen"].string_or_empty(), frozen);
  const Json shown = loop_->freezes().to_json(clock_.now())["freezes"].items().front();
  EXPECT_EQ(shown["in_force"], Json(true));
  EXPECT_EQ(shown["until"].string_or_empty(), "2027-01-16T00:00:00.000Z");
  const Time monday = parse_time("2027-01-11T00:00:00Z").value();
  EXPECT_EQ(loop_->freezes().calendar(monday, monday + std::chrono::days(7)).items().size(), 1u);
  EXPECT_TRUE(loop_->freezes().calendar(monday, monday + std::chrono::days(2)).items().empty());

  close();
  open();
  EXPECT_FALSE(pass(10, [&] { return count(fact_kind::kActionIntended) > 0; })) << "a restart lets nothing through";
  const Plan held = Plan::from_json(loop_->executor().status(id).value()["plan"]);
  const FreezeLift wanted{.freeze = "release", .plan = id, .reason = "customers cannot order"};
  EXPECT_EQ(loop_->freezes().lift(wanted, held, "user:bob", "operator", clock_.now()).error().code,
            ErrorCode::kPermissionDenied);
  const auto lifted = loop_->freezes().lift(wanted, held, "user:ann", "admin", clock_.now());
  ASSERT_TRUE(lifted) << lifted.error().to_string();
  ASSERT_TRUE(loop_->facts().append_one(*lifted));
  EXPECT_TRUE(pass(5, [&] { return count(fact_kind::kActionIntended) > 0; }));
}

TEST_F(LoopTest, RevisesTheMessageOfAPlanAsTheFreezeEndsAndSomebodyDecides) {
  channel_->revises = true;
  const auto newest = [&] { return ledger_->by_kind(fact_kind::kMessageQueued, Time(), 1).value().front(); };
  write("config/freezes.yaml", "freeze: release\nduring: 2027-01-14 18:00 to 2027-01-15 17:02 Asia/Seoul\n");
  write("config/up.yaml", kKeep);
  loop_->step();
  observe("failed");
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kMessageSent) == 1; }));
  const Draft first = Draft::from_json(newest().body["message"]);
  EXPECT_NE(newest().body.dump().find("gate.frozen"), std::string::npos) << newest().body.dump();

  ASSERT_TRUE(pass(150, [&] { return count(fact_kind::kMessageSent) == 2; })) << "the freeze has ended";
  Draft revised = Draft::from_json(newest().body["message"]);
  EXPECT_EQ(revised.revises, first.id);
  EXPECT_EQ(newest().body.dump().find("gate.frozen"), std::string::npos);
  EXPECT_TRUE(revised.has_decisions());

  close();
  open();
  channel_->revises = true;
  EXPECT_FALSE(pass(10, [&] { return count(fact_kind::kMessageQueued) > 2; })) << "a restart revises nothing";
  const Json plan = loop_->executor().list("all").items().front();
  ASSERT_TRUE(loop_->executor().reject(plan["plan"]["id"].string_or_empty(), "not now", "user:ann", clock_.now()));
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kMessageSent) == 3; }));
  revised = Draft::from_json(newest().body["message"]);
  EXPECT_EQ(revised.revises, first.id);
  EXPECT_FALSE(revised.has_decisions());
  EXPECT_EQ(revised.lines.back(), "rejected by ann: not now");
}

TEST_F(LoopTest, KeepsTheLastGoodVersionOfAFreeze) {
  write("config/freezes.yaml", "freeze: release\nduring: daily 00:00-24:00 UTC\n");
  ASSERT_TRUE(pass(5, [&] { return !loop_->freezes().to_json(clock_.now())["freezes"].items().empty(); }));
  write("config/freezes.yaml", "freeze: release\nduring: dialy\nzone: UTC\n");
  ASSERT_TRUE(pass(5, [&] { return !loop_->problems().empty(); }));
  EXPECT_EQ(loop_->problems().front().where.line, 2);
  EXPECT_EQ(loop_->freezes().to_json(clock_.now())["freezes"].items().front()["in_force"], Json(true));
}

TEST_F(LoopTest, APlanUnderWayWaitsForAPolicyThatCannotBeReadAfterARestart) {
  const std::string policy =
      "policy: twice\nwhen: { alert: down }\nselect: { kind: host_service, all: true }\n"
      "do: [ test.start, test.start ]\nlimits: { rate: 1/min }\n";
  write("config/rules.yaml", kRule);
  write("config/twice.yaml", policy);
  observe("stopped");
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kPlanProposed) == 1; }));
  const Plan plan = Plan::from_json(ledger_->by_kind(fact_kind::kPlanProposed, Time(), 1)->front().body["plan"]);
  ASSERT_TRUE(loop_->executor().approve(plan.id, plan.hash(), "user:ann", clock_.now()));
  ASSERT_TRUE(pass(10, [&] { return count(fact_kind::kActionFinished) == 1; }));
  write("config/twice.yaml", "policy: twice\nwhen: [\n");
  close();
  open();
  EXPECT_FALSE(pass(90, [&] { return count(fact_kind::kActionIntended) > 1; }));
  EXPECT_NE(loop_->executor().held_back(plan.id, clock_.now()).text.find("its policy cannot be read"),
            std::string::npos);
  write("config/twice.yaml", policy);
  EXPECT_TRUE(pass(90, [&] { return count(fact_kind::kActionIntended) == 2; }));
}

TEST_F(LoopTest, ShowsWhatAPolicyWouldDoAndDoesNothing) {
  observe("failed");
  const auto catalog = catalog_->reader().value();
  const auto answer = loop_->policies().preview(kKeep, "up.yaml", catalog, clock_.now());
  ASSERT_TRUE(answer) << answer.error().to_string();
  const Json& policy = (*answer)["policies"].items().front();
  const Json& action = policy["plan"]["actions"].items().front()["action"];
  EXPECT_EQ(action["verb"].string_or_empty(), "test.start");
  EXPECT_TRUE(action["reason"].string_or_empty().ends_with("; rings for web")) << action["reason"].dump();
  EXPECT_FALSE(pass(5, [&] { return count(fact_kind::kPlanProposed) > 0; }));
  const auto wrong =
      loop_->policies().preview("policy: up\nselect: {kind: host_service, all: true}\nkeep: {by: test.strat}\n",
                                "up.yaml", catalog, clock_.now());
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().where.file, "up.yaml");
  EXPECT_EQ(wrong.error().where.line, 3);
}

TEST_F(LoopTest, AnswersFromItsOwnThread) {
  loop_->start();
  const auto answer = loop_->ask([this] { return loop_->incidents().explainer().open().size(); });
  ASSERT_TRUE(answer) << answer.error().to_string();
  EXPECT_EQ(*answer, 0u);
  loop_->stop();
  EXPECT_FALSE(loop_->ask([] { return 1; })) << "after its end nobody waits in vain";
}

}  // namespace
}  // namespace capstan::loop
