#include "decide/decide.h"

#include <algorithm>
#include <utility>

#include "decide/candidate_judge.h"
#include "decide/past_check.h"
#include "decide/proposal.h"
#include "decide/trigger.h"
#include "model/policy_subject.h"

namespace capstan::decide {
namespace {

class Decider {
 public:
  Decider(const Policy& policy, const Situation& situation)
      : policy_(policy), situation_(situation), origin_(policy_subject(policy.name)), past_(policy, situation) {
    if (policy.ensure) standing_ = policy.ensure->schedule.at(situation.now);
    look_again(standing_.until);
    if (policy.when && policy.when->kind == Trigger::Kind::kCron) {
      look_again(policy.when->cron->next_after(situation.now));
      if (auto due = due_time(*policy.when, situation.now, situation.in_force_since)) {
        look_again(due->since + policy.when->catch_up + Duration(1));
        occurrences_.push_back(std::move(*due));
      }
    } else if (policy.when) {
      occurrences_ = occurrences(*policy.when, situation.findings, situation.incidents);
    }
  }

  Decision decide() {
    CandidateJudge judge(policy_, situation_, standing_, occurrences_, past_);
    for (const Candidate& candidate : situation_.candidates) {
      if (candidate.selected) ++selected_;
      decision_.verdicts.push_back(judge.judge(candidate));
    }
    decision_.begun = judge.take_begun();
    if (situation_.rest) selected_ += situation_.rest->selected;
    if (policy_.is_staged() && !situation_.rest) drop_stages();
    propose(policy_, situation_, selected_, judge.take_intended(), decision_);
    if (!situation_.rest) {
      withdraw_stale();
      undo_what_is_quiet();
    }
    summarize();
    for (const Verdict& verdict : decision_.verdicts) look_again(earlier(verdict.again, verdict.reworded));
    return std::move(decision_);
  }

 private:
  void look_again(std::optional<Time> at) { decision_.again = earlier(decision_.again, at); }

  // Who stops matching between two stages drops out for good: whoever uses something again need not fear its deletion.
  void drop_stages() {
    for (const History::Sequence& each : situation_.history->sequences(policy_.name)) {
      const auto next =
          each.dropped ? std::nullopt : next_stage(policy_, each.target, each.occasion, *situation_.history);
      if (!next || next->number == 0 || situation_.history->open(origin_, each.target)) continue;
      // What was done may take a while to show.
      const PastAction* latest = situation_.history->latest(origin_, each.target);
      if (latest && situation_.now < latest->at + kStageShows) {
        look_again(latest->at + kStageShows);
        continue;
      }
      const bool lasts = policy_.when->kind == Trigger::Kind::kCron ||
                         std::ranges::find(occurrences_, each.occasion, &Occurrence::key) != occurrences_.end();
      const auto verdict = std::ranges::find(decision_.verdicts, each.target, &Verdict::resource);
      const bool matches = verdict != decision_.verdicts.end() && verdict->matched && !verdict->forbidden;
      if (!lasts || matches) continue;
      decision_.dropped.push_back(
          {each.target, each.occasion,
           verdict == decision_.verdicts.end() ? Words::phrase("why.not_among") : verdict->why});
    }
  }

  // A proposal whose every reason has gone needs no answer any more. One that is under way is left to the executor.
  void withdraw_stale() {
    for (const History::OpenPlan& plan : situation_.history->open_plans(origin_)) {
      if (plan.started) continue;
      const bool wanted_still =
          std::ranges::any_of(plan.actions, [&](const std::string& id) { return past_.is_still_wanted(id); });
      // Nobody needs to be asked for what has been approved of meanwhile: it comes again, and does not ask.
      const bool is_approved =
          policy_.approval == "standing" && !plan.grants_on.empty() &&
          std::ranges::all_of(plan.grants_on, [&](const ResourceId& id) { return situation_.approves(policy_, id); });
      // What was agreed to in advance, or written in the policy, when it was made may not be so any more: it comes
      // again, under what is so now.
      const bool is_of_before = plan.policy_version != policy_.version || (plan.stands && past_.is_uncovered(plan.id));
      if (!wanted_still || is_approved || is_of_before) decision_.withdraw.push_back(plan.id);
    }
  }

  void undo_what_is_quiet() {
    if (!policy_.when) return;
    for (const History::StandingPlan& plan : past_.standing_plans()) {
      Time last = plan.at;
      for (const ResourceId& target : plan.targets) {
        // Where the alert points elsewhere (with a selection, or at what suffers) it has to be quiet everywhere.
        const bool points_here = policy_.when->kind == Trigger::Kind::kAlert && policy_.select.empty();
        last = std::max(last, last_held(*policy_.when, situation_.findings, points_here ? target : "", situation_.now));
      }
      if (situation_.now - last >= plan.quiet)
        decision_.undo.push_back(plan.id);
      else
        look_again(last + plan.quiet);
    }
  }

  void summarize() {
    const auto acting = std::ranges::count_if(decision_.verdicts, &Verdict::acts);
    if (policy_.ensure) {
      const auto as_wanted = static_cast<size_t>(std::ranges::count_if(decision_.verdicts, &Verdict::as_wanted)) +
                             (situation_.rest ? situation_.rest->as_wanted : 0);
      const WantedState* state = standing_.inside          ? &policy_.ensure->inside
                                 : policy_.ensure->outside ? &*policy_.ensure->outside
                                                           : nullptr;
      // Their hours differ, or a person keeps one otherwise.
      const bool has_many_states =
          policy_.ensure->is_list() || policy_.ensure->has_own_schedules() ||
          (state != nullptr && std::ranges::any_of(decision_.verdicts, [&](const Verdict& each) {
             return each.as_wanted && each.wanted != state->name;
           }));
      if (wants_nothing())
        decision_.summary = policy_.ensure->has_own_schedules()
                                ? Words::phrase("summary.wants_nothing_of", {{"of", std::to_string(selected_)}})
                                : Words::phrase("summary.wants_nothing", {{"why", standing_.says}});
      else if (has_many_states)
        decision_.summary = count_of("summary.as_wanted", as_wanted);
      else
        decision_.summary = state ? count_of("summary.are_as_wanted", as_wanted).with("state", state->name)
                                  : Words::phrase("summary.wants_nothing", {{"why", standing_.says}});
    } else {
      const bool is_clock = policy_.when && policy_.when->kind == Trigger::Kind::kCron;
      decision_.summary = !occurrences_.empty() ? count_of("summary.to_act", static_cast<size_t>(acting))
                          : is_clock            ? Words::phrase("summary.not_its_time")
                                                : Words::phrase("summary.nothing_sets_off");
    }
    if (acting > 0 && policy_.ensure)
      decision_.summary =
          Words::phrase("summary.would_change", {{"summary", decision_.summary}, {"count", std::to_string(acting)}});
  }

  // Of a list of conditions, or by the hours of each: one state that is wanted of all is known by the schedule.
  bool wants_nothing() const {
    const Ensure& ensure = *policy_.ensure;
    if ((!ensure.is_list() && !ensure.has_own_schedules()) || selected_ == 0) return false;
    if (situation_.rest && situation_.rest->wanted > 0) return false;
    const auto is_wanted = [](const Verdict& verdict) { return !verdict.wanted.empty(); };
    const auto is_out_of_hours = [](const Verdict& verdict) {
      return verdict.why.key() == "why.nothing_wanted" || verdict.why.key() == "hours.outside";
    };
    return std::ranges::none_of(decision_.verdicts, is_wanted) &&
           std::ranges::any_of(decision_.verdicts, is_out_of_hours);
  }

  Words count_of(std::string_view phrase, size_t count) const {
    return Words::phrase(phrase, {{"count", std::to_string(count)}, {"of", std::to_string(selected_)}});
  }

  const Policy& policy_;
  const Situation& situation_;
  std::string origin_;
  PastCheck past_;
  Schedule::Standing standing_;
  std::vector<Occurrence> occurrences_;
  size_t selected_ = 0;
  Decision decision_;
};

}  // namespace

std::span<const ResourceId> Situation::owners_of(const ResourceId& id) const {
  const auto known = owners.find(id);
  return known == owners.end() ? std::span<const ResourceId>() : known->second;
}

bool Situation::approves(const Policy& policy, const ResourceId& root) const {
  return covering(approvals, {policy.name, policy.version}, root, owners_of(root)) != nullptr;
}

std::optional<Time> earlier(std::optional<Time> one, std::optional<Time> other) {
  return one && other ? std::min(*one, *other) : one ? one : other;
}

std::string clock_text(Time time) { return format_time(time).substr(0, 16) + "Z"; }

bool Decision::is_calm() const {
  return !plan && withdraw.empty() && undo.empty() && begun.empty() && dropped.empty() && over_budget.empty();
}

Decision decide(const Policy& policy, const Situation& situation) { return Decider(policy, situation).decide(); }

}  // namespace capstan::decide
