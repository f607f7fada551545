#include "model/finding.h"

#include <array>

namespace capstan {
namespace {

struct SeverityName {
  std::string_view name;
  Severity severity;
};
constexpr std::array<SeverityName, 16> kSeverityNames = {{{"info", Severity::kInfo},
                                                          {"low", Severity::kLow},
                                                          {"medium", Severity::kMedium},
                                                          {"high", Severity::kHigh},
                                                          {"critical", Severity::kCritical},
                                                          {"none", Severity::kInfo},
                                                          {"notice", Severity::kLow},
                                                          {"warning", Severity::kMedium},
                                                          {"warn", Severity::kMedium},
                                                          {"error", Severity::kHigh},
                                                          {"page", Severity::kCritical},
                                                          {"P1", Severity::kCritical},
                                                          {"P2", Severity::kHigh},
                                                          {"P3", Severity::kMedium},
                                                          {"P4", Severity::kLow},
                                                          {"P5", Severity::kInfo}}};

Json labels_to_json(const Labels& labels) {
  Json::Object object;
  for (const auto& [name, value] : labels) object.emplace(name, value);
  return object;
}

Labels labels_from_json(const Json& json) {
  std::vector<Labels::Pair> pairs;
  for (const auto& [name, value] : json.members()) pairs.emplace_back(name, value.string_or_empty());
  return Labels(std::move(pairs));
}

Json series_to_json(const Series& series) {
  Json::Array samples;
  for (const Sample& sample : series.samples) samples.push_back(Json::array({sample.at_ms, sample.value}));
  return Json::object({{"labels", labels_to_json(series.labels)}, {"samples", std::move(samples)}});
}

Series series_from_json(const Json& json) {
  Series series{.labels = labels_from_json(json["labels"]), .samples = {}};
  for (const Json& pair : json["samples"].items()) {
    if (pair.items().size() != 2) continue;
    series.samples.push_back({pair.items()[0].int_or(0), pair.items()[1].number_or(0)});
  }
  return series;
}

}  // namespace

std::string_view to_string(Severity severity) {
  return kSeverityNames[static_cast<size_t>(severity)].name;  // The first five are in the order of the enum.
}

std::optional<Severity> parse_severity(std::string_view text) {
  for (const SeverityName& entry : kSeverityNames) {
    if (entry.name == text) return entry.severity;
  }
  return std::nullopt;
}

Json Evidence::to_json() const {
  Json json;
  switch (kind) {
    case Kind::kFact: json = Json::object({{"kind", "fact"}, {"fact", fact}}); break;
    case Kind::kSeries: {
      Json::Array all;
      for (const Series& one : series) all.push_back(series_to_json(one));
      json = Json::object({{"kind", "series"}, {"query", query}, {"series", std::move(all)}});
      break;
    }
    case Kind::kLines:
      json = Json::object({{"kind", "lines"}, {"lines", Json::Array(lines.begin(), lines.end())}});
      break;
  }
  set_words(json, "text", text);
  return json;
}

Evidence Evidence::from_json(const Json& json) {
  Evidence evidence;
  const std::string& kind = json["kind"].string_or_empty();
  evidence.kind = kind == "series" ? Kind::kSeries : kind == "lines" ? Kind::kLines : Kind::kFact;
  evidence.text = words_of(json, "text");
  evidence.fact = static_cast<Seq>(json["fact"].int_or(0));
  evidence.query = json["query"].string_or_empty();
  for (const Json& one : json["series"].items()) evidence.series.push_back(series_from_json(one));
  for (const Json& line : json["lines"].items()) evidence.lines.push_back(line.string_or_empty());
  return evidence;
}

Json Finding::to_json() const {
  Json::Array pieces;
  for (const Evidence& piece : evidence) pieces.push_back(piece.to_json());
  Json json = Json::object({{"id", id},
                            {"rule", rule},
                            {"is_advice", is_advice},
                            {"severity", to_string(severity)},
                            {"resource", resource},
                            {"labels", labels_to_json(labels)},
                            {"value", value},
                            {"query", query},
                            {"since", format_time(since)},
                            {"causes_by", causes_by},
                            {"verbs", Json::Array(verbs.begin(), verbs.end())},
                            {"explains", Json::Array(explains.begin(), explains.end())},
                            {"evidence", std::move(pieces)}});
  set_words(json, "title", title);
  set_words(json, "says", says);
  set_words(json, "remedy", remedy);
  return json;
}

Finding Finding::from_json(const Json& json) {
  Finding finding;
  finding.id = json["id"].string_or_empty();
  finding.rule = json["rule"].string_or_empty();
  finding.is_advice = json["is_advice"].bool_or(false);
  finding.severity = parse_severity(json["severity"].string_or_empty()).value_or(Severity::kMedium);
  finding.resource = json["resource"].string_or_empty();
  finding.labels = labels_from_json(json["labels"]);
  finding.title = words_of(json, "title");
  finding.says = words_of(json, "says");
  finding.remedy = words_of(json, "remedy");
  finding.value = json["value"].number_or(0);
  finding.query = json["query"].string_or_empty();
  finding.since = parse_time(json["since"].string_or_empty()).value_or(Time());
  finding.causes_by = json["causes_by"].string_or_empty();
  for (const Json& verb : json["verbs"].items()) finding.verbs.push_back(verb.string_or_empty());
  for (const Json& pattern : json["explains"].items()) finding.explains.push_back(pattern.string_or_empty());
  for (const Json& piece : json["evidence"].items()) finding.evidence.push_back(Evidence::from_json(piece));
  return finding;
}

}  // namespace capstan
