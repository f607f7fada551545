#include "loop/policy_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/file.h"
#include "base/log.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostVerdictsShown = 500;
// Decisions share the loop's thread with approvals and the kill switch.
constexpr Duration kRoundTime{500};
constexpr Duration kSlow{50};  // What takes longer rests for so many times as long.
constexpr int kRestFactor = 20;

std::string subject_of(std::string_view policy) { return fmt::format("policy:{}", policy); }

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

constexpr size_t kMostBelongings = 5'000;  // Of one resource.

// What belongs to a resource, directly or not, by the relation belongs_to.
Result<std::vector<Resource>> belongings_of(const ResourceId& owner, const catalog::CatalogReader& catalog,
                                            std::vector<Relation>& relations) {
  std::vector<Resource> found;
  std::set<ResourceId> seen = {owner};
  std::vector<ResourceId> stack = {owner};
  while (!stack.empty()) {
    const ResourceId at = std::move(stack.back());
    stack.pop_back();
    for (const catalog::KnownRelation& one : TRY(catalog.relations_of(at))) {
      relations.push_back(one.relation);
      if (one.relation.kind != "belongs_to" || one.relation.target != at || !seen.insert(one.relation.source).second)
        continue;
      const auto known = TRY(catalog.resource(one.relation.source));
      if (!known) continue;
      if (found.size() >= kMostBelongings)
        return fail(ErrorCode::kResourceExhausted,
                    fmt::format("more than {} resources belong to {}", kMostBelongings, owner));
      found.push_back(known->resource);
      stack.push_back(one.relation.source);
    }
  }
  std::ranges::sort(found, {}, &Resource::id);
  return found;
}

// What a resource belongs to, the nearest first.
Result<std::vector<ResourceId>> owners_of(const ResourceId& id, const catalog::CatalogReader& catalog) {
  std::vector<ResourceId> owners;
  std::set<ResourceId> seen = {id};
  ResourceId at = id;
  while (true) {
    const auto relations = TRY(catalog.relations_of(at));
    const auto up = std::ranges::find_if(relations, [&](const catalog::KnownRelation& one) {
      return one.relation.kind == "belongs_to" && one.relation.source == at;
    });
    if (up == relations.end() || !seen.insert(up->relation.target).second) return owners;
    at = up->relation.target;
    owners.push_back(at);
  }
}

Json verdict_json(const decide::Verdict& verdict) {
  return Json::object({{"id", verdict.resource},
                       {"name", verdict.name},
                       {"matched", verdict.matched},
                       {"observed", verdict.observed},
                       {"wanted", verdict.wanted},
                       {"acts", verdict.acts},
                       {"why", verdict.why}});
}

}  // namespace

void PolicyBoard::apply(const Fact& fact) {
  history_.apply(fact);
  overrides_.apply(fact);
  touches_.apply(fact, history_);
}

void PolicyBoard::read_calendars(std::vector<Error>& problems) {
  const auto files = list_files(calendar_directory_, ".ics");
  if (!files) return;  // No directory, no calendars.
  decide::Calendars fresh;
  for (const std::filesystem::path& path : *files) {
    const std::string name = path.stem().string();
    const auto text = read_file(path);
    auto calendar = text ? decide::Calendar::parse(*text, path.string()) : fail(text.error());
    if (calendar) {
      fresh[name] = std::make_shared<const decide::Calendar>(std::move(*calendar));
      continue;
    }
    problems.push_back(calendar.error());
    if (const auto old = calendars_.find(name); old != calendars_.end()) fresh[name] = old->second;
  }
  calendars_ = std::move(fresh);
}

std::vector<Error> PolicyBoard::load(const ConfigTree& config, std::vector<std::string> kinds, Time now) {
  std::vector<Error> problems;
  read_calendars(problems);
  const decide::Vocabulary vocabulary{.verbs = parts_.verbs.specs(),
                                      .kinds = std::move(kinds),
                                      .calendars = &calendars_,
                                      .sql = &parts_.sql,
                                      .signals = &parts_.signals};
  std::map<std::filesystem::path, std::vector<decide::Policy>> good;
  for (const auto& [path, file] : config.files()) {
    if (!file.has(DocumentKind::kPolicy)) continue;
    decide::ReadPolicies read = decide::read_policies(file.of(DocumentKind::kPolicy), vocabulary);
    if (read.problems.empty()) {
      good[path] = std::move(read.policies);
      continue;
    }
    for (Error& problem : read.problems) problems.push_back(std::move(problem));
    if (const auto old = good_.find(path); old != good_.end()) good[path] = std::move(old->second);
  }
  good_ = std::move(good);

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
  publish_schedules();
  return problems;
}

namespace {

bool has_schedule(const decide::Policy& policy) {
  return policy.ensure && (!policy.ensure->hours.empty() || !policy.ensure->schedule.always());
}

}  // namespace

void PolicyBoard::publish_schedules() const {
  if (parts_.money == nullptr) return;
  MoneyBook::Policies scheduled;
  for (const auto& [name, entry] : entries_) {
    if (!has_schedule(entry.policy)) continue;
    const decide::Ensure& ensure = *entry.policy.ensure;
    scheduled.push_back({.name = name,
                         .help = entry.policy.help,
                         .schedule = ensure.schedule,
                         .says = ensure.schedule.describe(),
                         .own_hours = !ensure.hours.empty(),
                         .zone = ensure.zone});
  }
  parts_.money->set_policies(std::move(scheduled));
}

void PolicyBoard::write_coverage(const decide::Policy& policy, const std::vector<decide::Candidate>& candidates,
                                 Time now) {
  if (parts_.money == nullptr || !has_schedule(policy)) return;
  std::map<ResourceId, std::string> about;
  for (const decide::Candidate& candidate : candidates) {
    if (candidate.selected && candidate.never.empty()) about.emplace(candidate.resource.id, candidate.hours);
  }
  const std::vector<NewFact> facts = parts_.money->cover(policy.name, about, now);
  if (facts.empty()) return;
  if (const auto written = parts_.facts.append(facts); !written)
    log::warning("loop", "cannot write down what a policy is about: " + written.error().to_string());
}

Time PolicyBoard::in_force_since(const decide::Policy& policy, Time now) {
  const auto facts = parts_.ledger.by_subject(subject_of(policy.name), 20);
  if (facts) {
    for (const Fact& fact : *facts) {
      if (fact.kind != fact_kind::kPolicyLoaded) continue;
      if (fact.body["version"].string_or_empty() == policy.version) return fact.at;
      break;  // Another version came in between: this one is in force anew.
    }
  }
  const auto written =
      parts_.facts.append_one({now, std::string(fact_kind::kPolicyLoaded), subject_of(policy.name),
                               Json::object({{"version", policy.version}, {"file", policy.at.file}}), 0, "capstan"});
  if (!written) log::warning("loop", "cannot write down that a policy was loaded: " + written.error().to_string());
  return now;
}

Result<PolicyBoard::Picture> PolicyBoard::picture_of(const catalog::CatalogReader& catalog) {
  return Picture{TRY(catalog.open_findings()), TRY(catalog.open_incidents())};
}

void PolicyBoard::decide(const catalog::CatalogReader& catalog, Time now) {
  if (entries_.empty()) return;
  const Result<Picture> picture = picture_of(catalog);
  const Duration began = parts_.clock.monotonic();
  auto each = entries_.lower_bound(next_);
  for (size_t left = entries_.size(); left > 0; --left, ++each) {
    if (each == entries_.end()) each = entries_.begin();
    auto& [name, entry] = *each;
    next_ = name;
    const Duration before = parts_.clock.monotonic();
    if (before - began > kRoundTime) return;
    if (before < entry.not_before) continue;
    const Status status = picture ? decide_one(entry, catalog, *picture, now) : fail(picture.error());
    entry.error = status ? "" : status.error().to_string();
    const Duration took = parts_.clock.monotonic() - before;
    if (took > kSlow) entry.not_before = before + kRestFactor * took;
  }
}

Status PolicyBoard::decide_one(Entry& entry, const catalog::CatalogReader& catalog, const Picture& picture, Time now,
                               Seq asked_by) {
  if (const std::string waits = waits_for_ ? waits_for_(entry.policy) : ""; !waits.empty()) {
    entry.last = {};
    entry.last.summary = "waits for " + waits;
    return {};
  }
  decide::Situation situation;
  situation.candidates = TRY(
      decide::select_candidates(entry.policy, parts_.sql, parts_.resources, picture.findings, picture.incidents, now));
  write_coverage(entry.policy, situation.candidates, now);
  if (entry.policy.order_depends_on) situation.relations = relations_between(situation.candidates, catalog);
  situation.findings = picture.findings;
  if (entry.policy.undo_after_quiet) {
    std::ranges::move(TRY(catalog.resolved_findings(entry.policy.when->name)), std::back_inserter(situation.findings));
  }
  situation.incidents = picture.incidents;
  situation.overrides = overrides_.active(now);
  TRY(add_belongings(entry.policy, catalog, situation));
  situation.touches = touches_.of(entry.policy);
  situation.history = &history_;
  situation.now = now;
  situation.in_force_since = entry.in_force_since;
  entry.last = decide::decide(entry.policy, situation);
  if (parts_.executor.paused(subject_of(entry.policy.name))) return {};
  for (const std::string& plan : entry.last.withdraw) {
    // Refused when somebody has started it meanwhile, which is as it should be.
    (void)parts_.executor.withdraw(plan, "no longer called for", now);
  }
  undo_quiet(entry, now);
  if (!entry.last.plan) return {};
  if (asked_by != 0) entry.last.plan->cause = asked_by;
  const auto submitted = parts_.executor.submit(*entry.last.plan, now);
  if (!submitted && submitted.error().code != ErrorCode::kAlreadyExists) return fail(submitted.error());
  return {};
}

Status PolicyBoard::add_belongings(const decide::Policy& policy, const catalog::CatalogReader& catalog,
                                   decide::Situation& situation) {
  const bool deletes = policy.deletes_all();
  const bool inherits =
      std::ranges::any_of(situation.overrides, [](const decide::Override& each) { return !each.resource.empty(); });
  if (!deletes && !inherits) return {};
  for (const decide::Candidate& candidate : situation.candidates) {
    if (!candidate.selected) continue;
    const ResourceId& id = candidate.resource.id;
    if (deletes) situation.belongings[id] = TRY(belongings_of(id, catalog, situation.relations));
    if (inherits) situation.owners[id] = TRY(owners_of(id, catalog));
  }
  return {};
}

void PolicyBoard::undo_quiet(const Entry& entry, Time now) {
  for (const std::string& plan : entry.last.undo) {
    const Status undone = parts_.executor.undo(plan, "its alert has been quiet", subject_of(entry.policy.name), now);
    const bool never = !undone && (undone.error().code == ErrorCode::kFailedPrecondition ||
                                   undone.error().code == ErrorCode::kNotFound);
    if (!never) continue;
    // Something else has been done to its targets since, for one: said once, and then it counts as meant to stay.
    const NewFact fact{now,  std::string(fact_kind::kPlanKept),
                       plan, Json::object({{"plan_id", plan}, {"says", undone.error().message}}),
                       0,    subject_of(entry.policy.name)};
    if (const auto written = parts_.facts.append_one(fact); !written)
      log::warning("loop", "cannot write down that a plan is kept: " + written.error().to_string());
  }
}

std::vector<decide::Notice> PolicyBoard::notices(Time now) {
  std::vector<decide::Notice> all;
  for (auto& [name, entry] : entries_) {
    if (parts_.executor.paused(subject_of(name))) continue;
    auto due = decide::due_notices(entry.policy, parts_.sql, parts_.resources, now);
    if (due)
      std::ranges::move(*due, std::back_inserter(all));
    else
      entry.error = due.error().to_string();
  }
  return all;
}

Json PolicyBoard::entry_json(const Entry& entry) const {
  Json::Array verdicts;
  for (const decide::Verdict& verdict : entry.last.verdicts) {
    if (verdicts.size() >= kMostVerdictsShown) break;
    verdicts.push_back(verdict_json(verdict));
  }
  return Json::object({{"name", entry.policy.name},
                       {"help", entry.policy.help},
                       {"file", entry.file.string()},
                       {"line", entry.policy.at.line},
                       {"version", entry.policy.version},
                       {"approve", entry.policy.approval},
                       {"paused", parts_.executor.paused(subject_of(entry.policy.name))},
                       {"summary", entry.last.summary},
                       {"error", entry.error},
                       {"resources", std::move(verdicts)},
                       {"plan", entry.last.plan ? entry.last.plan->to_json() : Json()}});
}

Json PolicyBoard::to_json() const {
  Json::Array policies;
  for (const auto& [name, entry] : entries_) policies.push_back(entry_json(entry));
  return Json::object({{"policies", std::move(policies)}});
}

Result<Json> PolicyBoard::run(std::string_view name, std::string_view by, const catalog::CatalogReader& catalog,
                              Time now) {
  const auto found = entries_.find(std::string(name));
  if (found == entries_.end()) return fail(ErrorCode::kNotFound, fmt::format("there is no policy '{}'", name));
  Entry& entry = found->second;
  if (parts_.executor.paused(subject_of(entry.policy.name)))
    return fail(ErrorCode::kFailedPrecondition, fmt::format("the policy '{}' is paused", name));
  const Picture picture = TRY(picture_of(catalog));
  const Seq asked = TRY(parts_.facts.append_one({now, std::string(fact_kind::kPolicyRun), subject_of(entry.policy.name),
                                                 Json::object({{"by", by}}), 0, std::string(by)}));
  TRY(decide_one(entry, catalog, picture, now, asked));
  Json answer = Json::object({{"plan", nullptr}, {"says", entry.last.summary}});
  if (entry.last.plan) {
    if (const auto status = parts_.executor.status(entry.last.plan->id)) answer.set("plan", *status);
  }
  return answer;
}

}  // namespace capstan::loop
