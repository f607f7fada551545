#include "model/manual.h"

#include <fmt/format.h>

namespace capstan {

std::string name_of(const ManualEntry& entry) {
  return entry.code.empty() ? entry.title : fmt::format("{} {}", entry.title, entry.code);
}

Json to_json(const ManualEntry& entry) {
  return Json::object({{"product", entry.product},
                       {"title", entry.title},
                       {"code", entry.code},
                       {"severity", to_string(entry.severity)},
                       {"means", entry.means},
                       {"causes", Json::Array(entry.causes.begin(), entry.causes.end())},
                       {"remedies", Json::Array(entry.remedies.begin(), entry.remedies.end())},
                       {"see", entry.see},
                       {"versions", entry.versions}});
}

ManualEntry manual_entry_from_json(const Json& json) {
  ManualEntry entry;
  entry.product = json["product"].string_or_empty();
  entry.title = json["title"].string_or_empty();
  entry.code = json["code"].string_or_empty();
  entry.severity = parse_severity(json["severity"].string_or_empty()).value_or(Severity::kMedium);
  entry.means = json["means"].string_or_empty();
  for (const Json& cause : json["causes"].items()) entry.causes.push_back(cause.string_or_empty());
  for (const Json& remedy : json["remedies"].items()) entry.remedies.push_back(remedy.string_or_empty());
  entry.see = json["see"].string_or_empty();
  entry.versions = json["versions"].string_or_empty();
  return entry;
}

Evidence evidence_of(const ManualEntry& entry) {
  Evidence evidence;
  evidence.kind = Evidence::Kind::kLines;
  evidence.text = Words::phrase("manual.says", {{"manual", name_of(entry)}, {"means", entry.means}});
  for (const std::string& cause : entry.causes) evidence.lines.push_back("cause: " + cause);
  for (const std::string& remedy : entry.remedies) evidence.lines.push_back("remedy: " + remedy);
  if (!entry.see.empty()) evidence.lines.push_back("see " + entry.see);
  return evidence;
}

}  // namespace capstan
