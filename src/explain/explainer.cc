#include "explain/explainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "explain/causes.h"
#include "explain/consult.h"
#include "explain/explained.h"
#include "explain/grouping.h"
#include "explain/recommend.h"

namespace capstan::explain {
namespace {

constexpr double kShareMoved = 0.2;  // A smaller move of the share is not worth a fact.
constexpr double kFading = 0.5;      // Of the symptom at its strongest: below it, it is going away.
constexpr size_t kMostFindings = 100;

const Finding* find(const std::vector<Finding>& findings, const std::string& id) {
  const auto found = std::ranges::find(findings, id, &Finding::id);
  return found == findings.end() ? nullptr : &*found;
}

// Whether the best of these causes says more than the best of those: one that a finding explains does, whatever else
// was measured.
bool say_more(const std::vector<Cause>& these, const std::vector<Cause>& those) {
  if (these.empty() || those.empty()) return !these.empty();
  const Cause& a = these.front();
  const Cause& b = those.front();
  if (a.finding.empty() != b.finding.empty()) return !a.finding.empty();
  return a.score > b.score;
}

// The causes of the finding that is explained best stand for the incident. Findings as they are now: what no longer
// holds is nobody's cause, and what a log says changes while it is still the same finding.
std::vector<Cause> best_causes(const Incident& incident, const std::vector<Finding>& holding, const World& world) {
  std::vector<Cause> best;
  for (const Finding& finding : incident.findings) {
    const Finding* now = find(holding, finding.id);
    if (now == nullptr) continue;
    std::vector<Cause> causes = rank_causes(*now, world, holding);
    if (say_more(causes, best)) best = std::move(causes);
  }
  return best;
}

// Whether a finding is what one of an incident's findings follows from.
bool explains_one_of(const Finding& finding, const Incident& incident, const std::vector<Finding>& holding,
                     const World& world) {
  if (finding.explains.empty()) return false;
  return std::ranges::any_of(incident.findings, [&](const Finding& one) {
    const Finding* now = find(holding, one.id);
    if (now == nullptr) return false;
    const std::optional<Cause> cause = cause_by_finding(*now, std::span(&finding, 1), world);
    return cause && cause->finding == finding.id;
  });
}

double measured(const std::vector<Cause>& causes) {
  double total = 0;
  for (const Cause& cause : causes) total += cause.value;
  return total;
}

bool differs(const std::vector<Cause>& before, const std::vector<Cause>& after) {
  if (before.empty() || after.empty()) return before.empty() != after.empty();
  const auto members = [](const Cause& cause) { return std::set<ResourceId>(cause.group.begin(), cause.group.end()); };
  return members(before.front()) != members(after.front()) || before.front().finding != after.front().finding ||
         std::abs(before.front().share - after.front().share) > kShareMoved;
}

}  // namespace

void Explainer::restore(std::vector<Incident> open, int64_t last_number) {
  last_number_ = last_number;
  for (Incident& incident : open) {
    // As if its findings had held until now: detection gets the quiet time to find them again.
    progress_[incident.id] = {};
    open_[incident.id] = std::move(incident);
  }
}

std::string Explainer::incident_of(const std::string& finding) const {
  for (const auto& [id, incident] : open_) {
    if (find(incident.findings, finding)) return id;
  }
  return {};
}

bool Explainer::due(const Progress& progress, Time now) const {
  if (now < progress.last_ranked) return true;  // The wall clock went back.
  const bool settling = now - progress.last_joined < options_.settle;
  return now - progress.last_ranked >= (settling ? options_.settle_interval : options_.steady_interval);
}

void Explainer::join(const Finding& found, const std::vector<Finding>& holding, std::span<const VerbSpec* const> verbs,
                     const World& world, std::vector<IncidentChange>& changes) {
  const Time now = world.now();
  std::vector<Cause> causes = rank_causes(found, world, holding);
  const Finding finding = world.manual() ? consult(found, *world.manual()) : found;
  for (auto& [id, incident] : open_) {
    if (incident.findings.size() >= kMostFindings) continue;
    if (!belongs_to(finding, causes, incident, world) && !explains_one_of(finding, incident, holding, world)) continue;
    incident.findings.push_back(finding);
    incident.severity = std::max(incident.severity, finding.severity);
    if (say_more(causes, incident.causes)) incident.causes = std::move(causes);
    incident.recommended = recommend(incident, verbs, world);
    progress_[id] = {.last_held = now, .last_joined = now, .last_ranked = now};
    changes.push_back({IncidentChange::Kind::kChanged, incident, finding.id,
                       Words::phrase("incident.one_more", {{"says", finding.says}})});
    return;
  }
  Incident incident{.id = fmt::format("inc-{}", ++last_number_),
                    .severity = finding.severity,
                    .title = finding.title.empty() ? finding.says : finding.title,
                    .opened = now,
                    .findings = {finding},
                    .causes = std::move(causes)};
  incident.recommended = recommend(incident, verbs, world);
  progress_[incident.id] = {.last_held = now, .last_joined = now, .last_ranked = now};
  changes.push_back({IncidentChange::Kind::kOpened, incident, finding.id, finding.says});
  open_[incident.id] = std::move(incident);
}

std::vector<IncidentChange> Explainer::update(const std::vector<Finding>& holding,
                                              std::span<const VerbSpec* const> verbs, const World& world) {
  std::vector<IncidentChange> changes;
  const Time now = world.now();
  for (const Finding& finding : holding) {
    if (!finding.is_advice && incident_of(finding.id).empty()) join(finding, holding, verbs, world, changes);
  }
  for (auto entry = open_.begin(); entry != open_.end();) {
    Incident& incident = entry->second;
    Progress& progress = progress_[incident.id];
    if (progress.last_held == Time() || progress.last_held > now) progress.last_held = now;
    const bool holds =
        std::ranges::any_of(incident.findings, [&](const Finding& one) { return find(holding, one.id); });
    if (holds) {
      progress.last_held = now;
      if (due(progress, now)) {
        progress.last_ranked = now;
        std::vector<Cause> causes = best_causes(incident, holding, world);
        progress.peak = std::max(progress.peak, measured(causes));
        // When the culprit has gone, what is left of the symptom is nobody's fault: the cause stays who it was.
        const bool is_explained = !causes.empty() && !causes.front().finding.empty();
        const bool was_explained = !incident.causes.empty() && !incident.causes.front().finding.empty();
        const bool fading =
            !is_explained &&
            (was_explained || measured(causes) < kFading * std::max(progress.peak, measured(incident.causes)));
        if (!causes.empty() && !fading && differs(incident.causes, causes)) {
          incident.causes = std::move(causes);
          incident.recommended = recommend(incident, verbs, world);
          changes.push_back({IncidentChange::Kind::kChanged, incident, "",
                             Words::phrase("incident.new_cause", {{"says", incident.causes.front().says}})});
        }
      }
    } else if (now - progress.last_held >= options_.quiet) {
      incident.state = IncidentState::kClosed;
      incident.closed = now;
      changes.push_back({IncidentChange::Kind::kClosed, incident, "", Words::phrase("incident.none_holds")});
      progress_.erase(incident.id);
      entry = open_.erase(entry);
      continue;
    }
    ++entry;
  }
  return changes;
}

}  // namespace capstan::explain
