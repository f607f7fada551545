// The desk's diagnoses: the picture is asked twice, and the cluster in between, so that nobody waits for a network.
#include <fmt/format.h>

#include "diagnose/diagnoser.h"
#include "diagnose/subject.h"
#include "loop/cluster_witness.h"
#include "loop/desk.h"

namespace capstan::loop {
namespace {

struct Plan {
  diagnose::Scope scope;
  std::string cluster;
  WitnessRequest request;
};

std::string cluster_of(const ResourceId& id) {
  const size_t begin = id.find('/');
  const size_t end = begin == std::string::npos ? begin : id.find('/', begin + 1);
  return end == std::string::npos ? "" : id.substr(begin + 1, end - begin - 1);
}

Result<Plan> make_plan(const Foresight::Bench& bench, const DiagnoseQuery& query, const Manual& manual,
                       const diagnose::DiagnosisBook& book) {
  const ResourceId subject = TRY(diagnose::find_subject(bench.picture, {query.subject, query.space, query.cluster}));
  Plan plan{.scope = TRY(diagnose::scope_of(bench.picture, book.walks, subject)), .cluster = cluster_of(subject)};
  for (const ResourceId& id : plan.scope.all()) {
    const std::string option = diagnose::space_of(bench.picture, id);
    const std::string space = option.empty() ? "" : option.substr(3);
    plan.request.named.emplace(space + "/" + diagnose::kubectl_name(bench.picture, id), id);
    if (!space.empty() && cluster_of(id) == plan.cluster) plan.request.spaces.insert(space);
  }
  plan.request.logs = diagnose::Diagnoser(bench.picture, bench.rules, manual, book).logs_wanted(plan.scope);
  return plan;
}

std::vector<Finding> open_findings(const Result<catalog::CatalogReader>& reader) {
  std::vector<Finding> findings;
  if (!reader) return findings;
  for (catalog::KnownFinding& known : reader->open_findings().value_or(std::vector<catalog::KnownFinding>())) {
    findings.push_back(std::move(known.finding));
  }
  return findings;
}

}  // namespace

Result<Json> Desk::diagnose(const DiagnoseQuery& query) const {
  Foresight* foresight = parts_.loop.parts().foresight;
  const Manual* manual = parts_.loop.parts().manual;
  if (foresight == nullptr || manual == nullptr || parts_.diagnosis == nullptr) {
    return fail(ErrorCode::kUnavailable, "nothing can be diagnosed here");
  }
  const std::shared_ptr<const diagnose::DiagnosisBook> book = parts_.diagnosis->book();
  const Plan plan =
      TRY(foresight->ask<Plan>([=](const Foresight::Bench& bench) { return make_plan(bench, query, *manual, *book); }));
  diagnose::Testimony testimony;
  if (parts_.clusters != nullptr) {
    if (const auto contact = parts_.clusters->contact(plan.cluster)) {
      testimony = ask_cluster(**contact, plan.request, now());
    }
  }
  testimony.findings = open_findings(catalog());
  return foresight->ask<Json>([=, scope = plan.scope](const Foresight::Bench& bench) -> Result<Json> {
    diagnose::Diagnoser diagnoser(bench.picture, bench.rules, *manual, *book);
    return diagnose::to_json(diagnoser.diagnose(scope, testimony));
  });
}

}  // namespace capstan::loop
