// A fact: something that is so, or happened, written down once with what caused it. The ledger is a list of facts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

namespace capstan {

// The number of a fact in the ledger, from 1 without gaps. 0 means none.
using Seq = uint64_t;

struct NewFact {
  Time at;
  std::string kind;     // One of the names in `fact_kind`.
  std::string subject;  // The id of what it is about: a resource, a finding, an incident, an action.
  Json body;            // An object; its members are documented in docs/reference/facts.md. Never a secret.
  Seq cause = 0;        // The fact that led to this one.
  std::string actor;    // Who: "capstan", "user:alice", "policy:core-time", "connector:host".
};

struct Fact {
  Seq seq = 0;
  Time at;
  std::string kind;
  std::string subject;
  Json body;  // Null when it was redacted.
  Seq cause = 0;
  std::string actor;
  bool redacted = false;
};

// The kinds, in one place. "subject" and body of each: docs/reference/facts.md.
namespace fact_kind {
inline constexpr std::string_view kStarted = "capstan.started";
inline constexpr std::string_view kStopped = "capstan.stopped";
inline constexpr std::string_view kPaused = "capstan.paused";  // The kill switch: nothing acts.
inline constexpr std::string_view kResumed = "capstan.resumed";
inline constexpr std::string_view kConfigLoaded = "config.loaded";
inline constexpr std::string_view kConfigRejected = "config.rejected";
inline constexpr std::string_view kPolicyLoaded = "policy.loaded";  // This version of a policy came into force.
inline constexpr std::string_view kResourceAppeared = "resource.appeared";
inline constexpr std::string_view kResourceChanged = "resource.changed";
inline constexpr std::string_view kResourceGone = "resource.gone";
inline constexpr std::string_view kRelationAppeared = "relation.appeared";
inline constexpr std::string_view kRelationGone = "relation.gone";
inline constexpr std::string_view kFindingOpened = "finding.opened";
inline constexpr std::string_view kFindingChanged = "finding.changed";
inline constexpr std::string_view kFindingResolved = "finding.resolved";
inline constexpr std::string_view kFindingMuted = "finding.muted";  // The subject is the mute, which may cover many.
inline constexpr std::string_view kFindingUnmuted = "finding.unmuted";  // Before its time: by a person.
inline constexpr std::string_view kIncidentOpened = "incident.opened";
inline constexpr std::string_view kIncidentChanged = "incident.changed";
inline constexpr std::string_view kIncidentClosed = "incident.closed";
inline constexpr std::string_view kPlanProposed = "plan.proposed";
inline constexpr std::string_view kPlanApproved = "plan.approved";
inline constexpr std::string_view kPlanRejected = "plan.rejected";
inline constexpr std::string_view kPlanCancelled = "plan.cancelled";  // Nothing new of it starts.
inline constexpr std::string_view kPlanFinished = "plan.finished";
inline constexpr std::string_view kPlanKept = "plan.kept";              // What it did stays: it could not be undone.
inline constexpr std::string_view kPolicyRun = "policy.run";            // A person had it decide at once.
inline constexpr std::string_view kPolicyCovers = "policy.covers";      // What its schedule is about from now on.
inline constexpr std::string_view kPlanRecalled = "plan.recalled";      // It has ended; what it did is to be undone.
inline constexpr std::string_view kActionIntended = "action.intended";  // Durable before anything is touched.
inline constexpr std::string_view kActionFinished = "action.finished";  // body.state says how.
inline constexpr std::string_view kActionResolved = "action.resolved";  // A person said how an unknown one ended.
inline constexpr std::string_view kApprovalGiven = "approval.given";    // For good: a standing approval.
inline constexpr std::string_view kApprovalWithdrawn = "approval.withdrawn";
inline constexpr std::string_view kOverrideSet = "override.set";
inline constexpr std::string_view kOverrideEnded = "override.ended";  // Before its time: by a person.
inline constexpr std::string_view kMessageQueued = "message.queued";  // Body: the message; what follows it ends it.
inline constexpr std::string_view kMessageSent = "message.sent";
inline constexpr std::string_view kMessageFailed = "message.failed";
inline constexpr std::string_view kAdmissionDenied = "admission.denied";  // A change that Kubernetes asked about.
inline constexpr std::string_view kSourceSeen = "source.seen";  // Its first look since it could not be looked at.
inline constexpr std::string_view kSourceLost = "source.lost";
inline constexpr std::string_view kUserCreated = "user.created";
inline constexpr std::string_view kUserDeleted = "user.deleted";
inline constexpr std::string_view kTokenCreated = "token.created";
inline constexpr std::string_view kTokenDeleted = "token.deleted";
inline constexpr std::string_view kSecretWritten = "secret.written";
inline constexpr std::string_view kSecretRevealed = "secret.revealed";  // Its values were shown to somebody.
inline constexpr std::string_view kSecretDeleted = "secret.deleted";
inline constexpr std::string_view kSecretsRekeyed = "secret.rekeyed";  // The sealed store has another key.
inline constexpr std::string_view kRedacted = "ledger.redacted";       // The body of `cause` was deleted.
inline constexpr std::string_view kLimitReached = "limit.reached";     // A queue, table or store is full and says so.
}  // namespace fact_kind

}  // namespace capstan
