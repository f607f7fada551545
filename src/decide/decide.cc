#include "decide/decide.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "decide/budget_guard.h"
#include "decide/plan_maker.h"
#include "decide/trigger.h"
#include "model/policy_subject.h"
#include "model/span.h"

namespace capstan::decide {
namespace {

constexpr Duration kDefaultRest{300'000};     // Between actions on one target for different occurrences.
constexpr Duration kSettle{30'000};           // Before conditions are believed again after an action.
constexpr Duration kEnsureCooldown{900'000};  // Before a state that did not come about is asked for again.

std::string clock_text(Time time) { return format_time(time).substr(0, 16) + "Z"; }

class Decider {
 public:
  Decider(const Policy& policy, const Situation& situation)
      : policy_(policy), situation_(situation), origin_(policy_subject(policy.name)) {
    standing_plans_ = situation.history->standing_plans(origin_);
    open_plans_ = situation.history->open_plans(origin_);
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
    for (const Candidate& candidate : situation_.candidates) {
      if (candidate.selected) ++selected_;
      decision_.verdicts.push_back(judge(candidate));
    }
    if (situation_.rest) selected_ += situation_.rest->selected;
    if (policy_.is_staged() && !situation_.rest) drop_stages();
    make_plan();
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

  Verdict judge(const Candidate& candidate) {
    Verdict verdict{.resource = candidate.resource.id, .name = candidate.resource.name, .hours = candidate.hours};
    if (policy_.ensure) verdict.observed = candidate.resource.fields[policy_.ensure->inside.column].string_or_empty();
    if (!candidate.selected) {
      verdict.why = Words::phrase("why.not_selected", {{"why", candidate.why_not}});
      return verdict;
    }
    verdict.matched = true;
    if (!candidate.never.empty()) {
      verdict.forbidden = true;
      verdict.why = candidate.never;
      return verdict;
    }
    if (policy_.ensure && policy_.ensure->is_list())
      judge_list(candidate, verdict);
    else if (policy_.ensure)
      judge_state(candidate, verdict);
    else
      judge_occurrence(candidate, verdict);
    return verdict;
  }

  // The override that decides over a candidate, noted in `verdict`; null for none.
  const Override* override_of(const ResourceId& id, Verdict& verdict) const {
    const Override* found = find_override(id);
    if (!found) return nullptr;
    verdict.override = found->id;
    verdict.why =
        Words::phrase("why.override", {{"by", word_of_actor(found->by)}, {"until", clock_text(found->until)}});
    verdict.look_again(found->until);
    return found;
  }

  // The override of the candidate itself comes before one of what it belongs to.
  const Override* find_override(const ResourceId& id) const {
    const Override* own = governing(situation_.overrides, policy_.name, id, situation_.now);
    if (own && !own->resource.empty()) return own;
    const auto owners = situation_.owners.find(id);
    if (owners == situation_.owners.end()) return own;
    for (const ResourceId& owner : owners->second) {
      const Override* inherited = governing(situation_.overrides, policy_.name, owner, situation_.now);
      if (inherited && !inherited->resource.empty()) return inherited;
    }
    return own;
  }

  // Within its hours or outside of them: its own where the policy asks for such.
  Result<Schedule::Standing> standing_of(const Candidate& candidate) {
    if (!policy_.ensure->has_own_schedules()) return standing_;
    const auto known = standings_.find(candidate.hours);
    if (known != standings_.end()) return known->second;
    const Result<Schedule> schedule = policy_.ensure->schedule_of(candidate.hours);
    const Result<Schedule::Standing> standing =
        schedule ? Result<Schedule::Standing>(schedule->at(situation_.now)) : fail(schedule.error());
    standings_.emplace(candidate.hours, standing);
    return standing;
  }

  // Whether it is within its hours, with the key of that period; nothing where they are not understood, and `verdict`
  // says so.
  std::optional<Schedule::Standing> judge_time(const Candidate& candidate, std::string_view prefix, Verdict& verdict,
                                               std::string& key) {
    const Result<Schedule::Standing> standing = standing_of(candidate);
    if (!standing) {
      verdict.why = Words::phrase("why.hours_unclear", {{"error", quoted(standing.error())}});
      return std::nullopt;
    }
    verdict.why = standing->says;
    verdict.look_again(standing->until);
    key = fmt::format("{} {}", prefix, format_time(standing->since));
    return *standing;
  }

  // Which state is wanted, and why; null when none is.
  const WantedState* wanted(const Candidate& candidate, Verdict& verdict, std::string& key) {
    const Ensure& ensure = *policy_.ensure;
    const std::optional<Schedule::Standing> standing = judge_time(candidate, "state", verdict, key);
    if (!standing) return nullptr;
    const WantedState* state = standing->inside ? &ensure.inside : ensure.outside ? &*ensure.outside : nullptr;
    if (const Override* override = override_of(candidate.resource.id, verdict)) {
      key = "override " + override->id;
      if (override->state == "up" || override->state == ensure.inside.name)
        state = &ensure.inside;
      else if (ensure.outside && (override->state == "down" || override->state == ensure.outside->name))
        state = &*ensure.outside;
      else {
        verdict.why = Words::phrase(override->state.empty() ? "why.left_alone" : "why.no_such_state",
                                    {{"why", verdict.why}, {"state", override->state}});
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
      verdict.as_wanted = true;
      verdict.why = Words::phrase("why.is_as_wanted", {{"state", state->name}, {"why", verdict.why}});
      return;
    }
    if (verdict.observed.empty()) {
      verdict.why = Words::phrase("why.column_unknown", {{"column", state->column}, {"why", verdict.why}});
      return;
    }
    // On its way from one state to the other ("stopping"): nothing to do until it has arrived.
    const Ensure& ensure = *policy_.ensure;
    if (ensure.outside && !says(ensure.inside) && !says(*ensure.outside)) {
      verdict.why = Words::phrase("why.between", {{"observed", verdict.observed},
                                                  {"inside", ensure.inside.name},
                                                  {"outside", ensure.outside->name},
                                                  {"why", verdict.why}});
      return;
    }
    std::string values;
    for (const std::string& value : state->values) values += (values.empty() ? "" : ", ") + sql_quote(value);
    Intended intended = intend(candidate.resource, candidate.resource.id, key, verdict.why);
    intended.verb = state->verb;
    intended.parameters = state->parameters;
    intended.condition = fmt::format("{} NOT IN ({})", state->column, values);
    consider({std::move(intended)}, policy_.cooldown.value_or(kEnsureCooldown), verdict);
  }

  // Which of the policy's conditions have to hold of a candidate now; the first of them is `first` of its `so`.
  const std::vector<Kept>* wanted_list(const Candidate& candidate, Verdict& verdict, std::string& key, size_t& first) {
    const Ensure& ensure = *policy_.ensure;
    const std::optional<Schedule::Standing> standing = judge_time(candidate, "kept", verdict, key);
    if (!standing) return nullptr;
    bool inside = standing->inside;
    if (const Override* override = override_of(candidate.resource.id, verdict)) {
      key = "override " + override->id;
      if (override->state != "up" && override->state != "down") {
        verdict.why = Words::phrase("why.left_alone", {{"why", verdict.why}});
        return nullptr;
      }
      inside = override->state == "up";
    }
    first = inside ? 0 : ensure.kept.size();
    const std::vector<Kept>& list = inside ? ensure.kept : ensure.kept_outside;
    const bool deletes = std::ranges::any_of(list, [](const Kept& kept) { return kept.step.verb == kDeleteAllOf; });
    if (deletes && !verdict.override.empty() && inside) {
      verdict.why = Words::phrase("why.not_taken_back", {{"why", verdict.why}});
      return nullptr;
    }
    if (list.empty()) verdict.why = Words::phrase("why.nothing_wanted", {{"why", verdict.why}});
    return list.empty() ? nullptr : &list;
  }

  void judge_list(const Candidate& candidate, Verdict& verdict) {
    std::string key;
    size_t first = 0;
    const std::vector<Kept>* list = wanted_list(candidate, verdict, key, first);
    if (!list) return;
    std::string missing;
    std::string unknown;
    std::vector<Intended> chain;
    for (size_t i = 0; i < list->size(); ++i) {
      const Kept& kept = (*list)[i];
      const std::optional<bool> so = first + i < candidate.so.size() ? candidate.so[first + i] : std::nullopt;
      if (!so) unknown += (unknown.empty() ? "" : ", ") + kept.name;
      if (so.value_or(true)) continue;
      missing += (missing.empty() ? "" : ", ") + kept.name;
      const Words reason = Words::phrase("why.not_so", {{"what", kept.name}, {"why", verdict.why}});
      if (kept.step.verb == kDeleteAllOf) {
        add_deletions(candidate, first + i, key, reason, verdict);
        continue;
      }
      Intended intended = intend(candidate.resource, candidate.resource.id, key, reason);
      intended.verb = kept.step.verb;
      intended.parameters = kept.step.parameters;
      intended.condition = fmt::format("NOT ({})", kept.so);
      intended.step = first + i;
      chain.push_back(std::move(intended));
    }
    verdict.wanted = fmt::format("{} of {}", list->size(), list->size());
    verdict.observed = missing.empty() ? verdict.wanted : "not so: " + missing;
    if (chain.empty() && missing.empty()) {
      verdict.as_wanted = unknown.empty();
      verdict.why =
          Words::phrase(unknown.empty() ? "why.as_wanted" : "why.not_known", {{"what", unknown}, {"why", verdict.why}});
      return;
    }
    verdict.why = Words::phrase("why.not_so", {{"what", missing}, {"why", verdict.why}});
    if (!chain.empty()) consider(std::move(chain), policy_.cooldown.value_or(kEnsureCooldown), verdict);
  }

  Intended intend(const Resource& target, const ResourceId& root, const std::string& key, const Words& reason) const {
    Intended intended;
    intended.target = &target;
    intended.root = root;
    intended.key = key;
    intended.reason = reason;
    return intended;
  }

  // Everything that belongs to the candidate, each with its own past.
  void add_deletions(const Candidate& candidate, size_t step, const std::string& key, const Words& reason,
                     Verdict& verdict) {
    const auto belongings = situation_.belongings.find(candidate.resource.id);
    if (belongings == situation_.belongings.end()) return;
    for (const Resource& belonging : belongings->second) {
      const auto verb = policy_.deletes.find(belonging.kind);
      if (verb == policy_.deletes.end()) {
        verdict.why = Words::phrase("why.nothing_deletes", {{"why", verdict.why}, {"what", belonging.id}});
        continue;
      }
      Intended intended = intend(belonging, candidate.resource.id, key, reason);
      intended.verb = verb->second;
      intended.step = step;
      Verdict its = {.resource = belonging.id, .name = belonging.name};
      consider({std::move(intended)}, policy_.cooldown.value_or(kEnsureCooldown), its);
      verdict.look_again(its.again);
      verdict.acts = verdict.acts || its.acts;
      if (verdict.verb.empty()) verdict.verb = its.verb;
    }
  }

  void judge_occurrence(const Candidate& candidate, Verdict& verdict) {
    const std::optional<Occurrence> begun = begun_by_clock(candidate.resource.id);
    const Occurrence* occurrence = begun ? &*begun : nullptr;
    for (const Occurrence& each : occurrences_) {
      const bool points_here = std::ranges::binary_search(each.resources, candidate.resource.id);
      if (begun || (policy_.select.empty() && !points_here)) continue;
      if (!occurrence || each.since < occurrence->since) occurrence = &each;
    }
    if (policy_.when->cron) verdict.look_again(policy_.when->cron->next_after(situation_.now));
    if (!occurrence) {
      verdict.why = Words::phrase(policy_.when->kind == Trigger::Kind::kCron    ? "why.no_time_due"
                                  : policy_.when->kind == Trigger::Kind::kAlert ? "why.no_alert"
                                                                                : "why.no_incident",
                                  {{"alert", policy_.when->name}});
      return;
    }
    verdict.why = occurrence->says;
    const Duration held = situation_.now - occurrence->since;
    if (held < policy_.when->hold) {
      verdict.look_again(occurrence->since + policy_.when->hold);
      verdict.reworded = situation_.now;
      verdict.why = Words::phrase("why.held_for", {{"why", occurrence->says},
                                                   {"held", say_span(std::max(held, Duration(0)))},
                                                   {"hold", say_span(policy_.when->hold)}});
      return;
    }
    if (override_of(candidate.resource.id, verdict)) {
      verdict.why = Words::phrase("why.left_alone", {{"why", verdict.why}});
      return;
    }
    Stage stage{.first = 0, .last = policy_.steps.size()};
    if (policy_.is_staged()) {
      const std::optional<Stage> due = due_stage(candidate.resource.id, *occurrence, verdict);
      if (!due) return;
      stage = *due;
    }
    std::vector<Intended> chain;
    for (size_t step = stage.first; step < stage.last; ++step) {
      if (policy_.steps[step].verb == kDeleteAllOf) {
        add_deletions(candidate, step, occurrence->key, occurrence->says, verdict);
        continue;
      }
      Intended intended = intend(candidate.resource, candidate.resource.id, occurrence->key, occurrence->says);
      intended.verb = policy_.steps[step].verb;
      intended.parameters = policy_.steps[step].parameters;
      intended.step = step;
      intended.after_all = policy_.steps[step].after_all;
      intended.cause = occurrence->cause;
      chain.push_back(std::move(intended));
    }
    if (!chain.empty()) consider(std::move(chain), policy_.cooldown, verdict);
    if (!policy_.is_staged() || stage.first != 0 || !verdict.acts) return;
    // What is put off is wanted again and again; that it has begun is said once.
    const History::Sequence* known = situation_.history->sequence(policy_.name, candidate.resource.id);
    if (!known || known->occasion != occurrence->key)
      decision_.begun.push_back({candidate.resource.id, occurrence->key, occurrence->says});
  }

  // What the clock has begun goes on by itself; the clock is not waited for again.
  std::optional<Occurrence> begun_by_clock(const ResourceId& target) const {
    if (!policy_.is_staged() || policy_.when->kind != Trigger::Kind::kCron) return std::nullopt;
    const History::Sequence* sequence = situation_.history->sequence(policy_.name, target);
    if (!sequence || sequence->dropped) return std::nullopt;
    const auto next = next_stage(policy_, target, sequence->occasion, *situation_.history);
    if (!next || next->number == 0) return std::nullopt;
    return Occurrence{.key = sequence->occasion,
                      .says = Words::phrase("why.begun_at", {{"at", clock_text(sequence->at)}}),
                      .resources = {},
                      .since = sequence->at,
                      .cause = 0};
  }

  // The steps of an occurrence whose turn it is; nothing where none is, and `verdict` says why.
  std::optional<Stage> due_stage(const ResourceId& target, const Occurrence& occurrence, Verdict& verdict) const {
    const History::Sequence* sequence = situation_.history->sequence(policy_.name, target);
    if (sequence && sequence->dropped && sequence->occasion == occurrence.key) {
      verdict.why = Words::phrase("why.dropped", {{"at", clock_text(sequence->at)}, {"why", occurrence.says}});
      return std::nullopt;
    }
    const auto next = next_stage(policy_, target, occurrence.key, *situation_.history);
    if (!next) {
      verdict.why = Words::phrase("why.steps_done", {{"why", occurrence.says}});
      return std::nullopt;
    }
    if (next->number == 0 || next->due <= situation_.now) return next->stage;
    const std::string& verb = policy_.steps[next->stage.first].verb;
    verdict.next = verb;
    verdict.next_at = next->due;
    verdict.look_again(next->due);
    verdict.reworded = wait_changes(next->due, situation_.now);
    verdict.why = Words::phrase("why.next_step", {{"verb", verb.substr(verb.rfind('.') + 1)},
                                                  {"wait", wait_text(next->due - situation_.now)},
                                                  {"why", occurrence.says}});
    return std::nullopt;
  }

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

  // The past may forbid to act again: what is under way, was refused, was done, or is too fresh. `chain` is what is to
  // be done on one target, one after the other; its first action stands for all.
  void consider(std::vector<Intended> chain, std::optional<Duration> cooldown, Verdict& verdict) {
    const History& history = *situation_.history;
    Intended& intended = chain.front();
    const ResourceId target = intended.target->id;
    if (const ManualTouch* touch = respected_touch(target)) {
      verdict.why = Words::phrase("why.by_hand",
                                  {{"by", touch->by.empty() ? Words::phrase("why.somebody") : word_of_actor(touch->by)},
                                   {"until", clock_text(touch->at + policy_.respect_manual)}});
      verdict.look_again(touch->at + policy_.respect_manual);
      return;
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
      if (previous && previous->id == open->id) still_wanted_.push_back(open->id);
      if (!is_covered(intended.root)) uncovered_.insert(open->plan);
      return;
    }
    // What was just done may not be seen yet: conditions are asked of what the last looks saw.
    if (policy_.ensure && policy_.ensure->is_list() && history.touched(intended.root, situation_.now, kSettle)) {
      verdict.why = Words::phrase("why.settling", {{"settle", say_span(kSettle)}, {"why", verdict.why}});
      verdict.look_again(history.untouched_from(intended.root, situation_.now, kSettle));
      return;
    }
    if (const History::StandingPlan* standing = cooldown ? nullptr : in_force(target)) {
      verdict.why = Words::phrase(
          "why.stands", {{"at", clock_text(standing->at)}, {"quiet", say_span(standing->quiet)}, {"why", verdict.why}});
      return;
    }
    if (previous && previous->end == PastAction::End::kRejected) {
      verdict.why = Words::phrase("why.rejected", {{"by", word_of_actor(previous->by)}, {"why", verdict.why}});
      return;
    }
    const bool had_its_turn =
        previous && previous->end != PastAction::End::kExpired && previous->end != PastAction::End::kSkipped;
    if (had_its_turn && !cooldown) {
      verdict.why = Words::phrase("why.done_at", {{"at", clock_text(previous->at)}, {"why", verdict.why}});
      return;
    }
    if (const std::optional<Time> until = resting_until(target, previous, cooldown.value_or(kDefaultRest))) {
      verdict.why = Words::phrase("why.cooling", {{"until", clock_text(*until)}, {"why", verdict.why}});
      verdict.look_again(*until);
      return;
    }
    verdict.acts = true;
    verdict.verb = intended.verb;
    const int attempt = intended.attempt;
    for (Intended& each : chain) {
      each.attempt = attempt;
      intended_.push_back(std::move(each));
    }
  }

  // Until when the target rests after what was done to it, or tried; nothing when it may be acted on.
  std::optional<Time> resting_until(const ResourceId& target, const PastAction* previous, Duration rest) const {
    const PastAction* latest = situation_.history->latest(origin_, target);
    // A new period may bring the opposite state right after the last one succeeded: windows can be short.
    const bool free = policy_.ensure && !policy_.cooldown && latest != previous && latest &&
                      latest->end == PastAction::End::kSucceeded;
    if (latest && !free && rests(latest->at, rest)) return latest->at + rest;
    // What was skipped, or refused before anything was touched, would be so again at once.
    const bool untouched = previous && (previous->end == PastAction::End::kSkipped ||
                                        (previous->end == PastAction::End::kFailed && !previous->intended));
    if (untouched && rests(previous->at, rest)) return previous->at + rest;
    return std::nullopt;
  }

  // What was done further in the future than it has to rest was done before somebody set the clock back: nobody knows
  // when, and to wait for that time to come again could take for ever.
  bool rests(Time done, Duration rest) const { return situation_.now < done + rest && done <= situation_.now + rest; }

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
    std::map<ResourceId, size_t> actions;  // By root.
    for (const Intended& intended : intended_) ++actions[intended.root];
    const bool covered = policy_.approval == "standing" && keep_covered(actions);
    const Words unpriced = policy_.budget ? keep_within_budget(actions) : Words();
    if (intended_.empty()) return;
    const size_t whole = actions.size();
    std::set<ResourceId> roots;
    size_t taken = 0;
    for (const auto& [root, count] : actions) {
      if (!roots.empty() && taken + count > kMaxPlanActions) break;
      roots.insert(root);
      taken += count;
    }
    for (const auto& [root, count] : actions) {
      if (!roots.contains(root))
        put_off(root, Words::phrase("why.comes_after",
                                    {{"count", std::to_string(roots.size())}, {"whole", std::to_string(whole)}}));
    }
    std::erase_if(intended_, [&](const Intended& intended) { return !roots.contains(intended.root); });
    std::ranges::stable_sort(intended_, {}, &Intended::step);
    decision_.plan = PlanMaker(policy_, situation_.relations, selected_, whole).make(intended_, situation_.now);
    decision_.plan->left_out = over_budget_;
    if (!unpriced.empty()) {
      decision_.plan->approval = "ask";
      decision_.plan->title = Words::phrase("plan.asks_budget", {{"title", decision_.plan->title}, {"why", unpriced}});
      return;
    }
    if (covered || policy_.approval == "none") return;
    decision_.plan->approval = "ask";
    decision_.plan->grant = grant_of(roots);
  }

  // Leaves out what would cost more than the budget bears. What costs something that nobody knows is left in: says so,
  // and then a person is asked.
  Words keep_within_budget(std::map<ResourceId, size_t>& actions) {
    const BudgetVerdict verdict = judge_budget(policy_, situation_, decision_.verdicts, intended_);
    for (const auto& [root, why] : verdict.over) {
      put_off(root, why);
      actions.erase(root);
      decision_.over_budget.push_back(root);
    }
    if (!verdict.over.empty())
      over_budget_ = Words::phrase(
          "budget.left_out", {{"count", std::to_string(verdict.over.size())}, {"why", verdict.over.begin()->second}});
    std::erase_if(intended_, [&](const Intended& intended) { return verdict.over.contains(intended.root); });
    return verdict.unknown;
  }

  // Whether a person has agreed in advance to what this policy does to a selected resource.
  bool is_covered(const ResourceId& root) const {
    return covering(situation_.approvals, {policy_.name, policy_.version}, root, owners_of(root)) != nullptr;
  }

  std::span<const ResourceId> owners_of(const ResourceId& root) const {
    const auto owners = situation_.owners.find(root);
    return owners == situation_.owners.end() ? std::span<const ResourceId>() : owners->second;
  }

  // Leaves only what a person has agreed to in advance, where there is such; the rest comes in a plan of its own, which
  // asks. False when all of it has to be asked for.
  bool keep_covered(std::map<ResourceId, size_t>& actions) {
    std::set<ResourceId> uncovered;
    for (const auto& [root, count] : actions) {
      if (!is_covered(root)) uncovered.insert(root);
    }
    if (uncovered.size() == actions.size()) return false;
    for (const ResourceId& root : uncovered) {
      actions.erase(root);
      put_off(root, Words::phrase("why.asked_later"));
    }
    std::erase_if(intended_, [&](const Intended& intended) { return uncovered.contains(intended.root); });
    for (Intended& intended : intended_)
      intended.approved = approved_owner(situation_.approvals, {policy_.name, policy_.version}, intended.root,
                                         owners_of(intended.root));
    return true;
  }

  // What a person allows for good with a plan about `roots`.
  Grant grant_of(const std::set<ResourceId>& roots) const {
    Grant grant;
    if (policy_.approval == "standing") grant.policies.push_back({policy_.name, policy_.version});
    for (const std::string& name : policy_.grants) {
      const auto known = situation_.versions.find(name);
      if (known != situation_.versions.end() && name != policy_.name) grant.policies.push_back({name, known->second});
    }
    if (!grant.empty()) grant.resources.assign(roots.begin(), roots.end());
    return grant;
  }

  void put_off(const ResourceId& id, const Words& why) {
    for (Verdict& verdict : decision_.verdicts) {
      if (verdict.resource != id) continue;
      verdict.acts = false;
      verdict.why = Words::joined({why, verdict.why}, ": ");
    }
  }

  // A proposal whose every reason has gone needs no answer any more. One that is under way is left to the executor.
  void withdraw_stale() {
    for (const History::OpenPlan& plan : open_plans_) {
      if (plan.started) continue;
      const bool wanted_still = std::ranges::any_of(plan.actions, [&](const std::string& id) {
        return std::ranges::find(still_wanted_, id) != still_wanted_.end();
      });
      // Nobody needs to be asked for what has been approved of meanwhile: it comes again, and does not ask.
      const bool is_approved =
          policy_.approval == "standing" && !plan.grants_on.empty() &&
          std::ranges::all_of(plan.grants_on, [&](const ResourceId& id) { return is_covered(id); });
      // What was agreed to in advance, or written in the policy, when it was made may not be so any more: it comes
      // again, under what is so now.
      const bool is_of_before = plan.policy_version != policy_.version || (plan.stands && uncovered_.contains(plan.id));
      if (!wanted_still || is_approved || is_of_before) decision_.withdraw.push_back(plan.id);
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
      if (policy_.ensure->is_list() || policy_.ensure->has_own_schedules())
        decision_.summary = count_of("summary.as_wanted", as_wanted);
      else
        decision_.summary = state ? count_of("summary.are_as_wanted", as_wanted).with("state", state->name)
                                  : Words::phrase("summary.wants_nothing", {{"why", standing_.says}});
    } else {
      decision_.summary = occurrences_.empty() ? Words::phrase("summary.nothing_sets_off")
                                               : count_of("summary.to_act", static_cast<size_t>(acting));
    }
    if (acting > 0 && policy_.ensure)
      decision_.summary =
          Words::phrase("summary.would_change", {{"summary", decision_.summary}, {"count", std::to_string(acting)}});
  }

  Words count_of(std::string_view phrase, size_t count) const {
    return Words::phrase(phrase, {{"count", std::to_string(count)}, {"of", std::to_string(selected_)}});
  }

  const Policy& policy_;
  const Situation& situation_;
  std::string origin_;
  Schedule::Standing standing_;
  std::map<std::string, Result<Schedule::Standing>> standings_;  // By the text of the hours.
  std::vector<Occurrence> occurrences_;
  std::vector<History::StandingPlan> standing_plans_;
  std::vector<History::OpenPlan> open_plans_;
  std::set<std::string> uncovered_;  // Open plans about something that nobody has agreed to in advance.
  size_t selected_ = 0;
  std::vector<Intended> intended_;
  std::vector<std::string> still_wanted_;
  Words over_budget_;  // How many the budget held back, and why; nothing where none.
  Decision decision_;
};

}  // namespace

std::optional<Time> earlier(std::optional<Time> one, std::optional<Time> other) {
  return one && other ? std::min(*one, *other) : one ? one : other;
}

bool Decision::is_calm() const {
  return !plan && withdraw.empty() && undo.empty() && begun.empty() && dropped.empty() && over_budget.empty();
}

bool Policy::is_staged() const {
  return std::ranges::any_of(steps, [](const Step& step) { return step.wait > Duration(0); });
}

bool Policy::deletes_all() const {
  const auto is_it = [](const Step& step) { return step.verb == kDeleteAllOf; };
  const auto keeps_it = [&](const Kept& kept) { return is_it(kept.step); };
  if (std::ranges::any_of(steps, is_it)) return true;
  return ensure && (std::ranges::any_of(ensure->kept, keeps_it) || std::ranges::any_of(ensure->kept_outside, keeps_it));
}

bool Policy::reads(std::string_view kind) const {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  const auto names = [&](std::string_view text) {
    for (size_t begin = text.find(kind); begin != std::string_view::npos; begin = text.find(kind, begin + 1)) {
      const size_t end = begin + kind.size();
      if ((begin == 0 || !is_word(text[begin - 1])) && (end == text.size() || !is_word(text[end]))) return true;
    }
    return false;
  };
  const auto selects = [&](const Selection& each) { return each.kind == kind || names(each.where) || names(each.sql); };
  if (selects(select) || std::ranges::any_of(never, selects)) return true;
  if (!ensure) return false;
  const auto keeps = [&](const Kept& each) { return names(each.so); };
  return names(ensure->hours) || names(ensure->holidays) || std::ranges::any_of(ensure->kept, keeps) ||
         std::ranges::any_of(ensure->kept_outside, keeps);
}

Decision decide(const Policy& policy, const Situation& situation) { return Decider(policy, situation).decide(); }

}  // namespace capstan::decide
