// What happens to a world: time, people, faults, and changes that nobody asked Capstan about.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/life.h"

namespace capstan::sim {

void Life::populate() {
  constexpr std::array<std::string_view, 5> kTeams = {"a", "a", "b", "c", "d"};
  things_ = 2 + random_.below(5);
  for (uint64_t i = 0; i < things_; ++i) {
    const std::string id = fmt_thing(i);
    Resource thing{
        .id = id,
        .kind = "thing",
        .name = id,
        .labels = {{"team", std::string(kTeams[random_.below(kTeams.size())])}},
        .fields = Json::object({{"state", chance(70) ? "running" : "stopped"}, {"count", 0}, {"share", 10}})};
    if (chance(20)) thing.labels["data"] = "sensitive";
    world_.put(std::move(thing));
  }
  world_.set_lagging();
  world_.roll = [this] {
    if (healed_ || !chance(careful_ ? 5 : 20)) return Fault::kNone;
    return static_cast<Fault>(1 + random_.below(kFaultKinds));
  };
  world_.roll_blind = [this] { return (!healed_ || uncertain_looks_-- > 0) && chance(30); };
  facts_.full = [this] { return !healed_ && !careful_ && chance(3); };
  world_.set_signal("good", 1);
  world_.set_signal("bad", 0);
}

void Life::step() {
  const uint64_t what = random_.below(100);
  if (what < 25) {
    // Now and then nobody looks for an hour.
    clock_.advance(Duration(static_cast<int64_t>(1 + random_.below(chance(2) ? 4'000'000 : 20'000))));
    executor_->tick(now());
  } else if (what < 60) {
    work();
  } else if (what < 65) {
    propose();
  } else if (what < 74) {
    world_.look();
    decide();
  } else if (what < 84) {
    person();
  } else if (what < 88) {
    if (executor_->paused())
      (void)executor_->resume("capstan", "user:ann", now());
    else if (chance(30))
      (void)executor_->pause("capstan", "test", "user:ann", now());
  } else if (what < 94) {
    trouble();
  } else {
    change_outside();
  }
}

void Life::work() {
  if (!late_answers_.empty() && chance(30)) {
    act::WorkResult late = std::move(late_answers_.front());
    late_answers_.pop_front();
    hand_back(std::move(late));
  } else if (!runner_.idle()) {
    run(random_.below(runner_.size()));
  }
  if (!process_died_) executor_->tick(now());
  maintain_ledger();
}

// The disk under the ledger fails, now and then, at one of the next writes.
void Life::maintain_ledger() {
  if (!disk_) return;
  if (!careful_ && !healed_ && chance(10)) {
    constexpr std::array<DiskFault, 4> kFaults = {DiskFault::kPowerCut, DiskFault::kPowerCut, DiskFault::kFull,
                                                  DiskFault::kBroken};
    disk_->fail_after(random_.below(15), kFaults[random_.below(kFaults.size())]);
  }
  keep_up_ledger(chance(70));
}

// Plans of others than the policies: somebody's recommendation.
void Life::propose() {
  if (proposed_ >= 6) return;
  Plan plan;
  plan.id = fmt::format("plan-{}", proposed_++);
  plan.origin = chance(50) ? "policy:a" : "incident:inc-1";
  plan.approval = chance(50) ? "ask" : chance(50) ? "none" : "standing";
  plan.limits.in_flight = static_cast<int>(1 + random_.below(3));
  plan.limits.per_minute = plan.origin.size() % 7 + 2;  // One limit an origin, as a policy has.
  plan.limits.failures = static_cast<int>(random_.below(3));
  plan.limits.total = chance(30) ? 2 : 20;
  plan.limits.canary = chance(50);
  plan.undo_on_failure = chance(70);
  plan.created = now();
  if (chance(40)) plan.verify = chance(80) ? "good" : "bad";
  constexpr std::array<std::string_view, 5> kVerbs = {"sim.start", "sim.stop", "sim.kill", "sim.bump", "sim.bump"};
  const uint64_t count = 1 + random_.below(5);
  for (uint64_t i = 0; i < count; ++i) {
    Action action{.id = fmt::format("{}-{}", plan.id, i),
                  .verb = std::string(kVerbs[random_.below(kVerbs.size())]),
                  .target = any_thing(),
                  .parameters = Json::object(),
                  .reason = "because",
                  .precondition = chance(20) ? "state <> 'stopped'" : "",
                  .after = {}};
    if (i > 0 && chance(30)) action.after.push_back(fmt::format("{}-{}", plan.id, random_.below(i)));
    plan.actions.push_back(std::move(action));
  }
  // Where the process dies between writing and answering, the plan is there all the same.
  (void)executor_->submit(plan, now());
}

void Life::person() {
  const Json all = executor_->list("all");
  if (all.items().empty()) return;
  const Plan plan = Plan::from_json(all.items()[random_.below(all.items().size())]["plan"]);
  const uint64_t what = random_.below(10);
  if (what < 5)
    (void)executor_->approve(plan.id, chance(90) ? plan.hash() : "wrong", "user:ann", now());
  else if (what < 7 && plan.origin == "policy:filled")
    return;  // A no would stand for ever: its only period has no end.
  else if (what < 6)
    (void)executor_->reject(plan.id, "no", "user:ann", now());
  else if (what < 7)
    (void)executor_->cancel(plan.id, chance(50), "user:ann", now());
  else if (what < 8)
    (void)executor_->undo(plan.id, "", "user:ann", now());
  else
    resolve_by_truth();
}

void Life::approve_everything() {
  if (executor_->waiting_for_approval() == 0) return;
  const std::map<std::string, Plan> open = open_plans_;
  for (const auto& [id, plan] : open) (void)executor_->approve(id, plan.hash(), "user:ann", now());
}

// A person who looks before they speak.
void Life::resolve_by_truth() {
  if (executor_->unknown_actions() == 0) return;
  const std::map<std::string, Plan> open = open_plans_;
  for (const auto& [id, plan] : open) {
    for (const Action& action : plan.actions) {
      int performed = 0;
      int undone = 0;
      for (const Effect& effect : world_.effects()) {
        if (effect.action == action.id) ++(effect.undo ? undone : performed);
      }
      // While undoing, "happened" means that it was undone.
      const bool undoing = newest_intent_undoes(action.id);
      const bool happened = undoing ? undone > 0 : performed > 0;
      (void)executor_->resolve(action.id, happened ? "happened" : chance(70) ? "retry" : "abandon", "user:ann", now());
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

void Life::trouble() {
  const uint64_t what = random_.below(8);
  if (what < 2) {
    if (careful_) return;
    tally_.count("fault: restart");
    restart();
  } else if (what < 3) {
    world_.set_outage(!world_.outage() && chance(60));
  } else if (what < 4) {
    if (world_.senses_down() || chance(50)) return world_.set_senses_down(false);
    tally_.count("fault: neither catalog nor metrics answer");
    world_.set_senses_down(true);
  } else if (what < 5) {
    step_clock();
  } else if (what < 6) {
    world_.deliver_late();
  } else {
    world_.set_signal("good", chance(80) ? 1 : 0);
  }
}

void Life::step_clock() {
  const Duration by{static_cast<int64_t>(1 + random_.below(5'400'000))};
  const bool forward = chance(50);
  tally_.count(forward ? "fault: the clock is set forward" : "fault: the clock is set back");
  clock_.jump_to(forward ? now() + by : now() - by);
}

// Counts only where something is planned for it, and the plan does not know yet.
void Life::note_change(const ResourceId& id, std::string_view what) {
  const bool planned = std::ranges::any_of(open_plans_, [&](const auto& plan) {
    return std::ranges::find(plan.second.actions, id, &Action::target) != plan.second.actions.end();
  });
  if (planned) tally_.count(fmt::format("fault: changed between plan and run: {}", what));
}

void Life::change_outside() {
  const std::string id = any_thing();
  const uint64_t what = random_.below(20);
  if (what < 8) {
    // What is dead stays dead: a kill that the outside no longer shows could not be told from one that never was.
    if (world_.state(id) == "dead" || world_.state(id) == "gone") return;
    note_change(id, "its state");
    world_.set_field(id, "state", chance(50) ? "running" : "stopped");
  } else if (what < 11) {
    const Resource* thing = world_.find(id);
    if (thing == nullptr) return;
    const bool becomes = !is_sensitive(*thing);
    if (becomes) note_change(id, "it became sensitive");
    world_.set_label(id, "data", becomes ? "sensitive" : "");
  } else if (what < 13) {
    note_change(id, "it left the selection");
    world_.set_label(id, "team", chance(50) ? "d" : "a");
  } else if (what < 14) {
    note_change(id, "it is gone");
    world_.remove(id);
  } else {
    std::vector<catalog::KnownFinding>& findings = director_->findings();
    const auto known =
        std::ranges::find_if(findings, [&](const auto& each) { return each.open && each.finding.resource == id; });
    if (known != findings.end()) {
      known->open = false;
      known->resolved = now();
    } else if (world_.find(id) != nullptr) {
      Finding finding{.id = "Hot@" + id, .rule = "Hot", .severity = Severity::kHigh, .resource = id};
      std::erase_if(findings, [&](const auto& each) { return each.finding.id == finding.id; });
      findings.push_back({.finding = std::move(finding), .open = true, .opened = now(), .resolved = {}, .seq = 0});
    }
  }
}

}  // namespace capstan::sim
