// Kubernetes' questions before it takes a change, and the answers: the AdmissionReview of admission.k8s.io/v1.
// Source: kubernetes.io, "Dynamic Admission Control".
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "foresee/check.h"
#include "model/finding.h"

namespace capstan::foresee {

struct AdmissionRequest {
  std::string uid;
  std::string user;
  std::string space;        // The namespace; "" for objects that have none.
  std::string group;        // "" for the core.
  std::string kind;         // "Pod"
  ObjectDocument document;  // The object as it would be; marked as deleted where it would go.
  bool is_dry_run = false;
  bool is_change = true;  // Not where a subresource or a connection is asked for.
};

// kInvalidArgument, naming the member, for what is no such review.
Result<AdmissionRequest> read_admission_review(const Json& review);

// Which findings matter. A rule that is named comes before severities.
struct AdmissionPolicy {
  std::set<std::string> deny;
  std::set<std::string> warn;
  std::set<std::string> ignore;
  std::optional<Severity> deny_from;  // Nothing: only the rules that are named.
  Severity warn_from = Severity::kMedium;
  std::set<std::string> exempt_namespaces;

  bool operator==(const AdmissionPolicy&) const = default;
};

struct AdmissionVerdict {
  bool allowed = true;
  std::string message;                // Why not.
  std::vector<std::string> warnings;  // Short enough for kubectl to show.
  std::vector<std::string> rules;     // Those that denied it.
};

AdmissionVerdict judge(const CheckReport& report, const AdmissionPolicy& policy);
Json to_admission_review(const std::string& uid, const AdmissionVerdict& verdict);

}  // namespace capstan::foresee
