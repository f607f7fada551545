#include "decide/past_check.h"

#include <algorithm>
#include <utility>

#include "model/policy_subject.h"
#include "model/span.h"

namespace capstan::decide {
namespace {

constexpr Duration kDefaultRest{300'000};  // Between actions on one target for different occurrences.
constexpr Duration kSettle{30'000};        // Before conditions are believed again after an action.

}  // namespace

PastCheck::PastCheck(const Policy& policy, const Situation& situation)
    : policy_(policy),
      situation_(situation),
      origin_(policy_subject(policy.name)),
      standing_plans_(situation.history->standing_plans(origin_)) {}

bool PastCheck::allows(std::vector<Intended>& chain, std::optional<Duration> cooldown, Verdict& verdict) {
  const History& history = *situation_.history;
  Intended& intended = chain.front();
  const ResourceId target = intended.target->id;
  if (const ManualTouch* touch = respected_touch(target)) {
    verdict.why = Words::phrase("why.by_hand",
                                {{"by", touch->by.empty() ? Words::phrase("why.somebody") : word_of_actor(touch->by)},
                                 {"until", clock_text(touch->at + policy_.respect_manual)}});
    verdict.look_again(touch->at + policy_.respect_manual);
    return false;
  }
  const PastAction* previous = nullptr;
  while (const PastAction* past = history.find(action_id(policy_, intended))) {
    previous = past;
    ++intended.attempt;
  }
  // This may be the very plan that is open, under another occurrence, or undoing: one at a time.
  if (const PastAction* open = history.open(origin_, target)) {
    verdict.acts = false;
    verdict.verb = intended.verb;
    verdict.why = Words::phrase("why.in_plan", {{"plan", open->plan}, {"why", verdict.why}});
    if (previous && previous->id == open->id) still_wanted_.insert(open->id);
    if (!situation_.approves(policy_, intended.root)) uncovered_.insert(open->plan);
    return false;
  }
  // What was just done may not be seen yet: conditions are asked of what the last looks saw.
  if (policy_.ensure && policy_.ensure->is_list() && history.touched(intended.root, situation_.now, kSettle)) {
    verdict.why = Words::phrase("why.settling", {{"settle", say_span(kSettle)}, {"why", verdict.why}});
    verdict.look_again(history.untouched_from(intended.root, situation_.now, kSettle));
    return false;
  }
  if (const History::StandingPlan* standing = cooldown ? nullptr : in_force(target)) {
    verdict.why = Words::phrase(
        "why.stands", {{"at", clock_text(standing->at)}, {"quiet", say_span(standing->quiet)}, {"why", verdict.why}});
    return false;
  }
  if (previous && previous->end == PastAction::End::kRejected) {
    verdict.why = Words::phrase("why.rejected", {{"by", word_of_actor(previous->by)}, {"why", verdict.why}});
    return false;
  }
  if (previous && previous->undone && policy_.ensure) {
    verdict.why = Words::phrase("why.undone", {{"by", word_of_actor(previous->by)}, {"why", verdict.why}});
    return false;
  }
  const bool had_its_turn =
      previous && previous->end != PastAction::End::kExpired && previous->end != PastAction::End::kSkipped;
  if (had_its_turn && !cooldown) {
    verdict.why = Words::phrase("why.done_at", {{"at", clock_text(previous->at)}, {"why", verdict.why}});
    return false;
  }
  if (const std::optional<Time> until = resting_until(target, previous, cooldown.value_or(kDefaultRest))) {
    verdict.why = Words::phrase("why.cooling", {{"until", clock_text(*until)}, {"why", verdict.why}});
    verdict.look_again(*until);
    return false;
  }
  verdict.acts = true;
  verdict.verb = intended.verb;
  const int attempt = intended.attempt;
  for (Intended& each : chain) each.attempt = attempt;
  return true;
}

// Until when the target rests after what was done to it, or tried; nothing when it may be acted on.
std::optional<Time> PastCheck::resting_until(const ResourceId& target, const PastAction* previous,
                                             Duration rest) const {
  const PastAction* latest = situation_.history->latest(origin_, target);
  // A new period may bring the opposite state right after the last one succeeded: windows can be short.
  const bool free =
      policy_.ensure && !policy_.cooldown && latest != previous && latest && latest->end == PastAction::End::kSucceeded;
  if (latest && !free && rests(latest->at, rest)) return latest->at + rest;
  // What was skipped, or refused before anything was touched, would be so again at once.
  const bool untouched = previous && (previous->end == PastAction::End::kSkipped ||
                                      (previous->end == PastAction::End::kFailed && !previous->intended));
  if (untouched && rests(previous->at, rest)) return previous->at + rest;
  return std::nullopt;
}

// What was done further in the future than it has to rest was done before somebody set the clock back: nobody knows
// when, and to wait for that time to come again could take for ever.
bool PastCheck::rests(Time done, Duration rest) const {
  return situation_.now < done + rest && done <= situation_.now + rest;
}

// What stands until the alert is quiet is not done a second time for its next occurrence.
const History::StandingPlan* PastCheck::in_force(const ResourceId& target) const {
  for (const History::StandingPlan& plan : standing_plans_) {
    if (std::ranges::find(plan.targets, target) != plan.targets.end()) return &plan;
  }
  return nullptr;
}

const ManualTouch* PastCheck::respected_touch(const ResourceId& target) const {
  const ManualTouch* newest = nullptr;
  for (const ManualTouch& touch : situation_.touches) {
    if (touch.resource != target || touch.at > situation_.now) continue;
    if (situation_.now - touch.at >= policy_.respect_manual) continue;
    if (!newest || touch.at > newest->at) newest = &touch;
  }
  return newest;
}

}  // namespace capstan::decide
