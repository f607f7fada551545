#include "act/plan_run.h"

#include <algorithm>
#include <map>

namespace capstan::act {

std::string_view to_string(Check::State state) {
  switch (state) {
    case Check::State::kNone: return "none";
    case Check::State::kPending: return "pending";
    case Check::State::kRunning: return "running";
    case Check::State::kHolds: return "holds";
    case Check::State::kFailed: return "failed";
  }
  return "none";
}

bool PlanRun::started() const {
  return std::ranges::any_of(actions, [](const ActionRun& run) { return run.intent != 0; });
}

ActionRun* PlanRun::find(std::string_view id) {
  const auto found = std::ranges::find_if(actions, [&](const ActionRun& run) { return run.action.id == id; });
  return found == actions.end() ? nullptr : &*found;
}

const ActionRun* PlanRun::find(std::string_view id) const { return const_cast<PlanRun*>(this)->find(id); }

std::set<std::string_view> PlanRun::all_before(const std::vector<ActionRun*>& those) const {
  std::map<std::string_view, const ActionRun*> by_id;
  for (const ActionRun& run : actions) by_id.emplace(run.action.id, &run);
  std::set<std::string_view> found;
  std::vector<const ActionRun*> left(those.begin(), those.end());
  while (!left.empty()) {
    const ActionRun* run = left.back();
    left.pop_back();
    for (const std::string& id : run->action.after) {
      const auto before = by_id.find(id);
      if (before != by_id.end() && found.insert(id).second) left.push_back(before->second);
    }
  }
  return found;
}

int PlanRun::failed_targets() const {
  std::set<std::string_view> targets;
  for (const ActionRun& run : actions) {
    if (run.state == ActionState::kFailed || run.state == ActionState::kPartial) targets.insert(run.action.target);
  }
  return static_cast<int>(targets.size());
}

int PlanRun::flight_limit() const {
  const bool proven = std::ranges::any_of(actions, [&](const ActionRun& run) {
    return run.state == ActionState::kSucceeded && (plan.verify.empty() || run.verified);
  });
  return plan.limits.canary && !proven ? 1 : most_in_flight();
}

int PlanRun::most_in_flight() const {
  if (plan.limits.in_flight > 0) return plan.limits.in_flight;
  std::set<std::string_view> targets;
  for (const ActionRun& run : actions) targets.insert(run.action.target);
  return std::max(1, static_cast<int>(plan.limits.in_flight_share * static_cast<double>(targets.size())));
}

int PlanRun::under_way() const {
  const bool waits = std::ranges::any_of(
      actions, [](const ActionRun& run) { return run.state == ActionState::kUnknown && !run.resolved; });
  if (!waits) return in_flight();
  return static_cast<int>(
      std::ranges::count_if(actions, [](const ActionRun& run) { return run.phase != Phase::kIdle; }));
}

int PlanRun::preparing() const {
  return static_cast<int>(std::ranges::count(actions, Phase::kPreparing, &ActionRun::phase));
}

int PlanRun::in_flight() const {
  return static_cast<int>(std::ranges::count_if(actions, [&](const ActionRun& run) {
    if (run.phase != Phase::kIdle || (run.state == ActionState::kUnknown && !run.resolved)) return true;
    return run.state == ActionState::kSucceeded && !plan.verify.empty() && !run.verified;
  }));
}

}  // namespace capstan::act
