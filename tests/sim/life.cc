// How a world lives: facts, answers, restarts, and how it comes to rest.
#include "sim/life.h"

#include <fmt/format.h>

#include <array>

namespace capstan::sim {
namespace {

// A person's no stands until the next hour of the clock; everything else is mended much sooner.
constexpr Duration kWithin{75 * 60'000};
constexpr Duration kPace{20'000};

}  // namespace

Life::Life(uint64_t seed, Keeps keeps, std::optional<Death> death)
    : stage_(seed,
             [this](Duration time, const std::stop_token&) {
               stage_.clock.advance(time);
               return true;
             }),
      director_(stage_.policies, stage_.verbs, stage_.signals),
      disk_random_(seed) {
  listen();
  if (keeps == Keeps::kLedger) disk_.emplace(disk_random_, stage_.tally);
  open_ledger();
  if (death) arm(*death);
  start();
}

void Life::listen() {
  facts_.on_fact = [this](const Fact& fact) {
    stage_.see(fact);
    director_.apply(fact);
  };
  facts_.on_refused = [this](std::span<const NewFact> facts) {
    stage_.tally.count("fault: the disk is full");
    stage_.recoveries.refused(facts);
  };
  facts_.on_death = [this](const NewFact& fact, MemoryFacts::Death how) {
    stage_.tally.count(
        fmt::format("fault: death {} {}", how == MemoryFacts::Death::kBeforeWriting ? "before" : "after", fact.kind));
  };
  facts_.full = [this] { return !healed_ && !careful_ && chance(3); };
  stage_.world.on_call = [this](std::string_view call) {
    if (dies_at_call_ != calls_++) return;
    stage_.tally.count(fmt::format("fault: death at {}", call));
    throw ProcessDied();
  };
  stage_.world.roll = [this] {
    if (healed_ || !chance(careful_ ? 5 : 20)) return Fault::kNone;
    return static_cast<Fault>(1 + stage_.random.below(kFaultKinds));
  };
  stage_.world.roll_blind = [this] { return (!healed_ || uncertain_looks_-- > 0) && chance(30); };
}

void Life::arm(const Death& death) {
  careful_ = true;
  if (death.at == Death::At::kBeforeWrite) facts_.die_after(death.index, MemoryFacts::Death::kBeforeWriting);
  if (death.at == Death::At::kAfterWrite) facts_.die_after(death.index, MemoryFacts::Death::kAfterWriting);
  if (death.at == Death::At::kCall) dies_at_call_ = death.index;
  if (death.at == Death::At::kPowerCut && disk_) disk_->fail_after(death.index, DiskFault::kPowerCut);
}

void Life::start() {
  process_.reset();
  process_ = std::make_unique<Process>(stage_, facts_, stage_.clock, director_, surviving());
}

// The process dies: what waits is lost, and of what was running the effect may or may not have happened.
void Life::restart() {
  process_->abandon();
  facts_.revive();
  process_died_ = false;
  // Now and then it has time to close its files.
  if (disk_ && !disk_->is_off() && !chance(20)) disk_->kill();
  ledger_.reset();
  uncertain_looks_ = 3;  // Also where the death came when all other faults had ended.
  open_ledger();
  start();
  stage_.laws.process_died();
}

void Life::live(int steps) {
  for (int i = 0; i < steps && broken().empty(); ++i) {
    step();
    if (dead()) restart();
  }
  heal();
  stage_.laws.at_rest(stage_.world);
  // The last step may have been the one at which it dies.
  if (disk_) disk_->spare();
  if (dead()) restart();
  check_chain();
}

void Life::step() {
  const uint64_t what = stage_.random.below(100);
  if (what < 25) {
    // Now and then nobody looks for an hour.
    stage_.clock.advance(Duration(static_cast<int64_t>(1 + stage_.random.below(chance(2) ? 4'000'000 : 20'000))));
    process_->tick();
  } else if (what < 60) {
    work();
  } else if (what < 65) {
    stage_.happenings.propose(executor(), now());
  } else if (what < 74) {
    stage_.world.look();
    process_->decide();
  } else if (what < 84) {
    stage_.happenings.person(executor(), now());
  } else if (what < 88) {
    if (executor().paused())
      (void)executor().resume("capstan", "user:ann", now());
    else if (chance(30))
      (void)executor().pause("capstan", "test", "user:ann", now());
  } else if (what < 94) {
    trouble();
  } else {
    stage_.happenings.change_outside(now());
  }
}

void Life::work() {
  try {
    process_->work(healed_);
    process_->tick();
  } catch (const ProcessDied&) {
    process_died_ = true;
  }
  maintain_ledger();
}

void Life::trouble() {
  const uint64_t what = stage_.random.below(8);
  if (what < 2) {
    if (careful_) return;
    stage_.tally.count("fault: restart");
    restart();
  } else if (what < 3) {
    step_clock();
  } else {
    stage_.happenings.trouble();
  }
}

void Life::step_clock() {
  const Duration by{static_cast<int64_t>(1 + stage_.random.below(5'400'000))};
  const bool forward = chance(50);
  stage_.tally.count(forward ? "fault: the clock is set forward" : "fault: the clock is set back");
  stage_.clock.jump_to(forward ? now() + by : now() - by);
}

bool Life::at_rest() const {
  return process_->is_idle() && !stage_.happenings.has_open_plans() && stage_.laws.complaints(stage_.world).empty();
}

// All faults end, but for a death that was to come later than they.
void Life::heal() {
  healed_ = true;
  if (disk_ && !careful_) disk_->spare();
  if (dead()) restart();
  stage_.clock.jump_to(world_begins() + stage_.clock.monotonic());
  stage_.happenings.calm(now());
  for (Duration passed{0}; passed < kWithin && broken().empty(); passed += kPace) {
    stage_.clock.advance(kPace);
    if (executor().paused()) (void)executor().resume("capstan", "user:ann", now());
    stage_.world.look();
    stage_.happenings.approve_everything(executor(), now());
    stage_.happenings.resolve_by_truth(executor(), now());
    if (!dead()) process_->decide();
    if (!dead()) process_->tick();
    try {
      process_->work_off(healed_, [this] { return dead(); });
    } catch (const ProcessDied&) {
      process_died_ = true;
    }
    if (dead()) restart();
    process_->tick();
    stage_.laws.look_for_what_waits(stage_.world);
    if (at_rest()) break;
  }
}

}  // namespace capstan::sim
