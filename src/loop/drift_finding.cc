#include "loop/drift_finding.h"

#include <fmt/format.h>

#include "base/crypto.h"

namespace capstan::loop {
namespace {

constexpr size_t kMostFields = 10;  // As evidence.

std::string place(const Where& where) {
  return where.file.empty() ? "" : fmt::format(" ({}:{})", where.file, where.line);
}

Finding finding_of(const drift::ObjectDrift& object, const std::string& source, const std::string& commit, Time now) {
  const std::string of = commit.empty() ? source : fmt::format("{}@{}", source, commit.substr(0, 8));
  Finding finding{.rule = std::string(kDriftRule),
                  .severity = Severity::kLow,
                  .resource = object.id,
                  .labels = Labels({{"manifests", source}, {"object", object.id}}),
                  .is_advice = true,
                  .since = now};
  finding.id = hex(sha256(fmt::format("{}\n{}\n{}", kDriftRule, source, object.id))).substr(0, 16);
  switch (object.state) {
    case drift::ObjectState::kMissing:
      finding.severity = Severity::kMedium;
      finding.is_advice = false;
      finding.title = Words::phrase("drift.missing", {{"name", object.name}});
      finding.says =
          Words::phrase("drift.missing_says",
                        {{"kind", object.kind}, {"name", object.name}, {"manifests", of + place(object.where)}});
      finding.remedy = Words::phrase("drift.missing_remedy");
      break;
    case drift::ObjectState::kExtra:
      finding.title = Words::phrase("drift.extra", {{"name", object.name}});
      finding.says =
          Words::phrase("drift.extra_says", {{"kind", object.kind}, {"name", object.name}, {"manifests", of}});
      finding.remedy = Words::phrase("drift.extra_remedy");
      break;
    default:
      finding.title = Words::phrase("drift.differs", {{"name", object.name}});
      finding.remedy = "capstan drift DIRECTORY -o patch-cluster | kubectl apply -f -, or -o patch-files | git apply";
  }
  for (const drift::FieldDrift& field : object.fields) {
    if (!field.by_right.empty() || finding.evidence.size() >= kMostFields) continue;
    const std::string said = fmt::format("{} {}", to_string(field.difference.path), drift::say(field));
    if (finding.says.empty())
      finding.says = Words::phrase(
          "drift.differs_says",
          {{"kind", object.kind}, {"name", object.name}, {"manifests", of + place(object.where)}, {"says", said}});
    finding.evidence.push_back({.kind = Evidence::Kind::kFact, .text = said + place(field.where)});
  }
  return finding;
}

}  // namespace

std::vector<Finding> drift_findings(const drift::DriftReport& report, const std::string& source,
                                    const std::string& commit, Time now) {
  std::vector<Finding> findings;
  for (const drift::ObjectDrift& object : report.drifts) {
    if (object.counts()) findings.push_back(finding_of(object, source, commit, now));
  }
  return findings;
}

}  // namespace capstan::loop
