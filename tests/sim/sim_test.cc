// Worlds at random, each from its seed: plans, people, faults, full disks, and the death of the process at any write.
//   CAPSTAN_SEED=17 sim_test --gtest_filter='*Seed*'   replays one world and prints what happened
//   CAPSTAN_SEEDS=100000 sim_test                      runs more of them
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include "act/executor.h"
#include "base/random.h"
#include "ledger/ledger.h"
#include "sim/laws.h"

namespace capstan::sim {
namespace {

const Time kStart = parse_time("2026-01-08T00:00:00Z").value();

// The real ledger as a FactSink, as the loop uses it.
class LedgerFacts final : public FactSink {
 public:
  LedgerFacts(const std::filesystem::path& path, const Clock& clock, Random& random)
      : ledger_(ledger::Ledger::open(path, {}, clock, random).value()) {}

  Result<std::vector<Seq>> append(std::span<const NewFact> facts) override { return ledger_->append(facts); }
  std::vector<Fact> all() const { return ledger_->read_from(1, 1'000'000).value(); }

 private:
  std::unique_ptr<ledger::Ledger> ledger_;
};

// One life of a world: everything in it follows from the seed and from the write at which the process dies.
class Life {
 public:
  struct Death {
    uint64_t write = 0;
    MemoryFacts::Death how = MemoryFacts::Death::kBeforeWriting;
  };

  // With `ledger` the facts are kept in a real one in this directory, and read from it after every death.
  explicit Life(uint64_t seed, std::optional<Death> death = std::nullopt, const std::filesystem::path& ledger = {})
      : random_(seed * 0x9e3779b97f4a7c15ULL + 1),
        clock_(kStart),
        world_(clock_),
        resources_(world_),
        signals_(world_),
        sql_(world_),
        laws_(verbs_),
        ledger_path_(ledger) {
    add_verbs(world_, verbs_, {"thing"});
    facts_.on_fact = [this](const Fact& fact) { laws_.see(fact); };
    world_.on_effect = [this](const Effect& effect) { laws_.see(effect); };
    careful_ = death.has_value();
    open_ledger();
    if (death) facts_.die_after(death->write, death->how);
    populate();
    start();
  }

  // Lives for a while, then heals and comes to rest.
  void live(int steps) {
    for (int i = 0; i < steps && laws_.broken().empty(); ++i) {
      step();
      if (facts_.dead()) restart();
    }
    heal();
    laws_.at_rest();
  }

  // How the ledger differs from what it acknowledged; "" when it does not.
  const std::string& lost() const { return lost_; }
  const std::vector<std::string>& broken() const { return laws_.broken(); }
  uint64_t writes() const { return facts_.appends(); }
  size_t effects() const { return world_.effects().size(); }

  std::string story() const {
    std::string text;
    for (const Fact& fact : facts_.facts()) {
      text +=
          fmt::format("{} {} {} {} {}\n", fact.seq, format_time(fact.at), fact.kind, fact.subject,
                      fact.kind == fact_kind::kPlanProposed ? fact.body["plan"]["approval"].dump() : fact.body.dump());
    }
    return text;
  }

 private:
  bool chance(uint64_t percent) { return random_.below(100) < percent; }

  void populate() {
    const uint64_t count = 1 + random_.below(5);
    for (uint64_t i = 0; i < count; ++i) {
      const std::string id = fmt::format("thing/{}", i);
      world_.put({.id = id,
                  .kind = "thing",
                  .name = id,
                  .labels = {},
                  .fields = Json::object({{"state", "running"}, {"count", 0}})});
    }
    world_.roll = [this] {
      if (healed_ || !chance(careful_ ? 5 : 20)) return Fault::kNone;
      return static_cast<Fault>(1 + random_.below(4));
    };
    world_.roll_blind = [this] { return !healed_ && chance(10); };
    facts_.full = [this] { return !healed_ && !careful_ && chance(3); };
    world_.set_signal("good", 1);
    world_.set_signal("bad", 0);
  }

  void open_ledger() {
    if (ledger_path_.empty()) return;
    ledger_.reset();  // As after a death: what was acknowledged must be in the file.
    ledger_ = std::make_unique<LedgerFacts>(ledger_path_, clock_, random_);
    facts_.beside = ledger_.get();
  }

  // What a new process finds: the ledger's facts where there is one.
  std::vector<Fact> surviving() {
    if (!ledger_) return facts_.facts();
    std::vector<Fact> facts = ledger_->all();
    if (facts.size() != facts_.facts().size())
      lost_ = fmt::format("{} facts of {}", facts.size(), facts_.facts().size());
    return facts;
  }

  void start() {
    act::ExecutorOptions options;
    options.validity = Duration(3'600'000);
    executor_.emplace(act::Surroundings{facts_, clock_, runner_, verbs_, resources_, sql_, signals_}, options);
    executor_->restore(surviving());
  }

  // The process dies: what waits is lost, and of what was running the effect may or may not have happened.
  void restart() {
    while (!runner_.idle()) {
      if (chance(50))
        runner_.run(random_.below(runner_.size()));
      else
        break;
    }
    runner_.drop();
    facts_.revive();
    open_ledger();
    start();
  }

  void step() {
    const uint64_t what = random_.below(100);
    if (what < 30) {
      clock_.advance(Duration(static_cast<int64_t>(1 + random_.below(20'000))));
      executor_->tick(clock_.now());
    } else if (what < 70) {
      if (!runner_.idle()) executor_->handle(runner_.run(random_.below(runner_.size())), clock_.now());
      executor_->tick(clock_.now());
    } else if (what < 80) {
      propose();
    } else if (what < 90) {
      person();
    } else if (what < 94) {
      if (executor_->paused())
        (void)executor_->resume("capstan", "user:ann", clock_.now());
      else if (chance(30))
        (void)executor_->pause("capstan", "test", "user:ann", clock_.now());
    } else if (what < 96 && !careful_) {
      restart();
    } else if (what < 98) {
      world_.set_signal("good", chance(80) ? 1 : 0);
    } else {
      // What is dead stays dead: a kill that the outside no longer shows could not be told from one that never was.
      const std::string id = fmt::format("thing/{}", random_.below(5));
      if (world_.state(id) != "dead") world_.set_field(id, "state", chance(50) ? "running" : "stopped");
    }
  }

  void propose() {
    if (plans_.size() >= 6) return;
    Plan plan;
    plan.id = fmt::format("plan-{}", plans_.size());
    plan.origin = chance(50) ? "policy:a" : "incident:inc-1";
    plan.approval = chance(50) ? "ask" : chance(50) ? "none" : "standing";
    plan.limits.in_flight = static_cast<int>(1 + random_.below(3));
    plan.limits.per_minute = plan.origin.size() % 7 + 2;  // One limit an origin, as a policy has.
    plan.undo_on_failure = chance(70);
    plan.created = clock_.now();
    if (chance(40)) plan.verify = chance(80) ? "good" : "bad";
    constexpr std::array<std::string_view, 4> kVerbs = {"sim.start", "sim.stop", "sim.kill", "sim.bump"};
    const uint64_t count = 1 + random_.below(5);
    for (uint64_t i = 0; i < count; ++i) {
      Action action{.id = fmt::format("{}-{}", plan.id, i),
                    .verb = std::string(kVerbs[random_.below(4)]),
                    .target = fmt::format("thing/{}", random_.below(5)),
                    .parameters = Json::object(),
                    .reason = "because",
                    .precondition = chance(20) ? "state <> 'stopped'" : "",
                    .after = {}};
      if (i > 0 && chance(30)) action.after.push_back(fmt::format("{}-{}", plan.id, random_.below(i)));
      plan.actions.push_back(std::move(action));
    }
    // Where the process dies between writing and answering, the plan is there all the same.
    (void)executor_->submit(plan, clock_.now());
    plans_.push_back(plan);
  }

  void person() {
    if (plans_.empty()) return;
    const Plan& plan = plans_[random_.below(plans_.size())];
    const uint64_t what = random_.below(10);
    if (what < 5)
      (void)executor_->approve(plan.id, chance(90) ? plan.hash() : "wrong", "user:ann", clock_.now());
    else if (what < 6)
      (void)executor_->reject(plan.id, "no", "user:ann", clock_.now());
    else if (what < 7)
      (void)executor_->cancel(plan.id, chance(50), "user:ann", clock_.now());
    else if (what < 8)
      (void)executor_->undo(plan.id, "", "user:ann", clock_.now());
    else
      resolve_by_truth();
  }

  // A person who looks before they speak.
  void resolve_by_truth() {
    if (executor_->unknown_actions() == 0) return;
    for (const Plan& plan : plans_) {
      for (const Action& action : plan.actions) {
        int performed = 0;
        int undone = 0;
        for (const Effect& effect : world_.effects()) {
          if (effect.action == action.id) ++(effect.undo ? undone : performed);
        }
        // While undoing, "happened" means that it was undone.
        const bool undoing = newest_intent_undoes(action.id);
        const bool happened = undoing ? undone > 0 : performed > 0;
        (void)executor_->resolve(action.id,
                                 happened     ? "happened"
                                 : chance(70) ? "retry"
                                              : "abandon",
                                 "user:ann", clock_.now());
      }
    }
  }

  bool newest_intent_undoes(const std::string& action) const {
    const auto& all = facts_.facts();
    const auto found = std::find_if(all.rbegin(), all.rend(), [&](const Fact& fact) {
      return fact.kind == fact_kind::kActionIntended && fact.subject == action;
    });
    return found != all.rend() && found->body["undo"].bool_or(false);
  }

  void heal() {
    healed_ = true;
    if (facts_.dead()) restart();
    facts_.revive();
    world_.set_signal("good", 1);
    (void)executor_->resume("capstan", "user:ann", clock_.now());
    for (int i = 0; i < 600; ++i) {
      clock_.advance(Duration(5'000));
      resolve_by_truth();
      executor_->tick(clock_.now());
      while (!runner_.idle()) executor_->handle(runner_.run(), clock_.now());
      executor_->tick(clock_.now());
      // Telling the state of every plan is dear; it need not be asked at every step.
      if (i % 8 == 7 && runner_.idle() && executor_->list("running").items().empty()) break;
    }
  }

  SeededRandom random_;
  VirtualClock clock_;
  World world_;
  WorldResources resources_;
  WorldSignals signals_;
  WorldSql sql_;
  VerbRegistry verbs_;
  Laws laws_;
  MemoryFacts facts_;
  StepRunner runner_{4};
  std::filesystem::path ledger_path_;
  std::unique_ptr<LedgerFacts> ledger_;
  std::string lost_;
  std::optional<act::Executor> executor_;
  std::vector<Plan> plans_;
  bool healed_ = false;
  bool careful_ = false;  // Few faults of other kinds: the death at a write is what is looked at.
};

uint64_t number_of(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(SimulatedWorld, KeepsItsLawsForEverySeed) {
  const uint64_t one = number_of("CAPSTAN_SEED", 0);
  const uint64_t first = one ? one : 1;
  const uint64_t last = one ? one : number_of("CAPSTAN_SEEDS", 1000);
  size_t effects = 0;
  for (uint64_t seed = first; seed <= last; ++seed) {
    Life life(seed);
    life.live(120);
    effects += life.effects();
    ASSERT_TRUE(life.broken().empty()) << "seed " << seed << ": " << life.broken().front() << "\n" << life.story();
    if (one) fmt::print("{}", life.story());
  }
  // A world in which nothing happens keeps every law.
  if (!one) {
    EXPECT_GT(effects, last);
  }
}

TEST(SimulatedWorld, SurvivesDeathAtEveryWrite) {
  const uint64_t last = number_of("CAPSTAN_SEEDS", 1000) / 150;
  uint64_t deaths = 0;
  for (uint64_t seed = 1; seed <= last; ++seed) {
    Life whole(seed, Life::Death{UINT64_MAX, MemoryFacts::Death::kBeforeWriting});
    whole.live(80);
    ASSERT_TRUE(whole.broken().empty()) << "seed " << seed << ": " << whole.broken().front() << "\n" << whole.story();
    for (uint64_t write = 0; write < whole.writes(); ++write) {
      for (MemoryFacts::Death how : {MemoryFacts::Death::kBeforeWriting, MemoryFacts::Death::kAfterWriting}) {
        Life life(seed, Life::Death{write, how});
        life.live(80);
        ++deaths;
        ASSERT_TRUE(life.broken().empty())
            << "seed " << seed << ", death at write " << write << ": " << life.broken().front() << "\n"
            << life.story();
      }
    }
  }
  EXPECT_GT(deaths, last * 10);
}

TEST(SimulatedWorld, KeepsItsLawsOverTheRealLedger) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / fmt::format("capstan-sim-{}", getpid());
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::filesystem::create_directories(folder);
    Life life(seed, std::nullopt, folder / "ledger.db");
    life.live(120);
    std::filesystem::remove_all(folder);
    ASSERT_EQ(life.lost(), "") << "seed " << seed;
    ASSERT_TRUE(life.broken().empty()) << "seed " << seed << ": " << life.broken().front() << "\n" << life.story();
  }
}

}  // namespace
}  // namespace capstan::sim
