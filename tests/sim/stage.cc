#include "sim/stage.h"

#include <fmt/format.h>

namespace capstan::sim {
namespace {

// Neighbouring seeds would give streams of which one is the other's end; scattered, worlds have nothing in common.
uint64_t scattered(uint64_t seed) { return SeededRandom(seed).next_u64(); }

std::string_view target_of(std::string_view what) { return what.substr(what.rfind(' ') + 1); }

}  // namespace

Time world_begins() { return parse_time("2026-01-08T00:00:00Z").value(); }

Stage::Stage(uint64_t seed, Pause pause) : random(scattered(seed)), clock(world_begins()) {
  if (chance(50)) {
    described.emplace(world, clock, random, chance(50), std::move(pause));
    described->add_verbs(verbs);
  } else {
    add_verbs(world, verbs, {"thing"});
  }
  policies = random_policies(random);
  laws.watch(policies);
  world.tally = &tally;
  world.on_effect = [this](const Effect& effect) { laws.see(effect); };
  world.on_answer = [this](const std::string& action, const Performed& said) { laws.answered(action, said); };
  world.on_probe = [this](const std::string& action, ProbeAnswer shows) { laws.probed(action, shows); };
  happenings.populate();
}

void Stage::see(const Fact& fact) {
  laws.see(fact);
  recoveries.see(fact);
  happenings.see(fact);
  story += fmt::format("{} {} {} {} {}\n", fact.seq, format_time(fact.at), fact.kind, fact.subject, fact.body.dump());
}

void Stage::note_work(const act::Work& work) {
  if (!work.what.starts_with("prepare ")) return;
  const ResourceId target(target_of(work.what));
  const auto seen = world.seen().find(target);
  laws.checked(target, seen == world.seen().end() ? std::nullopt : std::optional(seen->second));
}

}  // namespace capstan::sim
