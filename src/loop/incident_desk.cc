#include "loop/incident_desk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "tell/compose.h"

namespace capstan::loop {
namespace {

constexpr size_t kBodyLimit = 48 << 10;  // Below the ledger's, with room for what a fact adds.
constexpr std::string_view kActor = "capstan";
constexpr int kMostProposals = 10;  // Of one plan that is taken back and called for again.

// Drops the largest kind of evidence first: samples can be asked for again while they are kept.
bool drop_some_evidence(Incident& incident) {
  for (auto cause = incident.causes.rbegin(); cause != incident.causes.rend(); ++cause) {
    for (auto piece = cause->evidence.rbegin(); piece != cause->evidence.rend(); ++piece) {
      if (piece->series.empty()) continue;
      piece->series.resize(piece->series.size() / 2);
      return true;
    }
  }
  for (auto finding = incident.findings.rbegin(); finding != incident.findings.rend(); ++finding) {
    if (!finding->evidence.empty()) {
      finding->evidence.pop_back();
      return true;
    }
  }
  if (incident.findings.size() > 1) {
    incident.findings.pop_back();
    return true;
  }
  return false;
}

}  // namespace

Json fitting_body(Incident incident, size_t limit) {
  Json body = incident.to_json();
  while (body.dump().size() > limit && drop_some_evidence(incident)) body = incident.to_json();
  return body;
}

void IncidentDesk::restore(std::vector<Open> open, int64_t last_number) {
  std::vector<Incident> incidents;
  for (Open& one : open) {
    facts_[one.incident.id] = one.fact;
    for (const Plan& plan : one.incident.recommended) proposed_[one.incident.id].push_back({plan.id, plan.id});
    if (!one.incident.causes.empty()) told_cause_[one.incident.id] = one.incident.causes.front().group;
    incidents.push_back(std::move(one.incident));
  }
  explainer_.restore(std::move(incidents), last_number);
}

Seq IncidentDesk::fact_of(const std::string& incident) const {
  const auto found = facts_.find(incident);
  return found == facts_.end() ? 0 : found->second;
}

std::vector<std::string> IncidentDesk::plans_of_finding(const std::string& finding) const {
  const auto found = proposed_.find(explainer_.incident_of(finding));
  std::vector<std::string> plans;
  if (found == proposed_.end()) return plans;
  for (const Proposal& one : found->second) plans.push_back(one.submitted);
  return plans;
}

Status IncidentDesk::update(const FindingBook& findings, const explain::World& world) {
  std::vector<explain::IncidentChange> changes = std::exchange(unwritten_, {});
  for (auto& change : explainer_.update(findings.holding(), parts_.verbs.specs(), world))
    changes.push_back(std::move(change));
  for (size_t i = 0; i < changes.size(); ++i) {
    using Kind = explain::IncidentChange::Kind;
    const Kind kind = changes[i].kind;
    const Status status = kind == Kind::kOpened    ? opened(changes[i], findings, world.now())
                          : kind == Kind::kChanged ? changed(changes[i], findings, world.now())
                                                   : closed(changes[i], findings, world.now());
    if (!status) {
      unwritten_.assign(std::make_move_iterator(changes.begin() + static_cast<ptrdiff_t>(i)),
                        std::make_move_iterator(changes.end()));
      return status;
    }
  }
  for (const auto& [id, incident] : explainer_.open()) propose(incident, world.now());
  return {};
}

Result<Seq> IncidentDesk::write(std::string_view kind, const Incident& incident, Seq cause, std::string_view says,
                                Time now) {
  Json body = fitting_body(incident, kBodyLimit);
  body.set("says", says);
  const NewFact fact{now, std::string(kind), incident.id, std::move(body), cause, std::string(kActor)};
  const Seq seq = TRY(parts_.facts.append(std::span(&fact, 1))).front();
  facts_[incident.id] = seq;
  return seq;
}

Status IncidentDesk::opened(const explain::IncidentChange& change, const FindingBook& findings, Time now) {
  const FindingBook::Entry* trigger = findings.find(change.trigger);
  const Seq fact =
      TRY(write(fact_kind::kIncidentOpened, change.incident, trigger ? trigger->fact : 0, change.says, now));
  if (!change.incident.causes.empty()) told_cause_[change.incident.id] = change.incident.causes.front().group;
  return parts_.outbox.queue(tell::compose_opened(change.incident, page_, fact), now, parts_.facts);
}

Status IncidentDesk::changed(const explain::IncidentChange& change, const FindingBook& findings, Time now) {
  const Incident& incident = change.incident;
  const FindingBook::Entry* trigger = findings.find(change.trigger);
  const Seq cause = trigger ? trigger->fact : fact_of(incident.id);
  const Seq fact = TRY(write(fact_kind::kIncidentChanged, incident, cause, change.says, now));
  // People hear of another cause or one more finding, not of every move of a share.
  const std::vector<ResourceId> group =
      incident.causes.empty() ? std::vector<ResourceId>() : incident.causes.front().group;
  if (change.trigger.empty() && told_cause_[incident.id] == group) return {};
  told_cause_[incident.id] = group;
  return parts_.outbox.queue(tell::compose_changed(incident, change.says, page_, fact), now, parts_.facts);
}

Status IncidentDesk::closed(const explain::IncidentChange& change, const FindingBook& findings, Time now) {
  const Incident& incident = change.incident;
  Seq cause = 0;
  for (const Finding& finding : incident.findings) cause = std::max(cause, findings.resolved_by(finding.id));
  if (cause == 0) cause = fact_of(incident.id);
  const Seq fact = TRY(write(fact_kind::kIncidentClosed, incident, cause, change.says, now));
  for (const Proposal& one : proposed_[incident.id]) {
    // A plan that has started runs to its end; taking it back is refused then, as it should be.
    (void)parts_.executor.withdraw(one.submitted, "the incident is over", now);
  }
  proposed_.erase(incident.id);
  told_cause_.erase(incident.id);
  facts_.erase(incident.id);
  return parts_.outbox.queue(tell::compose_closed(incident, page_, fact), now, parts_.facts);
}

void IncidentDesk::propose(const Incident& incident, Time now) {
  std::vector<Proposal>& proposals = proposed_[incident.id];
  // What a person has let run is given the time to help before anything else is proposed.
  const bool running = std::ranges::any_of(proposals, [&](const Proposal& one) { return is_running(one.submitted); });
  if (running) return;
  std::erase_if(proposals, [&](const Proposal& one) {
    const bool wanted =
        std::ranges::find(incident.recommended, one.recommended, &Plan::id) != incident.recommended.end();
    if (!wanted) (void)parts_.executor.withdraw(one.submitted, "the likely cause is another one now", now);
    return !wanted;
  });
  for (const Plan& plan : incident.recommended) {
    if (std::ranges::find(proposals, plan.id, &Proposal::recommended) != proposals.end()) continue;
    proposals.push_back({plan.id, submit(plan, fact_of(incident.id), now)});
  }
}

bool IncidentDesk::is_running(const std::string& plan) const {
  const auto status = parts_.executor.status(plan);
  if (!status) return false;
  const auto state = parse_action_state((*status)["state"].string_or_empty());
  return state == ActionState::kApproved || state == ActionState::kRunning;
}

std::string IncidentDesk::submit(Plan plan, Seq cause, Time now) {
  plan.cause = cause;
  const std::string id = plan.id;
  for (int attempt = 2; attempt < kMostProposals; ++attempt) {
    const auto submitted = parts_.executor.submit(plan, now);
    if (submitted) return plan.id;
    if (submitted.error().code != ErrorCode::kAlreadyExists) {
      log::warning("loop", fmt::format("cannot propose {}: {}", plan.id, submitted.error().to_string()));
      return plan.id;
    }
    const auto status = parts_.executor.status(plan.id);
    const bool taken_back = status && (*status)["state"].string_or_empty() == to_string(ActionState::kSkipped);
    if (!taken_back) return plan.id;  // It waits, or it was tried: the same is not proposed twice.
    // It was taken back when another cause was likelier, and is called for again.
    plan.id = fmt::format("{}-{}", id, attempt);
    for (size_t i = 0; i < plan.actions.size(); ++i) plan.actions[i].id = fmt::format("{}-{}", plan.id, i + 1);
  }
  return plan.id;
}

}  // namespace capstan::loop
