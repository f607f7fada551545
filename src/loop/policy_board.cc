#include "loop/policy_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/log.h"
#include "base/suggest.h"
#include "loop/belongings.h"
#include "loop/calendar_files.h"
#include "loop/side_notes.h"
#include "loop/undo_guard.h"
#include "loop/verdict_merge.h"
#include "model/policy_subject.h"

namespace capstan::loop {
namespace {

// Decisions share the loop's thread with approvals and the kill switch.
constexpr Duration kRoundTime{500};
constexpr Duration kSlow{50};  // What takes longer rests for so many times as long.
constexpr int kRestFactor = 20;

std::vector<Relation> relations_between(const std::vector<decide::Candidate>& candidates,
                                        const catalog::CatalogReader& catalog) {
  std::vector<Relation> relations;
  for (const decide::Candidate& candidate : candidates) {
    const auto known = catalog.relations_of(candidate.resource.id);
    if (!known) continue;
    for (const catalog::KnownRelation& one : *known) {
      if (one.relation.source == candidate.resource.id) relations.push_back(one.relation);
    }
  }
  return relations;
}

}  // namespace

void PolicyBoard::apply(const Fact& fact) {
  history_.apply(fact);
  overrides_.apply(fact);
  overrides_asked_.reset();
  approvals_.apply(fact);
  touches_.apply(fact, history_);
  unread_.apply(fact);
  rest_.note(fact, {.history = history_, .inherits = overrides_.name_resources()});
}

std::vector<Error> PolicyBoard::load(const ConfigTree& config, std::span<const KindSpec> kinds, Time now) {
  std::vector<Error> problems;
  calendars_ = read_calendars(calendar_directory_, calendars_, problems);
  kinds_.clear();
  for (const KindSpec& kind : kinds) kinds_.push_back(kind.name);
  titles_ko_.clear();
  for (const VerbSpec* verb : parts_.verbs.specs()) {
    if (!verb->title_ko.empty()) titles_ko_.emplace(verb->name, verb->title_ko);
  }
  const decide::Vocabulary words = vocabulary();
  PolicyFiles good;
  std::set<std::filesystem::path> unread;
  for (const auto& [path, problem] : config.problems()) {
    if (!config.files().contains(path)) unread.insert(path);
  }
  for (const auto& [path, file] : config.files()) {
    if (!file.has(DocumentKind::kPolicy)) continue;
    decide::ReadPolicies read = decide::read_policies(file.of(DocumentKind::kPolicy), words);
    if (read.problems.empty()) {
      good[path] = std::move(read.policies);
      continue;
    }
    for (Error& problem : read.problems) problems.push_back(std::move(problem));
    if (const auto old = good_.find(path); old != good_.end())
      good[path] = std::move(old->second);
    else
      unread.insert(path);
  }
  std::ranges::move(check_grants(good, good_, unread), std::back_inserter(problems));
  good_ = std::move(good);
  unread_.set_files(std::move(unread));

  std::map<std::string, Entry> entries;
  for (const auto& [path, policies] : good_) {
    for (const decide::Policy& policy : policies) {
      if (entries.contains(policy.name)) {
        problems.push_back(
            {ErrorCode::kAlreadyExists,
             fmt::format("a policy named '{}' is already in {}", policy.name, entries[policy.name].file.string()),
             policy.at});
        continue;
      }
      const auto old = entries_.find(policy.name);
      const bool same = old != entries_.end() && old->second.policy.version == policy.version;
      Entry entry;
      entry.policy = policy;
      entry.file = path;
      entry.in_force_since = same ? old->second.in_force_since : in_force_since(policy, now);
      if (same) entry.last = old->second.last;
      entries[policy.name] = std::move(entry);
    }
  }
  entries_ = std::move(entries);
  may_have_orphans_ = true;
  std::map<std::string, PolicyNeeds> needs;
  for (const auto& [name, entry] : entries_) needs.emplace(name, needs_of(entry.policy, kinds));
  rest_.set(std::move(needs));
  publish_schedules();
  return problems;
}

decide::Vocabulary PolicyBoard::vocabulary() const {
  return {.verbs = parts_.verbs.specs(),
          .kinds = kinds_,
          .calendars = &calendars_,
          .sql = &parts_.sql,
          .signals = &parts_.signals};
}

Time PolicyBoard::in_force_since(const decide::Policy& policy, Time now) {
  const auto facts = parts_.ledger.by_subject(policy_subject(policy.name), 20);
  if (facts) {
    for (const Fact& fact : *facts) {
      if (fact.kind != fact_kind::kPolicyLoaded) continue;
      if (fact.body["version"].string_or_empty() == policy.version) return fact.at;
      break;  // Another version came in between: this one is in force anew.
    }
  }
  const auto written =
      parts_.facts.append_one({now, std::string(fact_kind::kPolicyLoaded), policy_subject(policy.name),
                               Json::object({{"version", policy.version}, {"file", policy.at.file}}), 0, "capstan"});
  if (!written) log::warning("loop", "cannot write down that a policy was loaded: " + written.error().to_string());
  return now;
}

Result<PolicyBoard::Round> PolicyBoard::round_over(const catalog::CatalogReader& catalog, Time now) {
  return Round{catalog, TRY(catalog.open_findings()), TRY(catalog.open_incidents()), now};
}

// What a policy wanted that is not in force any more, and nothing has been done of. One comes to be when files are
// read; what somebody has approved of before that ends by itself, or is taken back when a freeze holds it.
void PolicyBoard::withdraw_orphans(Time now) {
  if (!std::exchange(may_have_orphans_, false)) return;
  for (const std::string& origin : history_.open_origins()) {
    const std::string_view policy = policy_of_subject(origin);
    if (policy.empty() || entries_.contains(std::string(policy))) continue;
    if (!unread_.file_of(policy).empty()) continue;  // It may want them still: they wait for its file.
    may_have_orphans_ = true;
    for (const decide::History::OpenPlan& plan : history_.open_plans(origin)) {
      if (!plan.started) (void)parts_.executor.withdraw(plan.id, Words::phrase("why.not_in_force"), now);
    }
  }
}

void PolicyBoard::decide(const catalog::CatalogReader& catalog, Time now) {
  rest_.check(parts_.ledger.last_seq(), catalog.seq());
  withdraw_orphans(now);
  if (entries_.empty()) return;
  const Result<Round> round = round_over(catalog, now);
  const auto changes = rest_.take_changes();
  const Duration began = parts_.clock.monotonic();
  for (auto& [name, entry] : entries_) {
    if (!changes) entry.not_before = Duration(0);
    const bool waits = waits_for_ && !waits_for_(entry.policy).empty();
    // What changed is not told a second time.
    if (!round || waits) rest_.wake(name);
    // Of what has to be looked at first the newest is not known: all of it is decided over as soon as it is.
    if (waits) entry.not_before = Duration(0);
    const bool is_slow = began < entry.not_before && !entry.policy.budget;  // A budget is for all together.
    if (round && changes && is_slow) decide_changes(entry, *changes, *round, true);
  }
  auto each = entries_.lower_bound(next_);
  for (size_t left = entries_.size(); left > 0; --left, ++each) {
    if (each == entries_.end()) each = entries_.begin();
    auto& [name, entry] = *each;
    next_ = name;
    const Duration before = parts_.clock.monotonic();
    if (before - began > kRoundTime) return wake_from(each, left);
    if (rest_.rests(name, now) && before >= entry.not_before) decide_changes(entry, *changes, *round, false);
    if (rest_.rests(name, now)) {
      ++rest_.passes().spared;
      continue;
    }
    if (before < entry.not_before) continue;
    decide_fully(entry, round, now);
    const Duration took = parts_.clock.monotonic() - before;
    if (took > kSlow) entry.not_before = before + kRestFactor * took;
  }
}

// What has changed of those that this round does not come to is asked about with the rest.
void PolicyBoard::wake_from(std::map<std::string, Entry>::iterator each, size_t left) {
  for (; left > 0; --left, ++each) {
    if (each == entries_.end()) each = entries_.begin();
    rest_.wake(each->first);
  }
}

// Puts it to rest where nothing follows from what was decided, and nobody waits for anything.
void PolicyBoard::decide_fully(Entry& entry, const Result<Round>& round, Time now) {
  const std::string& name = entry.policy.name;
  ++rest_.passes().over_all;
  rest_.begin(name);
  const Status status = round ? decide_one(entry, *round) : fail(round.error());
  entry.error = status ? "" : status.error().to_string();
  const std::string origin = policy_subject(name);
  const bool is_open = !history_.open_plans(origin).empty() || !history_.standing_plans(origin).empty();
  rest_.end(name, now, decide::earlier(entry.last.again, overrides_.next_edge(now)), is_open);
  const bool may_rest =
      status && entry.waits_for.empty() && entry.last.is_calm() && entry.is_covered && parts_.facts.is_in_step();
  if (!may_rest) rest_.wake(name);
}

Result<decide::Decision> PolicyBoard::decision_of(const decide::Policy& policy, Time in_force_since, const Round& round,
                                                  const decide::SelectOptions& options,
                                                  std::optional<decide::Situation::Rest> rest) const {
  decide::Situation situation;
  situation.candidates = TRY(decide::select_candidates(policy, parts_.sql, parts_.resources, round.findings,
                                                       round.incidents, round.now, options));
  if (policy.order_depends_on) situation.relations = relations_between(situation.candidates, round.catalog);
  if (policy.when) {
    situation.findings = round.findings;
    situation.incidents = round.incidents;
  }
  if (policy.undo_after_quiet) {
    std::ranges::move(TRY(round.catalog.resolved_findings(policy.when->name)), std::back_inserter(situation.findings));
  }
  situation.overrides = overrides_.active(round.now);
  if (policy.approval == "standing") situation.approvals = approvals_.all();
  for (const std::string& name : policy.grants) {
    if (const auto granted = entries_.find(name); granted != entries_.end())
      situation.versions[name] = granted->second.policy.version;
  }
  TRY(add_belongings(policy, round.catalog, situation));
  situation.touches = touches_.of(policy);
  situation.history = &history_;
  situation.titles_ko = &titles_ko_;
  situation.rest = rest;
  situation.now = round.now;
  situation.in_force_since = in_force_since;
  if (policy.budget && money_of_) TRY(during("the money of its targets", money_of_(policy, situation)));
  decide::Decision decision = decide::decide(policy, situation);
  if (decision.plan) add_side_notes(*decision.plan, parts_.verbs, parts_.resources);
  return decision;
}

Status PolicyBoard::decide_one(Entry& entry, const Round& round, Seq asked_by) {
  entry.waits_for = waits_for_ ? waits_for_(entry.policy) : Words();
  if (!entry.waits_for.empty()) {
    entry.last = {};
    entry.last.summary = Words::phrase("summary.waits_for", {{"what", entry.waits_for}});
    return {};
  }
  entry.last = TRY(decision_of(entry.policy, entry.in_force_since, round, {.left_out = false}));
  entry.is_covered = write_coverage(entry, round.now);
  return hand_over(entry, round.now, asked_by);
}

// What takes long to ask about all, or rests, is asked about what has changed alone.
void PolicyBoard::decide_changes(Entry& entry, const PolicyRest::Changes& changes, const Round& round, bool is_slow) {
  const auto changed = changes.find(entry.policy.select.kind);
  if (changed == changes.end()) return;
  const std::string& name = entry.policy.name;
  ++rest_.passes().over_changes;
  Result<decide::Decision> decision =
      decision_of(entry.policy, entry.in_force_since, round, {.left_out = false, .only = changed->second},
                  beside(entry.last, changed->second));
  // Where anything follows, all is asked about after all: in this very round, unless that takes long.
  if (!decision || !decision->is_calm()) rest_.wake(name);
  if (!decision) entry.error = decision.error().to_string();
  if (!decision || (!decision->is_calm() && !is_slow)) return;
  merge(entry.last, changed->second, *std::move(decision));
  rest_.shorten(name, entry.last.again);
  if (!write_coverage(entry, round.now)) rest_.wake(name);
  if (const Status status = hand_over(entry, round.now, 0); !status) entry.error = status.error().to_string();
}

// Gives the executor what was decided last.
Status PolicyBoard::hand_over(Entry& entry, Time now, Seq asked_by) {
  if (parts_.executor.paused(policy_subject(entry.policy.name))) return {};
  for (const std::string& plan : entry.last.withdraw) {
    // Refused when somebody has started it meanwhile, which is as it should be.
    (void)parts_.executor.withdraw(plan, Words::phrase("why.not_called_for"), now);
  }
  const Status undone = undo_quiet(entry, now);
  TRY(write_stages(entry, now));
  if (!entry.last.plan) return undone;
  if (asked_by != 0) entry.last.plan->cause = asked_by;
  const auto submitted = parts_.executor.submit(*entry.last.plan, now);
  if (!submitted && submitted.error().code != ErrorCode::kAlreadyExists) return fail(submitted.error());
  return undone;
}

// Before the plan: what was begun and is not known as begun would never end.
Status PolicyBoard::write_stages(const Entry& entry, Time now) {
  std::vector<NewFact> facts = decide::dropped_facts(entry.policy.name, entry.last.dropped, now);
  std::ranges::move(decide::begun_facts(entry.policy.name, entry.last.begun, now), std::back_inserter(facts));
  if (!facts.empty()) TRY(parts_.facts.append(facts));
  return {};
}

Status PolicyBoard::add_belongings(const decide::Policy& policy, const catalog::CatalogReader& catalog,
                                   decide::Situation& situation) {
  const bool deletes = policy.deletes_all();
  const bool inherits =
      std::ranges::any_of(situation.overrides, [](const decide::Override& each) { return !each.resource.empty(); });
  const bool is_approved = !situation.approvals.empty();
  if (!deletes && !inherits && !is_approved) return {};
  for (const decide::Candidate& candidate : situation.candidates) {
    if (!candidate.selected) continue;
    const ResourceId& id = candidate.resource.id;
    // Conditions that all hold need nobody's approval.
    const bool may_act = candidate.so.empty() || std::ranges::count(candidate.so, std::optional(false)) > 0;
    if (deletes) situation.belongings[id] = TRY(belongings_of(id, catalog, situation.relations));
    if (inherits || (is_approved && may_act)) situation.owners[id] = TRY(owners_of(id, catalog));
  }
  return {};
}

Status PolicyBoard::undo_quiet(const Entry& entry, Time now) {
  Status told;
  for (const std::string& plan : entry.last.undo) {
    const Result<Json> status = parts_.executor.status(plan);
    const Result<Words> forbidden =
        status ? forbidden_to_undo(entry.policy, Plan::from_json((*status)["plan"]), parts_.sql, now) : Words();
    if (!forbidden) {
      told = during(fmt::format("undoing {}", plan), Status(fail(forbidden.error())));
      continue;  // Another time.
    }
    if (!forbidden->empty()) {
      keep_done(entry, plan, *forbidden, true, now);
      continue;
    }
    const Status undone =
        parts_.executor.undo(plan, Words::phrase("why.alert_quiet"), policy_subject(entry.policy.name), now);
    const bool never = !undone && (undone.error().code == ErrorCode::kFailedPrecondition ||
                                   undone.error().code == ErrorCode::kNotFound);
    if (!never) continue;
    // Something else has been done to its targets since, for one.
    keep_done(entry, plan, undone.error().message, false, now);
  }
  return told;
}

// Said once, and then it counts as meant to stay; where it `asks`, people are told, and may undo it.
void PolicyBoard::keep_done(const Entry& entry, const std::string& plan, const Words& says, bool asks, Time now) {
  NewFact fact{now, std::string(fact_kind::kPlanKept), plan, Json::object({{"plan_id", plan}}),
               0,   policy_subject(entry.policy.name)};
  set_words(fact.body, "says", says);
  if (asks) fact.body.set("asks", true);
  if (const auto written = parts_.facts.append_one(fact); !written)
    log::warning("loop", "cannot write down that a plan is kept: " + written.error().to_string());
}

std::vector<decide::Notice> PolicyBoard::notices(Time now) {
  std::vector<decide::Notice> all;
  for (auto& [name, entry] : entries_) {
    if (parts_.executor.paused(policy_subject(name))) continue;
    auto due = decide::due_notices(entry.policy, parts_.sql, parts_.resources, now);
    if (due)
      std::ranges::move(*due, std::back_inserter(all));
    else
      entry.error = due.error().to_string();
  }
  return all;
}

Result<Json> PolicyBoard::run(std::string_view name, std::string_view by, const catalog::CatalogReader& catalog,
                              Time now) {
  TRY(check_name(name));
  Entry& entry = entries_.at(std::string(name));
  if (parts_.executor.paused(policy_subject(entry.policy.name)))
    return fail(ErrorCode::kFailedPrecondition, fmt::format("the policy '{}' is paused", name));
  const Round round = TRY(round_over(catalog, now));
  const Seq asked =
      TRY(parts_.facts.append_one({now, std::string(fact_kind::kPolicyRun), policy_subject(entry.policy.name),
                                   Json::object({{"by", by}}), 0, std::string(by)}));
  TRY(decide_one(entry, round, asked));
  Json answer = Json::object({{"plan", nullptr}});
  set_words(answer, "says", entry.last.summary);
  if (entry.last.plan) {
    if (const auto status = parts_.executor.status(entry.last.plan->id)) answer.set("plan", *status);
  }
  return answer;
}

const std::vector<decide::Override>& PolicyBoard::overrides_at(Time now) const {
  if (overrides_asked_ != now) overrides_then_ = overrides_.active(now);
  overrides_asked_ = now;
  return overrides_then_;
}

const decide::Policy* PolicyBoard::policy_of(const Plan& plan) const {
  const auto found = entries_.find(std::string(policy_of_subject(plan.origin)));
  return found == entries_.end() ? nullptr : &found->second.policy;
}

std::string PolicyBoard::unread_file_of(const Plan& plan) const {
  const std::string_view policy = policy_of_subject(plan.origin);
  return policy.empty() || policy_of(plan) != nullptr ? "" : unread_.file_of(policy);
}

std::optional<decide::Policy> PolicyBoard::find(std::string_view name) const {
  const auto found = entries_.find(std::string(name));
  return found == entries_.end() ? std::nullopt : std::optional(found->second.policy);
}

Status PolicyBoard::check_name(std::string_view name) const {
  if (entries_.contains(std::string(name))) return {};
  std::vector<std::string_view> names;
  for (const auto& [known, entry] : entries_) names.push_back(known);
  return fail(ErrorCode::kNotFound, fmt::format("there is no policy '{}'{}", name, did_you_mean(name, names)));
}

Result<Grant> PolicyBoard::grant_of(std::string_view policy, const ResourceId& resource) const {
  TRY(check_name(policy));
  const decide::Policy& known = entries_.at(std::string(policy)).policy;
  if (known.approval != "standing") {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the policy '{}' takes no standing approval: its 'approve' is {}", policy, known.approval));
  }
  Grant grant{.policies = {{known.name, known.version}}, .resources = {}};
  if (!resource.empty()) grant.resources.push_back(resource);
  return grant;
}

bool PolicyBoard::has_approval(std::string_view id) const {
  const std::vector<StandingApproval> all = approvals_.all();
  return std::ranges::find(all, id, &StandingApproval::id) != all.end();
}

}  // namespace capstan::loop
