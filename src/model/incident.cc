#include "model/incident.h"

namespace capstan {

std::string_view to_string(IncidentState state) { return state == IncidentState::kOpen ? "open" : "closed"; }

Json Cause::to_json() const {
  Json::Array pieces;
  for (const Evidence& piece : evidence) pieces.push_back(piece.to_json());
  Json json = Json::object({{"resource", resource},
                            {"group", Json::Array(group.begin(), group.end())},
                            {"score", score},
                            {"share", share},
                            {"value", value},
                            {"finding", finding},
                            {"evidence", std::move(pieces)}});
  set_words(json, "says", says);
  return json;
}

Cause Cause::from_json(const Json& json) {
  Cause cause;
  cause.resource = json["resource"].string_or_empty();
  for (const Json& id : json["group"].items()) cause.group.push_back(id.string_or_empty());
  cause.score = json["score"].number_or(0);
  cause.share = json["share"].number_or(0);
  cause.value = json["value"].number_or(0);
  cause.says = words_of(json, "says");
  cause.finding = json["finding"].string_or_empty();
  for (const Json& piece : json["evidence"].items()) cause.evidence.push_back(Evidence::from_json(piece));
  return cause;
}

Json Incident::to_json() const {
  Json::Array all_findings;
  for (const Finding& finding : findings) all_findings.push_back(finding.to_json());
  Json::Array all_causes;
  for (const Cause& cause : causes) all_causes.push_back(cause.to_json());
  Json::Array plans;
  for (const Plan& plan : recommended) plans.push_back(plan.to_json());
  Json json = Json::object({{"id", id},
                            {"state", to_string(state)},
                            {"severity", to_string(severity)},
                            {"opened", format_time(opened)},
                            {"findings", std::move(all_findings)},
                            {"causes", std::move(all_causes)},
                            {"recommended", std::move(plans)}});
  set_words(json, "title", title);
  if (state == IncidentState::kClosed) json.set("closed", format_time(closed));
  return json;
}

Incident Incident::from_json(const Json& json) {
  Incident incident;
  incident.id = json["id"].string_or_empty();
  incident.state = json["state"].string_or_empty() == "closed" ? IncidentState::kClosed : IncidentState::kOpen;
  incident.severity = parse_severity(json["severity"].string_or_empty()).value_or(Severity::kMedium);
  incident.title = words_of(json, "title");
  incident.opened = parse_time(json["opened"].string_or_empty()).value_or(Time());
  incident.closed = parse_time(json["closed"].string_or_empty()).value_or(Time());
  for (const Json& finding : json["findings"].items()) incident.findings.push_back(Finding::from_json(finding));
  for (const Json& cause : json["causes"].items()) incident.causes.push_back(Cause::from_json(cause));
  for (const Json& plan : json["recommended"].items()) incident.recommended.push_back(Plan::from_json(plan));
  return incident;
}

}  // namespace capstan
