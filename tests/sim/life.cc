// How a world lives: facts, answers, restarts, and how it comes to rest.
#include "sim/life.h"

#include <fmt/format.h>

#include <algorithm>

namespace capstan::sim {
namespace {

const Time kStart = parse_time("2026-01-08T00:00:00Z").value();

// A person's no stands until the next hour of the clock; everything else is mended much sooner.
constexpr Duration kWithin{75 * 60'000};
constexpr Duration kPace{20'000};

// Neighbouring seeds would give streams of which one is the other's end; scattered, worlds have nothing in common.
uint64_t scattered(uint64_t seed) { return SeededRandom(seed).next_u64(); }

std::string_view target_of(const std::string& what) { return std::string_view(what).substr(what.rfind(' ') + 1); }

}  // namespace

// The real ledger as a FactSink, as the loop uses it.
class Life::LedgerFacts final : public FactSink {
 public:
  explicit LedgerFacts(std::unique_ptr<ledger::Ledger> ledger) : ledger_(std::move(ledger)) {}

  Result<std::vector<Seq>> append(std::span<const NewFact> facts) override { return ledger_->append(facts); }
  void maintain(bool is_busy) { (void)ledger_->maintain(is_busy); }
  std::vector<Fact> all() const { return ledger_->read_from(1, 1'000'000).value(); }
  std::optional<ledger::Verification::Break> broken() const { return ledger_->verify().value().broken; }

 private:
  std::unique_ptr<ledger::Ledger> ledger_;
};

Life::Life(uint64_t seed, Keeps keeps, std::optional<Death> death)
    : random_(scattered(seed)),
      clock_(kStart),
      world_(clock_),
      resources_(world_),
      signals_(world_),
      sql_(world_),
      laws_(verbs_, clock_),
      disk_random_(seed) {
  add_verbs(world_, verbs_, {"thing"});
  const std::vector<WatchedPolicy> policies = random_policies(random_);
  laws_.watch(policies);
  director_.emplace(policies, verbs_, signals_);
  listen();
  if (keeps == Keeps::kLedger) disk_.emplace(disk_random_, tally_);
  open_ledger();
  if (death) arm(*death);
  populate();
  start();
}

void Life::listen() {
  facts_.on_fact = [this](const Fact& fact) { see(fact); };
  facts_.on_refused = [this](std::span<const NewFact> facts) {
    tally_.count("fault: the disk is full");
    recoveries_.refused(facts);
  };
  facts_.on_death = [this](const NewFact& fact, MemoryFacts::Death how) {
    tally_.count(
        fmt::format("fault: death {} {}", how == MemoryFacts::Death::kBeforeWriting ? "before" : "after", fact.kind));
  };
  runner_.on_run = [this](const act::Work& work) {
    if (!work.what.starts_with("prepare ")) return;
    const ResourceId target(target_of(work.what));
    const auto seen = world_.seen().find(target);
    laws_.checked(target, seen == world_.seen().end() ? std::nullopt : std::optional(seen->second));
  };
  world_.tally = &tally_;
  world_.on_effect = [this](const Effect& effect) { laws_.see(effect); };
  world_.on_answer = [this](const std::string& action, ActionState said) { laws_.answered(action, said); };
  world_.on_probe = [this](const std::string& action, ProbeAnswer shows) { laws_.probed(action, shows); };
  world_.on_call = [this](std::string_view call) {
    if (dies_at_call_ != calls_++) return;
    tally_.count(fmt::format("fault: death at {}", call));
    throw ProcessDied();
  };
}

void Life::arm(const Death& death) {
  careful_ = true;
  if (death.at == Death::At::kBeforeWrite) facts_.die_after(death.index, MemoryFacts::Death::kBeforeWriting);
  if (death.at == Death::At::kAfterWrite) facts_.die_after(death.index, MemoryFacts::Death::kAfterWriting);
  if (death.at == Death::At::kCall) dies_at_call_ = death.index;
  if (death.at == Death::At::kPowerCut && disk_) disk_->fail_after(death.index, DiskFault::kPowerCut);
}

void Life::see(const Fact& fact) {
  laws_.see(fact);
  recoveries_.see(fact);
  director_->apply(fact);
  if (fact.kind == fact_kind::kPlanProposed) open_plans_[fact.subject] = Plan::from_json(fact.body["plan"]);
  if (fact.kind == fact_kind::kPlanFinished || fact.kind == fact_kind::kPlanRejected) open_plans_.erase(fact.subject);
  if (fact.kind == fact_kind::kPlanRecalled) {
    const auto& all = facts_.facts();
    const auto proposed = std::ranges::find_if(
        all, [&](const Fact& each) { return each.kind == fact_kind::kPlanProposed && each.subject == fact.subject; });
    open_plans_[fact.subject] = Plan::from_json(proposed->body["plan"]);
  }
}

void Life::live(int steps) {
  for (int i = 0; i < steps && laws_.broken().empty(); ++i) {
    step();
    if (dead()) restart();
  }
  heal();
  laws_.at_rest(world_);
  check_chain();
}

// Runs a piece of work and hands its answer back, unless the process dies in it. Answers come late, and twice.
void Life::run(size_t index) {
  try {
    act::WorkResult result = runner_.run(index);
    if (!healed_ && chance(8)) {
      tally_.count("fault: an answer comes late");
      late_answers_.push_back(std::move(result));
      return;
    }
    hand_back(std::move(result));
  } catch (const ProcessDied&) {
    process_died_ = true;
  }
}

void Life::hand_back(act::WorkResult result) {
  if (!healed_ && chance(8)) {
    tally_.count("fault: an answer comes twice");
    if (chance(50))
      executor_->handle(result, now());
    else
      late_answers_.push_back(result);
  }
  executor_->handle(std::move(result), now());
}

void Life::decide() { director_->decide(*executor_, sql_, resources_, now(), kStart); }

std::string Life::story() const {
  std::string text;
  for (const Fact& fact : facts_.facts()) {
    text += fmt::format("{} {} {} {} {}\n", fact.seq, format_time(fact.at), fact.kind, fact.subject, fact.body.dump());
  }
  return text;
}

void Life::open_ledger() {
  if (!disk_) return;
  facts_.beside = nullptr;
  // Also at the start: then it starts again.
  if (!healed_ && !careful_ && chance(20)) disk_->fail_after(random_.below(8), DiskFault::kPowerCut);
  for (int attempt = 0; attempt < 3; ++attempt) {
    disk_->boot();
    auto opened = ledger::Ledger::open(disk_->path("ledger.db"), {.checkpoint_bytes = 64 << 10}, clock_, disk_random_);
    if (opened && !disk_->is_off()) {
      ledger_ = std::make_shared<LedgerFacts>(std::move(*opened));
      facts_.beside = ledger_.get();
      return;
    }
    tally_.count("recovery: the ledger is opened again");
    disk_->kill();
  }
  lost_ = "all: the ledger cannot be opened";
}

// What a new process finds: the ledger's facts where there is one.
std::vector<Fact> Life::surviving() {
  if (!ledger_) return facts_.facts();
  std::vector<Fact> kept = ledger_->all();
  compare(kept);
  return kept;
}

// All that was acknowledged is there, and nothing else but what was being written: all of that, or nothing.
void Life::compare(const std::vector<Fact>& kept) {
  const size_t uncertain = facts_.uncertain().size();
  const bool held = uncertain > 0 && kept.size() == facts_.facts().size() + uncertain;
  if (uncertain > 0) {
    tally_.count(held ? "recovery: facts that nobody was told of are there after all"
                      : "recovery: facts that nobody was told of are not there");
  }
  facts_.settle(held);
  const std::vector<Fact>& known = facts_.facts();
  if (kept.size() != known.size()) lost_ = fmt::format("{} facts of {}", kept.size(), known.size());
  for (size_t i = 0; i < std::min(kept.size(), known.size()); ++i) {
    const bool same = kept[i].seq == known[i].seq && kept[i].at == known[i].at && kept[i].kind == known[i].kind &&
                      kept[i].subject == known[i].subject && kept[i].body == known[i].body &&
                      kept[i].cause == known[i].cause && kept[i].actor == known[i].actor;
    if (!same) {
      lost_ = fmt::format("fact {} is {} at {} of {} {} and not {} at {} of {} {}", known[i].seq, kept[i].kind,
                          format_time(kept[i].at), kept[i].subject, kept[i].body.dump(), known[i].kind,
                          format_time(known[i].at), known[i].subject, known[i].body.dump());
    }
  }
}

void Life::keep_up_ledger(bool is_busy) { ledger_->maintain(is_busy); }

void Life::check_chain() {
  if (!ledger_) return;
  if (dead()) restart();  // By the very last write, of a checkpoint.
  compare(ledger_->all());
  if (const auto broken = ledger_->broken()) lost_ = fmt::format("fact {}: {}", broken->seq, broken->reason);
}

void Life::start() {
  act::ExecutorOptions options;
  options.validity = Duration(3'600'000);
  options.retry_limit = 6;
  executor_.emplace(act::Surroundings{facts_, clock_, runner_, verbs_, resources_, sql_, signals_}, options);
  const std::vector<Fact> facts = surviving();
  executor_->restore(facts);
  director_->forget();
  for (const Fact& fact : facts) director_->apply(fact);
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
  late_answers_.clear();
  facts_.revive();
  process_died_ = false;
  // Now and then it has time to close its files.
  if (disk_ && !disk_->is_off() && !chance(20)) disk_->kill();
  ledger_.reset();
  uncertain_looks_ = 3;  // Also where the death came when all other faults had ended.
  open_ledger();
  start();
  laws_.process_died();
}

bool Life::at_rest() const { return runner_.idle() && open_plans_.empty() && laws_.complaints(world_).empty(); }

// All faults end, but for a death that was to come later than they.
void Life::heal() {
  healed_ = true;
  if (disk_ && !careful_) disk_->spare();
  if (dead()) restart();
  world_.set_signal("good", 1);
  world_.set_outage(false);
  world_.set_senses_down(false);
  world_.deliver_late();
  clock_.jump_to(kStart + clock_.monotonic());
  for (catalog::KnownFinding& known : director_->findings()) {
    known.open = false;
    if (!known.resolved) known.resolved = now();
  }
  for (Duration passed{0}; passed < kWithin && laws_.broken().empty(); passed += kPace) {
    clock_.advance(kPace);
    if (executor_->paused()) (void)executor_->resume("capstan", "user:ann", now());
    world_.look();
    approve_everything();
    resolve_by_truth();
    if (!dead()) decide();
    if (!dead()) executor_->tick(now());
    while (!late_answers_.empty() && !dead()) {
      act::WorkResult late = std::move(late_answers_.front());
      late_answers_.pop_front();
      hand_back(std::move(late));
    }
    while (!runner_.idle() && !dead()) run(0);
    if (dead()) restart();
    executor_->tick(now());
    if (at_rest()) break;
  }
}

}  // namespace capstan::sim
