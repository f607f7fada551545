#include "decide/candidate_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "model/span.h"

namespace capstan::decide {
namespace {

constexpr Duration kEnsureCooldown{900'000};  // Before a state that did not come about is asked for again.

}  // namespace

Verdict CandidateJudge::judge(const Candidate& candidate) {
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
const Override* CandidateJudge::override_of(const ResourceId& id, Verdict& verdict) const {
  const Override* found = find_override(id);
  if (!found) return nullptr;
  verdict.override = found->id;
  verdict.why = Words::phrase("why.override", {{"by", word_of_actor(found->by)}, {"until", clock_text(found->until)}});
  verdict.look_again(found->until);
  return found;
}

// The override of the candidate itself comes before one of what it belongs to.
const Override* CandidateJudge::find_override(const ResourceId& id) const {
  const Override* own = governing(situation_.overrides, policy_.name, id, situation_.now);
  if (own && !own->resource.empty()) return own;
  for (const ResourceId& owner : situation_.owners_of(id)) {
    const Override* inherited = governing(situation_.overrides, policy_.name, owner, situation_.now);
    if (inherited && !inherited->resource.empty()) return inherited;
  }
  return own;
}

// Within its hours or outside of them: its own where the policy asks for such.
Result<Schedule::Standing> CandidateJudge::standing_of(const Candidate& candidate) {
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
std::optional<Schedule::Standing> CandidateJudge::judge_time(const Candidate& candidate, std::string_view prefix,
                                                             Verdict& verdict, std::string& key) {
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
const WantedState* CandidateJudge::wanted(const Candidate& candidate, Verdict& verdict, std::string& key) {
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

void CandidateJudge::judge_state(const Candidate& candidate, Verdict& verdict) {
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
    verdict.why = words_.phrase("why.is_as_wanted", "state", state->name, verdict.why);
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
const std::vector<Kept>* CandidateJudge::wanted_list(const Candidate& candidate, Verdict& verdict, std::string& key,
                                                     size_t& first) {
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

void CandidateJudge::judge_list(const Candidate& candidate, Verdict& verdict) {
  std::string key;
  size_t first = 0;
  const std::vector<Kept>* list = wanted_list(candidate, verdict, key, first);
  if (!list) return;
  std::string missing;
  std::string unknown;
  std::vector<Intended> chain;
  size_t wanted = 0;
  size_t found = 0;
  for (size_t i = 0; i < list->size(); ++i) {
    const Kept& kept = (*list)[i];
    if (!kept.counts(!verdict.override.empty())) continue;
    ++wanted;
    const std::optional<bool> so = first + i < candidate.so.size() ? candidate.so[first + i] : std::nullopt;
    if (!so) unknown += (unknown.empty() ? "" : ", ") + kept.name;
    if (so == true) ++found;
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
  verdict.wanted = fmt::format("{0}/{0}", wanted);
  verdict.observed = fmt::format("{}/{}", found, wanted);
  if (chain.empty() && missing.empty()) {
    verdict.as_wanted = unknown.empty();
    verdict.why = words_.phrase(unknown.empty() ? "why.as_wanted" : "why.not_known", "what", unknown, verdict.why);
    return;
  }
  verdict.why = Words::phrase("why.not_so", {{"what", missing}, {"why", verdict.why}});
  if (!chain.empty()) consider(std::move(chain), policy_.cooldown.value_or(kEnsureCooldown), verdict);
}

Intended CandidateJudge::intend(const Resource& target, const ResourceId& root, const std::string& key,
                                const Words& reason) const {
  Intended intended;
  intended.target = &target;
  intended.root = root;
  intended.key = key;
  intended.reason = reason;
  return intended;
}

// Everything that belongs to the candidate, each with its own past.
void CandidateJudge::add_deletions(const Candidate& candidate, size_t step, const std::string& key, const Words& reason,
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

void CandidateJudge::judge_occurrence(const Candidate& candidate, Verdict& verdict) {
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
    begun_.push_back({candidate.resource.id, occurrence->key, occurrence->says});
}

// What the clock has begun goes on by itself; the clock is not waited for again.
std::optional<Occurrence> CandidateJudge::begun_by_clock(const ResourceId& target) const {
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
std::optional<Stage> CandidateJudge::due_stage(const ResourceId& target, const Occurrence& occurrence,
                                               Verdict& verdict) const {
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

void CandidateJudge::consider(std::vector<Intended> chain, std::optional<Duration> cooldown, Verdict& verdict) {
  if (past_.allows(chain, cooldown, verdict)) std::ranges::move(chain, std::back_inserter(intended_));
}

}  // namespace capstan::decide
