#include "explain/causes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "explain/describe.h"
#include "explain/explained.h"

namespace capstan::explain {
namespace {

constexpr size_t kMostCauses = 5;
constexpr Duration kLookBack = std::chrono::minutes(10);
constexpr Duration kRecencyScale = std::chrono::minutes(2);
constexpr Duration kStartedTogether = std::chrono::seconds(5);
// A symptom is noticed some seconds after it began, so a start shortly after "since" is still before it.
constexpr Duration kNoticeDelay = std::chrono::seconds(30);
constexpr double kBesideExplained = 0.5;  // What remains of another cause where a finding explains it all.
constexpr double kLeastShare = 0.02;      // A candidate below it explains nothing.

struct Candidate {
  Resource resource;
  double value = 0;      // Its part of the symptom, in the symptom's unit.
  double proximity = 1;  // 1 / relations in between.
  std::optional<Time> changed_at;
  Seq fact = 0;
  Words change;  // "ended by signal 9", for a cause that is a change.
};

double recency(std::optional<Time> changed_at, Time since) {
  if (!changed_at || *changed_at > since + kNoticeDelay) return 0;
  const Duration before = std::max(Duration(0), since - *changed_at);
  return std::exp(-to_seconds(before) / to_seconds(kRecencyScale));
}

// Whether two candidates are one culprit in several processes: the same program of the same user, or children of one
// parent that take about the same; in either case started together.
bool alike(const Candidate& a, const Candidate& b) {
  const Resource& x = a.resource;
  const Resource& y = b.resource;
  if (x.kind != y.kind || !a.change.empty() || !b.change.empty()) return false;
  const auto same = [&](std::string_view field) { return x.fields[field] == y.fields[field]; };
  const bool same_program = x.name == y.name && same("exe") && same("user");
  const bool siblings = x.fields.contains("ppid") && same("ppid") && a.value < 2 * b.value && b.value < 2 * a.value;
  if (!same_program && !siblings) return false;
  if (!a.changed_at || !b.changed_at) return same_program && a.changed_at == b.changed_at;
  return std::chrono::abs(*a.changed_at - *b.changed_at) <= kStartedTogether;
}

// The facts of this resource's appearance, if they are recent enough to be at hand.
Seq appearance_fact(const Resource& resource, const World& world, Time from, Time to) {
  for (const Fact& fact : world.changes_near(resource.id, from, to)) {
    if (fact.subject == resource.id && fact.kind == fact_kind::kResourceAppeared) return fact.seq;
  }
  return 0;
}

// Candidates that the rule's own query names, each with its part of the symptom.
std::vector<Candidate> candidates_by_query(const Finding& finding, const World& world) {
  std::vector<Candidate> candidates;
  if (finding.causes_by.empty()) return candidates;
  const auto series = world.signals().query(finding.causes_by, world.now());
  if (!series) return candidates;
  for (const SeriesSample& one : *series) {
    std::string_view id = one.labels.get("process");
    if (id.empty()) id = one.labels.get("resource");
    if (id.empty() || !(one.sample.value > 0)) continue;
    std::optional<Resource> resource = world.resource(id);
    if (!resource) continue;
    Candidate candidate{.resource = std::move(*resource), .value = one.sample.value};
    candidate.changed_at = time_field(candidate.resource, "started_at");
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

Words say_change(const Fact& fact) {
  if (fact.kind == fact_kind::kResourceGone) {
    const Json& departure = fact.body["departure"];
    if (const int64_t signal = departure["exit_signal"].int_or(0); signal > 0) {
      return Words::phrase("change.signal", {{"signal", std::to_string(signal)}});
    }
    if (departure.contains("exit_status"))
      return Words::phrase("change.exited", {{"status", std::to_string(departure["exit_status"].int_or(0))}});
    return Words::phrase("change.ended");
  }
  if (fact.kind == fact_kind::kResourceAppeared) return Words::phrase("change.appeared");
  if (fact.kind == fact_kind::kActionFinished) return Words::phrase("change.acted_on", {{"by", fact.actor}});
  std::vector<std::string> fields;
  for (const auto& [name, values] : fact.body["changed"].members()) fields.push_back(name);
  if (fields.empty()) return Words::phrase("change.changed");
  return Words::phrase("change.fields", {{"fields", fmt::format("{}", fmt::join(fields, ", "))}});
}

// How much a kind of change explains when nothing measures it.
double weight_of_change(const Fact& fact, const Finding& finding) {
  if (fact.kind == fact_kind::kResourceGone) {
    return fact.body["departure"]["exit_signal"].int_or(0) > 0 || fact.body["departure"]["exit_status"].int_or(0) != 0
               ? 1.0
               : 0.8;
  }
  if (fact.kind == fact_kind::kActionFinished) return 0.7;
  // The finding often is the change of the resource itself ("state became stopped"): that is the symptom, no cause.
  if (fact.kind == fact_kind::kResourceChanged) return fact.subject == finding.resource ? 0.1 : 0.6;
  return 0.3;
}

// What changed near the resource that suffers: the latest change of each neighbour.
std::vector<Candidate> candidates_by_change(const Finding& finding, const World& world) {
  std::map<ResourceId, Candidate> latest;
  if (finding.resource.empty()) return {};
  for (const Fact& fact : world.changes_near(finding.resource, finding.since - kLookBack, world.now())) {
    std::optional<Resource> resource = world.resource(fact.subject);
    if (!resource || fact.at > finding.since + kNoticeDelay) continue;
    Candidate candidate{.resource = std::move(*resource)};
    candidate.value = weight_of_change(fact, finding) * recency(fact.at, finding.since);
    candidate.proximity = fact.subject == finding.resource ? 1.0 : 0.5;
    candidate.changed_at = fact.at;
    candidate.fact = fact.seq;
    candidate.change = say_change(fact);
    latest.insert_or_assign(fact.subject, std::move(candidate));
  }
  std::vector<Candidate> candidates;
  for (auto& [id, candidate] : latest) candidates.push_back(std::move(candidate));
  return candidates;
}

// Who writes to the thing that suffers: a log full of errors is its writers'.
std::vector<Candidate> candidates_by_relation(const Finding& finding, const World& world) {
  std::vector<Candidate> candidates;
  if (finding.resource.empty()) return candidates;
  for (const Relation& relation : world.relations_of(finding.resource)) {
    if (relation.target != finding.resource || relation.kind != "writes_to") continue;
    std::optional<Resource> resource = world.resource(relation.source);
    if (!resource) continue;
    Candidate candidate{.resource = std::move(*resource), .value = 1};
    candidate.changed_at = time_field(candidate.resource, "started_at");
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

std::vector<std::vector<Candidate>> group_alike(std::vector<Candidate> candidates) {
  std::ranges::stable_sort(candidates, [](const Candidate& a, const Candidate& b) { return a.value > b.value; });
  std::vector<std::vector<Candidate>> groups;
  for (Candidate& candidate : candidates) {
    const auto group = std::ranges::find_if(groups, [&](const auto& one) { return alike(one.front(), candidate); });
    if (group != groups.end()) {
      group->push_back(std::move(candidate));
    } else {
      groups.emplace_back().push_back(std::move(candidate));
    }
  }
  return groups;
}

// The candidate's own part of the symptom over the last minutes, to be plotted beside the symptom.
std::optional<Evidence> series_evidence(const Finding& finding, const std::vector<Candidate>& group,
                                        const World& world) {
  if (finding.causes_by.empty()) return std::nullopt;
  const Time from = std::max(finding.since - std::chrono::minutes(1), world.now() - std::chrono::minutes(5));
  const Duration step = std::max(Duration(1000), Duration((world.now() - from).count() / 60));
  auto series = world.signals().query_range(finding.causes_by, from, world.now(), step);
  if (!series) return std::nullopt;
  std::erase_if(*series, [&](const Series& one) {
    return std::ranges::none_of(group, [&](const Candidate& candidate) {
      return candidate.resource.id == one.labels.get("process") || candidate.resource.id == one.labels.get("resource");
    });
  });
  if (series->empty()) return std::nullopt;
  return Evidence{.kind = Evidence::Kind::kSeries,
                  .text = Words::phrase("evidence.part"),
                  .query = finding.causes_by,
                  .series = std::move(*series)};
}

// "2 processes a.out (…) started 4 s before and account for 98 % of it"
Words say_cause(const std::vector<Resource>& resources, const Words& change, const Words& when,
                std::optional<double> share) {
  const Words who = describe_group(resources);
  if (!change.empty()) {
    return Words::phrase(when.empty() ? "cause.changed" : "cause.changed_when",
                         {{"who", who}, {"change", change}, {"when", when}});
  }
  if (!share) return when.empty() ? who : Words::phrase("cause.started", {{"who", who}, {"when", when}});
  const bool many = resources.size() != 1;
  const std::string_view phrase = when.empty() ? (many ? "cause.share_of_many" : "cause.share")
                                               : (many ? "cause.started_share_of_many" : "cause.started_share");
  return Words::phrase(phrase, {{"who", who}, {"when", when}, {"share", fmt::format("{:.0f}", *share * 100)}});
}

Cause make_cause(const Finding& finding, const std::vector<Candidate>& group, double total, bool measured,
                 const CauseWeights& weights, const World& world) {
  Cause cause;
  std::vector<Resource> resources;
  double value = 0;
  std::optional<Time> changed_at;
  for (const Candidate& candidate : group) {
    resources.push_back(candidate.resource);
    cause.group.push_back(candidate.resource.id);
    value += candidate.value;
    if (candidate.changed_at && (!changed_at || *candidate.changed_at < *changed_at)) changed_at = candidate.changed_at;
  }
  cause.resource = cause.group.front();
  const double fresh = recency(changed_at, finding.since);
  const Candidate& first = group.front();
  cause.share = measured && total > 0 ? std::min(1.0, value / total) : 0;
  cause.value = measured ? value : 0;
  const double accounted = measured ? cause.share : std::min(1.0, value);
  cause.score = weights.share * accounted + weights.recency * fresh + weights.proximity * first.proximity;

  Words when;
  if (changed_at && *changed_at > finding.since - kLookBack) {
    const Duration before = finding.since - *changed_at;
    when = before.count() >= 0 ? Words::phrase("cause.before", {{"time", say_duration(before)}})
                               : Words::phrase("cause.as_it_began");
  }
  cause.says = say_cause(resources, first.change, when, measured ? std::optional(cause.share) : std::nullopt);

  Seq fact = first.fact;
  if (fact == 0) fact = appearance_fact(first.resource, world, finding.since - kLookBack, world.now());
  if (fact != 0) {
    cause.evidence.push_back(
        {.kind = Evidence::Kind::kFact,
         .text = Words::phrase("cause.changed",
                               {{"who", describe(first.resource)},
                                {"change", first.change.empty() ? Words::phrase("change.appeared") : first.change}}),
         .fact = fact});
  }
  if (auto plot = series_evidence(finding, group, world)) cause.evidence.push_back(std::move(*plot));
  for (const Candidate& candidate : group) {
    // What the connector saw of it, in its own words ("98 % of a core for 9 s, wrote nothing").
    const std::string& observed = candidate.resource.fields["judgement"].string_or_empty();
    if (observed.empty()) continue;
    cause.evidence.push_back(
        {.kind = Evidence::Kind::kLines, .text = Words::phrase("evidence.did"), .lines = {observed}});
    break;
  }
  return cause;
}

}  // namespace

std::vector<Cause> rank_causes(const Finding& finding, const World& world, std::span<const Finding> holding,
                               const CauseWeights& weights) {
  std::vector<Candidate> measured = candidates_by_query(finding, world);
  const bool has_measure = !measured.empty();
  if (!has_measure) measured = candidates_by_relation(finding, world);
  const double total = std::accumulate(measured.begin(), measured.end(), 0.0,
                                       [](double sum, const Candidate& one) { return sum + one.value; });
  std::vector<Cause> causes;
  for (const auto& group : group_alike(std::move(measured))) {
    causes.push_back(make_cause(finding, group, total, true, weights, world));
    if (causes.back().share < kLeastShare) causes.pop_back();
  }
  // What is measured says more than what merely changed; changes count where nothing is measured.
  if (causes.empty()) {
    for (const auto& group : group_alike(candidates_by_change(finding, world))) {
      causes.push_back(make_cause(finding, group, 0, false, weights, world));
    }
  }
  std::ranges::stable_sort(causes, [](const Cause& a, const Cause& b) { return a.score > b.score; });
  if (std::optional<Cause> explained = cause_by_finding(finding, holding, world)) {
    for (Cause& cause : causes) cause.score = std::min(cause.score, explained->score * kBesideExplained);
    causes.insert(causes.begin(), *std::move(explained));
  }
  if (causes.size() > kMostCauses) causes.resize(kMostCauses);
  return causes;
}

}  // namespace capstan::explain
