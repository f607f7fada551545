#include "sim/happenings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sim/policies.h"

namespace capstan::sim {
namespace {

std::string thing(uint64_t number) { return "thing/" + std::to_string(number); }

}  // namespace

std::string Happenings::any_thing() { return thing(random_.below(things_)); }

void Happenings::populate() {
  constexpr std::array<std::string_view, 5> kTeams = {"a", "a", "b", "c", "d"};
  things_ = 2 + random_.below(5);
  for (uint64_t i = 0; i < things_; ++i) {
    const std::string id = thing(i);
    Resource resource{
        .id = id,
        .kind = "thing",
        .name = id,
        .labels = {{"team", std::string(kTeams[random_.below(kTeams.size())])}},
        .fields = Json::object({{"state", chance(70) ? "running" : "stopped"}, {"count", 0}, {"share", 10}})};
    if (chance(20)) resource.labels["data"] = "sensitive";
    world_.put(std::move(resource));
  }
  world_.set_lagging();
  world_.set_signal("good", 1);
  world_.set_signal("bad", 0);
}

void Happenings::see(const Fact& fact) {
  if (fact.kind == fact_kind::kPlanProposed)
    open_[fact.subject] = plans_[fact.subject] = Plan::from_json(fact.body["plan"]);
  if (fact.kind == fact_kind::kPlanFinished || fact.kind == fact_kind::kPlanRejected) open_.erase(fact.subject);
  if (fact.kind == fact_kind::kPlanRecalled) open_[fact.subject] = plans_[fact.subject];
  if (fact.kind == fact_kind::kActionIntended) undoing_[fact.subject] = fact.body["undo"].bool_or(false);
}

Plan Happenings::random_plan(Time now) {
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
  plan.created = now;
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
  return plan;
}

void Happenings::propose(act::Executor& executor, Time now) {
  if (proposed_ >= 6) return;
  // Where the process dies between writing and answering, the plan is there all the same.
  (void)executor.submit(random_plan(now), now);
}

void Happenings::person(act::Executor& executor, Time now) {
  const Json all = executor.list("all");
  if (all.items().empty()) return;
  const Plan plan = Plan::from_json(all.items()[random_.below(all.items().size())]["plan"]);
  const uint64_t what = random_.below(10);
  if (what < 5)
    (void)executor.approve(plan.id, chance(90) ? plan.hash() : "wrong", "user:ann", now);
  else if (what < 8 && plan.origin == "policy:filled")
    return;  // A no would stand for ever: its only period has no end.
  else if (what < 6)
    (void)executor.reject(plan.id, "no", "user:ann", now);
  else if (what < 7)
    (void)executor.cancel(plan.id, chance(50), "user:ann", now);
  else if (what < 8)
    (void)executor.undo(plan.id, "", "user:ann", now);
  else
    resolve_by_truth(executor, now);
}

void Happenings::approve_everything(act::Executor& executor, Time now) {
  if (executor.waiting_for_approval() == 0) return;
  const std::map<std::string, Plan> open = open_;
  for (const auto& [id, plan] : open) (void)executor.approve(id, plan.hash(), "user:ann", now);
}

void Happenings::resolve_by_truth(act::Executor& executor, Time now) {
  if (executor.unknown_actions() == 0) return;
  const std::map<std::string, Plan> open = open_;
  for (const auto& [id, plan] : open) {
    for (const Action& action : plan.actions) {
      // While undoing, "happened" means that it was undone.
      const bool undoing = undoing_[action.id];
      const bool happened = std::ranges::any_of(
          world_.effects(), [&](const Effect& effect) { return effect.action == action.id && effect.undo == undoing; });
      (void)executor.resolve(action.id, happened ? "happened" : chance(70) ? "retry" : "abandon", "user:ann", now);
    }
  }
}

void Happenings::trouble() {
  const uint64_t what = random_.below(5);
  if (what < 1) {
    world_.set_outage(!world_.outage() && chance(60));
  } else if (what < 2) {
    if (world_.senses_down() || chance(50)) return world_.set_senses_down(false);
    tally_.count("fault: neither catalog nor metrics answer");
    world_.set_senses_down(true);
  } else if (what < 3) {
    world_.deliver_late();
  } else {
    world_.set_signal("good", chance(80) ? 1 : 0);
  }
}

void Happenings::calm(Time now) {
  world_.set_signal("good", 1);
  world_.set_outage(false);
  world_.set_senses_down(false);
  world_.deliver_late();
  for (catalog::KnownFinding& known : findings_) {
    known.open = false;
    if (!known.resolved) known.resolved = now;
  }
}

// Counts only where something is planned for it, and the plan does not know yet.
void Happenings::note_change(const ResourceId& id, std::string_view what) {
  const bool planned = std::ranges::any_of(open_, [&](const auto& plan) {
    return std::ranges::find(plan.second.actions, id, &Action::target) != plan.second.actions.end();
  });
  if (planned) tally_.count(fmt::format("fault: changed between plan and run: {}", what));
}

void Happenings::change_outside(Time now) {
  const std::string id = any_thing();
  const uint64_t what = random_.below(20);
  if (what < 8) {
    // What is dead stays dead: a kill that the outside no longer shows could not be told from one that never was.
    if (world_.state(id) == "dead" || world_.state(id) == "gone") return;
    note_change(id, "its state");
    world_.set_field(id, "state", chance(50) ? "running" : "stopped");
  } else if (what < 11) {
    const Resource* resource = world_.find(id);
    if (resource == nullptr) return;
    const bool becomes = !is_sensitive(*resource);
    if (becomes) note_change(id, "it became sensitive");
    world_.set_label(id, "data", becomes ? "sensitive" : "");
  } else if (what < 13) {
    note_change(id, "it left the selection");
    world_.set_label(id, "team", chance(50) ? "d" : "a");
  } else if (what < 14) {
    note_change(id, "it is gone");
    world_.remove(id);
  } else {
    change_finding(id, now);
  }
}

void Happenings::change_finding(const ResourceId& id, Time now) {
  const auto known =
      std::ranges::find_if(findings_, [&](const auto& each) { return each.open && each.finding.resource == id; });
  if (known != findings_.end()) {
    known->open = false;
    known->resolved = now;
  } else if (world_.find(id) != nullptr) {
    Finding finding{.id = "Hot@" + id, .rule = "Hot", .severity = Severity::kHigh, .resource = id};
    std::erase_if(findings_, [&](const auto& each) { return each.finding.id == finding.id; });
    findings_.push_back({.finding = std::move(finding), .open = true, .opened = now, .resolved = {}, .seq = 0});
  }
}

}  // namespace capstan::sim
