#include "sim/life.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace capstan::sim {
namespace {

const Time kStart = parse_time("2026-01-08T00:00:00Z").value();

// Neighbouring seeds would give streams of which one is the other's end; scattered, worlds have nothing in common.
uint64_t scattered(uint64_t seed) { return SeededRandom(seed).next_u64(); }

}  // namespace

// The real ledger as a FactSink, as the loop uses it.
class Life::LedgerFacts final : public FactSink {
 public:
  LedgerFacts(const std::filesystem::path& path, const Clock& clock, Random& random)
      : ledger_(ledger::Ledger::open(path, {}, clock, random).value()) {}

  Result<std::vector<Seq>> append(std::span<const NewFact> facts) override { return ledger_->append(facts); }
  std::vector<Fact> all() const { return ledger_->read_from(1, 1'000'000).value(); }

 private:
  std::unique_ptr<ledger::Ledger> ledger_;
};

Life::Life(uint64_t seed, std::optional<Death> death, const std::filesystem::path& ledger)
    : random_(scattered(seed)),
      clock_(kStart),
      world_(clock_),
      resources_(world_),
      signals_(world_),
      sql_(world_),
      laws_(verbs_),
      ledger_path_(ledger) {
  add_verbs(world_, verbs_, {"thing"});
  facts_.on_fact = [this](const Fact& fact) {
    laws_.see(fact);
    recoveries_.see(fact);
  };
  facts_.on_refused = [this](std::span<const NewFact> facts) {
    tally_.count("fault: the disk is full");
    recoveries_.refused(facts);
  };
  facts_.on_death = [this](const NewFact& fact, MemoryFacts::Death how) {
    tally_.count(
        fmt::format("fault: death {} {}", how == MemoryFacts::Death::kBeforeWriting ? "before" : "after", fact.kind));
  };
  world_.tally = &tally_;
  world_.on_effect = [this](const Effect& effect) { laws_.see(effect); };
  world_.on_call = [this](std::string_view call) {
    if (dies_at_call_ != calls_++) return;
    tally_.count(fmt::format("fault: death at {}", call));
    throw ProcessDied();
  };
  open_ledger();
  if (death) arm(*death);
  populate();
  start();
}

void Life::arm(const Death& death) {
  careful_ = true;
  if (death.at == Death::At::kBeforeWrite) facts_.die_after(death.index, MemoryFacts::Death::kBeforeWriting);
  if (death.at == Death::At::kAfterWrite) facts_.die_after(death.index, MemoryFacts::Death::kAfterWriting);
  if (death.at == Death::At::kCall) dies_at_call_ = death.index;
}

void Life::live(int steps) {
  for (int i = 0; i < steps && laws_.broken().empty(); ++i) {
    step();
    if (facts_.dead() || process_died_) restart();
  }
  heal();
  laws_.at_rest();
}

// Runs a piece of work and hands its answer back, unless the process dies in it.
void Life::run(size_t index) {
  try {
    act::WorkResult result = runner_.run(index);
    executor_->handle(std::move(result), clock_.now());
  } catch (const ProcessDied&) {
    process_died_ = true;
  }
}

std::string Life::story() const {
  std::string text;
  for (const Fact& fact : facts_.facts()) {
    text +=
        fmt::format("{} {} {} {} {}\n", fact.seq, format_time(fact.at), fact.kind, fact.subject,
                    fact.kind == fact_kind::kPlanProposed ? fact.body["plan"]["approval"].dump() : fact.body.dump());
  }
  return text;
}

void Life::populate() {
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
    return static_cast<Fault>(1 + random_.below(kFaultKinds));
  };
  world_.roll_blind = [this] { return (!healed_ || uncertain_looks_-- > 0) && chance(30); };
  facts_.full = [this] { return !healed_ && !careful_ && chance(3); };
  world_.set_signal("good", 1);
  world_.set_signal("bad", 0);
}

void Life::open_ledger() {
  if (ledger_path_.empty()) return;
  ledger_.reset();  // As after a death: what was acknowledged must be in the file.
  ledger_ = std::make_shared<LedgerFacts>(ledger_path_, clock_, random_);
  facts_.beside = ledger_.get();
}

// What a new process finds: the ledger's facts where there is one.
std::vector<Fact> Life::surviving() {
  if (!ledger_) return facts_.facts();
  std::vector<Fact> facts = ledger_->all();
  if (facts.size() != facts_.facts().size()) lost_ = fmt::format("{} facts of {}", facts.size(), facts_.facts().size());
  return facts;
}

void Life::start() {
  act::ExecutorOptions options;
  options.validity = Duration(3'600'000);
  executor_.emplace(act::Surroundings{facts_, clock_, runner_, verbs_, resources_, sql_, signals_}, options);
  executor_->restore(surviving());
}

// The process dies: what waits is lost, and of what was running the effect may or may not have happened.
void Life::restart() {
  while (!runner_.idle() && chance(50)) {
    try {
      tally_.count("fault: restart, and what was under way happened");
      runner_.run(random_.below(runner_.size()));
    } catch (const ProcessDied&) {
      break;
    }
  }
  if (!runner_.idle()) tally_.count("fault: restart, and what was under way was lost");
  runner_.drop();
  facts_.revive();
  process_died_ = false;
  uncertain_looks_ = 3;  // Also where the death came when all other faults had ended.
  open_ledger();
  start();
}

void Life::step() {
  const uint64_t what = random_.below(100);
  if (what < 30) {
    // Now and then nobody looks for an hour.
    clock_.advance(Duration(static_cast<int64_t>(1 + random_.below(chance(2) ? 4'000'000 : 20'000))));
    executor_->tick(clock_.now());
  } else if (what < 70) {
    if (!runner_.idle()) run(random_.below(runner_.size()));
    if (!process_died_) executor_->tick(clock_.now());
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
    tally_.count("fault: restart");
    restart();
  } else if (what < 98) {
    world_.set_signal("good", chance(80) ? 1 : 0);
  } else {
    // What is dead stays dead: a kill that the outside no longer shows could not be told from one that never was.
    const std::string id = fmt::format("thing/{}", random_.below(5));
    if (world_.state(id) != "dead") world_.set_field(id, "state", chance(50) ? "running" : "stopped");
  }
}

void Life::propose() {
  if (plans_.size() >= 6) return;
  Plan plan;
  plan.id = fmt::format("plan-{}", plans_.size());
  plan.origin = chance(50) ? "policy:a" : "incident:inc-1";
  plan.approval = chance(50) ? "ask" : chance(50) ? "none" : "standing";
  plan.limits.in_flight = static_cast<int>(1 + random_.below(3));
  plan.limits.per_minute = plan.origin.size() % 7 + 2;  // One limit an origin, as a policy has.
  plan.limits.failures = static_cast<int>(random_.below(3));
  plan.limits.canary = chance(50);
  plan.undo_on_failure = chance(70);
  plan.created = clock_.now();
  if (chance(40)) plan.verify = chance(80) ? "good" : "bad";
  constexpr std::array<std::string_view, 5> kVerbs = {"sim.start", "sim.stop", "sim.kill", "sim.bump", "sim.bump"};
  const uint64_t count = 1 + random_.below(5);
  for (uint64_t i = 0; i < count; ++i) {
    Action action{.id = fmt::format("{}-{}", plan.id, i),
                  .verb = std::string(kVerbs[random_.below(kVerbs.size())]),
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

void Life::person() {
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
void Life::resolve_by_truth() {
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

bool Life::newest_intent_undoes(const std::string& action) const {
  const auto& all = facts_.facts();
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const Fact& fact) {
    return fact.kind == fact_kind::kActionIntended && fact.subject == action;
  });
  return found != all.rend() && found->body["undo"].bool_or(false);
}

void Life::heal() {
  healed_ = true;
  if (facts_.dead() || process_died_) restart();
  world_.set_signal("good", 1);
  for (int i = 0; i < 600; ++i) {
    clock_.advance(Duration(5'000));
    if (executor_->paused()) (void)executor_->resume("capstan", "user:ann", clock_.now());
    resolve_by_truth();
    executor_->tick(clock_.now());
    while (!runner_.idle() && !process_died_) run(0);
    // A death that was to come later than the life itself.
    if (facts_.dead() || process_died_) restart();
    executor_->tick(clock_.now());
    // Telling the state of every plan is dear; it need not be asked at every step.
    if (i % 8 == 7 && runner_.idle() && executor_->list("running").items().empty()) break;
  }
}

}  // namespace capstan::sim
