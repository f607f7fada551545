#include "loop/incident_desk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/fit.h"
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
  return fit_texts(std::move(body), limit);
}

void IncidentDesk::restore(std::vector<Open> open, int64_t last_number) {
  std::vector<Incident> incidents;
  for (Open& one : open) {
    facts_[one.incident.id] = one.fact;
    // What a crash kept from being proposed is proposed in the next round.
    for (const Plan& plan : one.incident.recommended) {
      if (const std::string known = newest_submitted(plan.id); !known.empty())
        proposed_[one.incident.id].push_back({plan.id, known});
    }
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

Status IncidentDesk::update(const FindingBook& findings, const std::vector<Finding>& heard,
                            const explain::World& world) {
  std::vector<explain::IncidentChange> changes = std::exchange(unwritten_, {});
  for (auto& change : explainer_.update(heard, parts_.verbs.specs(), world)) changes.push_back(std::move(change));
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

// The incident and what is told of it are one commit: neither is there without the other after a crash.
Status IncidentDesk::write(std::string_view kind, const Incident& incident, Seq cause, const Words& says,
                           const std::function<Draft(Seq fact)>& compose, Time now) {
  Json body = fitting_body(incident, kBodyLimit);
  set_words(body, "says", says);
  std::vector<NewFact> news = {{now, std::string(kind), incident.id, std::move(body), cause, std::string(kActor)}};
  const Draft message = compose ? compose(parts_.facts.next_seq()) : Draft();
  if (compose) {
    if (auto announcement = parts_.outbox.announcement(message, now)) news.push_back(std::move(*announcement));
  }
  const std::vector<Seq> seqs = TRY(parts_.facts.append(news));
  facts_[incident.id] = seqs.front();
  if (seqs.size() > 1) parts_.outbox.announced(message, seqs.back(), now, parts_.facts);
  return {};
}

Status IncidentDesk::opened(const explain::IncidentChange& change, const FindingBook& findings, Time now) {
  const FindingBook::Entry* trigger = findings.find(change.trigger);
  const auto compose = [&](Seq fact) { return tell::compose_opened(change.incident, page_, fact); };
  TRY(write(fact_kind::kIncidentOpened, change.incident, trigger ? trigger->fact : 0, change.says, compose, now));
  if (!change.incident.causes.empty()) told_cause_[change.incident.id] = change.incident.causes.front().group;
  return {};
}

Status IncidentDesk::changed(const explain::IncidentChange& change, const FindingBook& findings, Time now) {
  const Incident& incident = change.incident;
  const FindingBook::Entry* trigger = findings.find(change.trigger);
  const Seq cause = trigger ? trigger->fact : fact_of(incident.id);
  // People hear of another cause or one more finding, not of every move of a share.
  const std::vector<ResourceId> group =
      incident.causes.empty() ? std::vector<ResourceId>() : incident.causes.front().group;
  if (change.trigger.empty() && told_cause_[incident.id] == group)
    return write(fact_kind::kIncidentChanged, incident, cause, change.says, nullptr, now);
  const auto compose = [&](Seq fact) { return tell::compose_changed(incident, change.says, page_, fact); };
  TRY(write(fact_kind::kIncidentChanged, incident, cause, change.says, compose, now));
  told_cause_[incident.id] = group;
  return {};
}

Status IncidentDesk::closed(const explain::IncidentChange& change, const FindingBook& findings, Time now) {
  const Incident& incident = change.incident;
  Seq cause = 0;
  for (const Finding& finding : incident.findings) cause = std::max(cause, findings.resolved_by(finding.id));
  if (cause == 0) cause = fact_of(incident.id);
  const auto compose = [&](Seq fact) { return tell::compose_closed(incident, page_, fact); };
  // What still holds was muted.
  const bool muted =
      std::ranges::any_of(incident.findings, [&](const Finding& one) { return findings.find(one.id) != nullptr; });
  const Words says = muted ? Words::phrase("incident.muted") : change.says;
  TRY(write(fact_kind::kIncidentClosed, incident, cause, says, compose, now));
  for (const Proposal& one : proposed_[incident.id]) {
    // A plan that has started runs to its end; taking it back is refused then, as it should be.
    (void)parts_.executor.withdraw(one.submitted, Words::phrase("why.incident_over"), now);
  }
  proposed_.erase(incident.id);
  told_cause_.erase(incident.id);
  facts_.erase(incident.id);
  return {};
}

void IncidentDesk::propose(const Incident& incident, Time now) {
  std::vector<Proposal>& proposals = proposed_[incident.id];
  // What a person has let run is given the time to help before anything else is proposed.
  const bool running = std::ranges::any_of(proposals, [&](const Proposal& one) { return is_running(one.submitted); });
  if (running) return;
  std::erase_if(proposals, [&](const Proposal& one) {
    const bool wanted =
        std::ranges::find(incident.recommended, one.recommended, &Plan::id) != incident.recommended.end();
    if (!wanted) (void)parts_.executor.withdraw(one.submitted, Words::phrase("why.other_cause"), now);
    return !wanted;
  });
  for (const Plan& plan : incident.recommended) {
    if (std::ranges::find(proposals, plan.id, &Proposal::recommended) != proposals.end()) continue;
    if (const auto submitted = submit(plan, fact_of(incident.id), now)) {
      proposals.push_back({plan.id, *submitted});
      refusal_.clear();
    } else if (const std::string says = submitted.error().to_string(); refusal_ != says) {
      // Tried again in every round, and said once.
      log::warning("loop", fmt::format("cannot propose {}: {}", plan.id, says));
      refusal_ = says;
    }
  }
}

std::string IncidentDesk::submitted_id(const std::string& recommended, int attempt) {
  return attempt == 1 ? recommended : fmt::format("{}-{}", recommended, attempt);
}

std::string IncidentDesk::newest_submitted(const std::string& recommended) const {
  std::string newest;
  for (int attempt = 1; attempt < kMostProposals; ++attempt) {
    const std::string id = submitted_id(recommended, attempt);
    if (!parts_.executor.status(id)) break;
    newest = id;
  }
  return newest;
}

bool IncidentDesk::is_running(const std::string& plan) const {
  const auto status = parts_.executor.status(plan);
  if (!status) return false;
  const auto state = parse_action_state((*status)["state"].string_or_empty());
  return state == ActionState::kApproved || state == ActionState::kRunning;
}

Result<std::string> IncidentDesk::submit(Plan plan, Seq cause, Time now) {
  plan.cause = cause;
  const std::string recommended = plan.id;
  for (int attempt = 1; attempt < kMostProposals; ++attempt) {
    plan.id = submitted_id(recommended, attempt);
    if (attempt > 1) {
      for (size_t i = 0; i < plan.actions.size(); ++i) plan.actions[i].id = fmt::format("{}-{}", plan.id, i + 1);
    }
    const auto submitted = parts_.executor.submit(plan, now);
    if (submitted) return plan.id;
    if (submitted.error().code != ErrorCode::kAlreadyExists) return fail(submitted.error());
    const auto status = parts_.executor.status(plan.id);
    const bool taken_back = status && (*status)["state"].string_or_empty() == to_string(ActionState::kSkipped);
    if (!taken_back) break;  // It waits, or it was tried: the same is not proposed twice.
    // It was taken back when another cause was likelier, and is called for again.
  }
  return plan.id;
}

}  // namespace capstan::loop
