#include "loop/admission_desk.h"

#include <fmt/format.h>

#include "connect/kubernetes/secret_values.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostProblems = 3;

// As a watch would show it: the catalog holds no secrets, and a check must compare like with like.
void mask(Json& object) {
  const bool is_secret = object["apiVersion"] == Json("v1") && object["kind"] == Json("Secret");
  is_secret ? kubernetes::hide_values(object) : kubernetes::mask_values(object);
}

std::string name_of(const foresee::AdmissionRequest& request) {
  const std::string& name = request.document.object["metadata"]["name"].string_or_empty();
  return request.space.empty() ? request.kind + " " + name : request.kind + " " + request.space + "/" + name;
}

}  // namespace

void AdmissionDesk::set_policy(foresee::AdmissionPolicy policy) {
  auto shared = std::make_shared<const foresee::AdmissionPolicy>(std::move(policy));
  policy_.write([&](auto& current) { current = std::move(shared); });
}

Result<foresee::AdmissionVerdict> AdmissionDesk::judge(const std::string& cluster,
                                                       const foresee::AdmissionRequest& request,
                                                       const foresee::AdmissionPolicy& policy) {
  return parts_.foresight.ask<foresee::AdmissionVerdict>(
      [admitted = admitted_, now = parts_.clock.now(), cluster, request,
       policy](const Foresight::Bench& bench) -> Result<foresee::AdmissionVerdict> {
        foresee::CheckOptions options{.cluster = cluster, .space = request.space, .assumed = {}};
        options.assumed = admitted->write([&](auto& objects) { return objects.unseen(bench.checker, cluster, now); });
        const foresee::CheckReport report = bench.checker.check({&request.document, 1}, options);
        foresee::AdmissionVerdict verdict = foresee::judge(report, policy);
        for (size_t i = 0; i < report.problems.size() && i < kMostProblems; ++i) {
          verdict.warnings.push_back("capstan could not check all of it: " + report.problems[i].to_string());
        }
        return verdict;
      },
      kPatience);
}

Result<Json> AdmissionDesk::answer(const std::string& cluster, const Json& review) {
  foresee::AdmissionRequest request = TRY(foresee::read_admission_review(review));
  const auto policy = policy_.read([](const auto& current) { return current; });
  if (!request.is_change || policy->exempt_namespaces.contains(request.space)) {
    ++counts_.exempt;
    return foresee::to_admission_review(request.uid, {});
  }
  mask(request.document.object);
  Result<foresee::AdmissionVerdict> verdict = judge(cluster, request, *policy);
  // Also what was let pass for want of an answer is there for those that come next.
  if ((!verdict || verdict->allowed) && !request.is_dry_run) {
    admitted_->write([&](auto& objects) { objects.add(request.document, cluster, request.space, parts_.clock.now()); });
  }
  if (!verdict) {
    ++counts_.unjudged;
    foresee::AdmissionVerdict unjudged;
    unjudged.warnings.push_back("capstan did not check this change: " + verdict.error().message);
    return foresee::to_admission_review(request.uid, unjudged);
  }
  if (!verdict->allowed) {
    ++counts_.denied;
    if (!request.is_dry_run) note_denial(cluster, request, *verdict);
  } else {
    ++(verdict->warnings.empty() ? counts_.allowed : counts_.warned);
  }
  return foresee::to_admission_review(request.uid, *verdict);
}

void AdmissionDesk::note_denial(const std::string& cluster, const foresee::AdmissionRequest& request,
                                const foresee::AdmissionVerdict& verdict) {
  Json rules = Json::array();
  for (const std::string& rule : verdict.rules) rules.push_back(rule);
  parts_.record({.at = parts_.clock.now(),
                 .kind = std::string(fact_kind::kAdmissionDenied),
                 .subject = cluster,
                 .body = Json::object({{"object", name_of(request)},
                                       {"user", request.user},
                                       {"rules", std::move(rules)},
                                       {"says", verdict.message}}),
                 .actor = "admission:" + cluster});
}

std::string AdmissionDesk::metrics() const {
  std::string text =
      "# HELP capstan_admission_requests_total Changes that Kubernetes asked about, by what was answered.\n"
      "# TYPE capstan_admission_requests_total counter\n";
  const auto add = [&](std::string_view verdict, uint64_t count) {
    text += fmt::format("capstan_admission_requests_total{{verdict=\"{}\"}} {}\n", verdict, count);
  };
  add("allowed", counts_.allowed);
  add("warned", counts_.warned);
  add("denied", counts_.denied);
  add("unjudged", counts_.unjudged);
  add("exempt", counts_.exempt);
  return text;
}

}  // namespace capstan::loop
