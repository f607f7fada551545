#include "decide/decide.h"

#include <fmt/format.h>

#include <algorithm>

#include "decide/plan_maker.h"
#include "decide/trigger.h"

namespace capstan::decide {
namespace {

constexpr Duration kDefaultRest{300'000};     // Between actions on one target for different occurrences.
constexpr Duration kEnsureCooldown{900'000};  // Before a state that did not come about is asked for again.

std::string clock_text(Time time) { return format_time(time).substr(0, 16) + "Z"; }

class Decider {
 public:
  Decider(const Policy& policy, const Situation& situation)
      : policy_(policy), situation_(situation), origin_("policy:" + policy.name) {
    standing_plans_ = situation.history->standing_plans(origin_);
    if (policy.ensure) standing_ = policy.ensure->schedule.at(situation.now);
    if (policy.when && policy.when->kind == Trigger::Kind::kCron) {
      if (auto due = due_time(*policy.when, situation.now, situation.in_force_since))
        occurrences_.push_back(std::move(*due));
    } else if (policy.when) {
      occurrences_ = occurrences(*policy.when, situation.findings, situation.incidents);
    }
  }

  Decision decide() {
    for (const Candidate& candidate : situation_.candidates) {
      if (candidate.selected) ++selected_;
      decision_.verdicts.push_back(judge(candidate));
    }
    make_plan();
    withdraw_stale();
    undo_what_is_quiet();
    summarize();
    return std::move(decision_);
  }

 private:
  Verdict judge(const Candidate& candidate) {
    Verdict verdict{.resource = candidate.resource.id, .name = candidate.resource.name};
    if (policy_.ensure) verdict.observed = candidate.resource.fields[policy_.ensure->inside.column].string_or_empty();
    if (!candidate.selected) {
      verdict.why = "not selected: " + candidate.why_not;
      return verdict;
    }
    verdict.matched = true;
    if (!candidate.never.empty()) {
      verdict.why = candidate.never;
      return verdict;
    }
    if (policy_.ensure)
      judge_state(candidate, verdict);
    else
      judge_occurrence(candidate, verdict);
    return verdict;
  }

  // Which state is wanted, and why; null when none is.
  const WantedState* wanted(const Candidate& candidate, Verdict& verdict, std::string& key) {
    const Ensure& ensure = *policy_.ensure;
    verdict.why = standing_.says;
    key = "state " + format_time(standing_.since);
    const WantedState* state = standing_.inside ? &ensure.inside : ensure.outside ? &*ensure.outside : nullptr;
    const Override* override = governing(situation_.overrides, policy_.name, candidate.resource.id, situation_.now);
    if (override) {
      verdict.why = fmt::format("override by {} until {}", override->by, clock_text(override->until));
      key = "override " + override->id;
      if (override->state == ensure.inside.name)
        state = &ensure.inside;
      else if (ensure.outside && override->state == ensure.outside->name)
        state = &*ensure.outside;
      else {
        verdict.why += override->state.empty() ? ": left alone"
                                               : fmt::format(": '{}' is no state of this policy", override->state);
        return nullptr;
      }
    }
    if (state) key += " " + state->name;
    return state;
  }

  void judge_state(const Candidate& candidate, Verdict& verdict) {
    std::string key;
    const WantedState* state = wanted(candidate, verdict, key);
    if (!state) return;
    verdict.wanted = state->name;
    verdict.observed = candidate.resource.fields[state->column].string_or_empty();
    const auto says = [&](const WantedState& each) {
      return std::ranges::find(each.values, verdict.observed) != each.values.end();
    };
    if (says(*state)) {
      verdict.why = fmt::format("is {} as wanted: {}", state->name, verdict.why);
      return;
    }
    if (verdict.observed.empty()) {
      verdict.why = fmt::format("its {} is not known; {}", state->column, verdict.why);
      return;
    }
    // On its way from one state to the other ("stopping"): nothing to do until it has arrived.
    const Ensure& ensure = *policy_.ensure;
    if (ensure.outside && !says(ensure.inside) && !says(*ensure.outside)) {
      verdict.why = fmt::format("is '{}', neither {} nor {}; {}", verdict.observed, ensure.inside.name,
                                ensure.outside->name, verdict.why);
      return;
    }
    const Intended intended{&candidate.resource, key, verdict.why, 0, state, 0};
    consider(intended, policy_.cooldown.value_or(kEnsureCooldown), verdict);
  }

  void judge_occurrence(const Candidate& candidate, Verdict& verdict) {
    const Occurrence* occurrence = nullptr;
    for (const Occurrence& each : occurrences_) {
      const bool points_here = std::ranges::binary_search(each.resources, candidate.resource.id);
      if (policy_.select.empty() && !points_here) continue;
      if (!occurrence || each.since < occurrence->since) occurrence = &each;
    }
    if (!occurrence) {
      verdict.why = policy_.when->kind == Trigger::Kind::kCron    ? "no time of the clock is due"
                    : policy_.when->kind == Trigger::Kind::kAlert ? fmt::format("no alert {} holds", policy_.when->name)
                                                                  : "no such incident is open";
      return;
    }
    verdict.why = occurrence->says;
    const Duration held = situation_.now - occurrence->since;
    if (held < policy_.when->hold) {
      verdict.why = fmt::format("{} has held for {} of {}", occurrence->says,
                                format_duration(std::max(held, Duration(0))), format_duration(policy_.when->hold));
      return;
    }
    if (const Override* override =
            governing(situation_.overrides, policy_.name, candidate.resource.id, situation_.now)) {
      verdict.why = fmt::format("override by {} until {}: left alone", override->by, clock_text(override->until));
      return;
    }
    const Intended intended{&candidate.resource, occurrence->key, occurrence->says, occurrence->cause, nullptr, 0};
    consider(intended, policy_.cooldown, verdict);
  }

  // The past may forbid to act again: what is under way, was refused, was done, or is too fresh.
  void consider(Intended intended, std::optional<Duration> cooldown, Verdict& verdict) {
    const History& history = *situation_.history;
    const ResourceId& target = intended.target->id;
    if (const ManualTouch* touch = respected_touch(target)) {
      verdict.why = fmt::format("{} changed it by hand; respected until {}", touch->by.empty() ? "somebody" : touch->by,
                                clock_text(touch->at + policy_.respect_manual));
      return;
    }
    const PastAction* previous = nullptr;
    while (const PastAction* past = history.find(action_id(policy_, intended, 0))) {
      previous = past;
      ++intended.attempt;
    }
    // This may be the very plan that is open, under another occurrence, or undoing: one at a time.
    if (const PastAction* open = history.open(origin_, target)) {
      verdict.acts = false;
      verdict.why = fmt::format("in plan {}: {}", open->plan, verdict.why);
      if (previous && previous->id == open->id) still_wanted_.push_back(open->id);
      return;
    }
    if (const History::StandingPlan* standing = cooldown ? nullptr : in_force(target)) {
      verdict.why = fmt::format("done at {}, and undone when the alert has been quiet for {}: {}",
                                clock_text(standing->at), format_duration(standing->quiet), verdict.why);
      return;
    }
    if (previous && previous->end == PastAction::End::kRejected) {
      verdict.why = fmt::format("rejected by {}: {}", previous->by, verdict.why);
      return;
    }
    const bool had_its_turn =
        previous && previous->end != PastAction::End::kExpired && previous->end != PastAction::End::kSkipped;
    if (had_its_turn && !cooldown) {
      verdict.why = fmt::format("done at {} for {}", clock_text(previous->at), verdict.why);
      return;
    }
    if (const std::optional<Time> until = resting_until(target, previous, cooldown.value_or(kDefaultRest))) {
      verdict.why = fmt::format("cooling down until {}: {}", clock_text(*until), verdict.why);
      return;
    }
    verdict.acts = true;
    intended_.push_back(std::move(intended));
  }

  // Until when the target rests after what was done to it, or tried; nothing when it may be acted on.
  std::optional<Time> resting_until(const ResourceId& target, const PastAction* previous, Duration rest) const {
    const PastAction* latest = situation_.history->latest(origin_, target);
    // A new period may bring the opposite state right after the last one succeeded: windows can be short.
    const bool free = policy_.ensure && !policy_.cooldown && latest != previous && latest &&
                      latest->end == PastAction::End::kSucceeded;
    if (latest && !free && situation_.now < latest->at + rest) return latest->at + rest;
    // What was skipped would be skipped again at once.
    const bool skipped = previous && previous->end == PastAction::End::kSkipped;
    if (skipped && situation_.now < previous->at + rest) return previous->at + rest;
    return std::nullopt;
  }

  // What stands until the alert is quiet is not done a second time for its next occurrence.
  const History::StandingPlan* in_force(const ResourceId& target) const {
    for (const History::StandingPlan& plan : standing_plans_) {
      if (std::ranges::find(plan.targets, target) != plan.targets.end()) return &plan;
    }
    return nullptr;
  }

  const ManualTouch* respected_touch(const ResourceId& target) const {
    const ManualTouch* newest = nullptr;
    for (const ManualTouch& touch : situation_.touches) {
      if (touch.resource != target || touch.at > situation_.now) continue;
      if (situation_.now - touch.at >= policy_.respect_manual) continue;
      if (!newest || touch.at > newest->at) newest = &touch;
    }
    return newest;
  }

  void make_plan() {
    if (intended_.empty()) return;
    const size_t whole = intended_.size();
    const size_t steps = policy_.ensure ? 1 : policy_.steps.size();
    const size_t most = std::max<size_t>(1, kMaxPlanActions / std::max<size_t>(1, steps));
    if (whole > most) {
      for (size_t i = most; i < whole; ++i) postpone(intended_[i].target->id, most, whole);
      intended_.resize(most);
    }
    decision_.plan = PlanMaker(policy_, situation_.relations, selected_, whole).make(intended_, situation_.now);
  }

  void postpone(const ResourceId& id, size_t most, size_t whole) {
    for (Verdict& verdict : decision_.verdicts) {
      if (verdict.resource != id) continue;
      verdict.acts = false;
      verdict.why = fmt::format("comes after the first {} of {}: {}", most, whole, verdict.why);
    }
  }

  // A proposal whose every reason has gone needs no answer any more. One that is under way is left to the executor.
  void withdraw_stale() {
    for (const History::OpenPlan& plan : situation_.history->open_plans(origin_)) {
      if (plan.started) continue;
      const bool wanted_still = std::ranges::any_of(plan.actions, [&](const std::string& id) {
        return std::ranges::find(still_wanted_, id) != still_wanted_.end();
      });
      if (!wanted_still) decision_.withdraw.push_back(plan.id);
    }
  }

  void undo_what_is_quiet() {
    if (!policy_.when) return;
    for (const History::StandingPlan& plan : standing_plans_) {
      Time last = plan.at;
      for (const ResourceId& target : plan.targets) {
        // Where the alert points elsewhere (with a selection, or at what suffers) it has to be quiet everywhere.
        const bool points_here = policy_.when->kind == Trigger::Kind::kAlert && policy_.select.empty();
        last = std::max(last, last_held(*policy_.when, situation_.findings, points_here ? target : "", situation_.now));
      }
      if (situation_.now - last >= plan.quiet) decision_.undo.push_back(plan.id);
    }
  }

  void summarize() {
    const auto acting = std::ranges::count_if(decision_.verdicts, &Verdict::acts);
    if (policy_.ensure) {
      const auto as_wanted = std::ranges::count_if(decision_.verdicts, [](const Verdict& verdict) {
        return verdict.matched && verdict.why.starts_with("is ") && verdict.why.find(" as wanted") != std::string::npos;
      });
      const WantedState* state = standing_.inside          ? &policy_.ensure->inside
                                 : policy_.ensure->outside ? &*policy_.ensure->outside
                                                           : nullptr;
      decision_.summary = state ? fmt::format("{} of {} are {} as wanted", as_wanted, selected_, state->name)
                                : fmt::format("wants nothing now: {}", standing_.says);
    } else {
      decision_.summary = occurrences_.empty() ? "waits: nothing sets it off"
                                               : fmt::format("{} of {} to be acted on", acting, selected_);
    }
    if (acting > 0 && policy_.ensure) decision_.summary += fmt::format("; would change {}", acting);
  }

  const Policy& policy_;
  const Situation& situation_;
  std::string origin_;
  Schedule::Standing standing_;
  std::vector<Occurrence> occurrences_;
  std::vector<History::StandingPlan> standing_plans_;
  size_t selected_ = 0;
  std::vector<Intended> intended_;
  std::vector<std::string> still_wanted_;
  Decision decision_;
};

}  // namespace

Decision decide(const Policy& policy, const Situation& situation) { return Decider(policy, situation).decide(); }

}  // namespace capstan::decide
