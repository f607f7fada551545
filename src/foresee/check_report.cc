#include "foresee/check_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace capstan::foresee {
namespace {

constexpr size_t kMostShown = 20;  // Of those who count on one relation.

std::string count(size_t number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

// "change.yaml:12:5", or "".
std::string text_of(const Where& where) {
  if (where.file.empty() || where.line == 0) return where.file;
  return fmt::format("{}:{}:{}", where.file, where.line, where.column);
}

const Spot* spot_of(const CheckReport& report, const Finding& finding) {
  const auto found = report.spots.find(finding.id);
  return found == report.spots.end() ? nullptr : &found->second;
}

void add_finding(const CheckReport& report, const Finding& finding, std::string& text) {
  text += fmt::format("\n{:<8} {}  {}\n         {}\n", to_string(finding.severity), finding.rule, finding.resource,
                      finding.says);
  const Spot* spot = spot_of(report, finding);
  if (spot != nullptr && !spot->where.file.empty()) text += fmt::format("         at: {}\n", text_of(spot->where));
  if (!finding.remedy.empty()) text += fmt::format("         remedy: {}\n", finding.remedy);
}

void add_consequence(const Consequence& consequence, std::string& text) {
  const Relation& relation = consequence.change.relation;
  text += fmt::format("  {} no longer {} {}\n", relation.source, relation.kind, relation.target);
  for (size_t i = 0; i < std::min(consequence.counted_on_by.size(), kMostShown); ++i) {
    const Relation& caller = consequence.counted_on_by[i];
    text += fmt::format("    {} {} it\n", caller.source, caller.kind);
  }
  if (consequence.counted_on_by.size() > kMostShown) {
    text += fmt::format("    and {} more\n", consequence.counted_on_by.size() - kMostShown);
  }
}

Json finding_json(const Finding& finding) {
  Json json = Json::object({{"id", finding.id},
                            {"rule", finding.rule},
                            {"severity", to_string(finding.severity)},
                            {"resource", finding.resource}});
  set_words(json, "says", finding.says);
  set_words(json, "remedy", finding.remedy);
  return json;
}

Json relation_json(const Relation& relation) {
  return Json::object({{"source", relation.source}, {"kind", relation.kind}, {"target", relation.target}});
}

Json findings_json(const CheckReport& report, const std::vector<Finding>& findings) {
  Json all = Json::array();
  for (const Finding& finding : findings) {
    Json one = finding_json(finding);
    if (const Spot* spot = spot_of(report, finding)) {
      one.set("document", static_cast<int64_t>(spot->document));
      one.set("place", spot->place);
      one.set("file", spot->where.file);
      one.set("line", spot->where.line);
      one.set("column", spot->where.column);
    }
    all.push_back(std::move(one));
  }
  return all;
}

Json sarif_location(const CheckReport& report, const Finding& finding) {
  const Spot* spot = spot_of(report, finding);
  const std::string name =
      spot == nullptr || spot->place.empty() ? finding.resource : finding.resource + "#" + spot->place;
  Json location = Json::object(
      {{"logicalLocations", Json::array({Json::object({{"fullyQualifiedName", name}, {"kind", "resource"}})})}});
  // What came through standard input has no file.
  if (spot == nullptr || spot->where.file.empty() || spot->where.line == 0 || spot->where.file.starts_with("/dev/"))
    return location;
  location.set("physicalLocation",
               Json::object({{"artifactLocation", Json::object({{"uri", spot->where.file}})},
                             {"region", Json::object({{"startLine", spot->where.line},
                                                      {"startColumn", std::max(spot->where.column, 1)}})}}));
  return location;
}

Where where_from(const Json& json) {
  return {json["file"].string_or_empty(), static_cast<int>(json["line"].int_or(0)),
          static_cast<int>(json["column"].int_or(0))};
}

std::string_view sarif_level(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
    case Severity::kLow: return "note";
    case Severity::kMedium: return "warning";
    case Severity::kHigh:
    case Severity::kCritical: return "error";
  }
  return "warning";
}

std::string xml(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default:
        // XML 1.0 has no place for other control characters.
        escaped += static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t' ? c : ' ';
    }
  }
  return escaped;
}

}  // namespace

bool breaks(const CheckReport& report, Severity at_least) {
  return std::ranges::any_of(report.broken, [&](const Finding& finding) { return finding.severity >= at_least; });
}

std::string to_text(const CheckReport& report) {
  std::string text = fmt::format("{} would break, {} would be mended ({}, {})\n",
                                 report.broken.empty() ? "nothing" : count(report.broken.size(), "thing"),
                                 report.mended.empty() ? "nothing" : count(report.mended.size(), "thing"),
                                 count(report.objects, "object"), count(report.rules, "rule"));
  for (const Finding& finding : report.broken) add_finding(report, finding, text);
  if (!report.mended.empty()) text += "\nmended:\n";
  for (const Finding& finding : report.mended) {
    text += fmt::format("  {}  {}: {}\n", finding.rule, finding.resource, finding.says);
  }
  if (!report.consequences.empty()) text += "\nwhat would come apart:\n";
  for (const Consequence& consequence : report.consequences) add_consequence(consequence, text);
  if (!report.problems.empty()) text += "\nnot checked:\n";
  for (const Error& problem : report.problems) text += fmt::format("  {}\n", problem.to_string());
  if (!report.notes.empty()) text += "\nto note:\n";
  for (const std::string& note : report.notes) text += fmt::format("  {}\n", note);
  return text;
}

Json to_json(const CheckReport& report) {
  Json consequences = Json::array();
  for (const Consequence& consequence : report.consequences) {
    Json counted = Json::array();
    for (const Relation& relation : consequence.counted_on_by) counted.push_back(relation_json(relation));
    Json one = relation_json(consequence.change.relation);
    one.set("counted_on_by", std::move(counted));
    consequences.push_back(std::move(one));
  }
  Json problems = Json::array();
  for (const Error& problem : report.problems) {
    problems.push_back(Json::object({{"message", problem.message},
                                     {"file", problem.where.file},
                                     {"line", problem.where.line},
                                     {"column", problem.where.column}}));
  }
  return Json::object({{"objects", static_cast<int64_t>(report.objects)},
                       {"rules", static_cast<int64_t>(report.rules)},
                       {"broken", findings_json(report, report.broken)},
                       {"mended", findings_json(report, report.mended)},
                       {"lost_relations", std::move(consequences)},
                       {"problems", std::move(problems)},
                       {"notes", Json(Json::Array(report.notes.begin(), report.notes.end()))}});
}

CheckReport report_from_json(const Json& json) {
  const auto findings = [](const Json& list) {
    std::vector<Finding> all;
    for (const Json& item : list.items()) {
      Finding& finding = all.emplace_back();
      finding.id = item["id"].string_or_empty();
      finding.rule = item["rule"].string_or_empty();
      finding.severity = parse_severity(item["severity"].string_or_empty()).value_or(Severity::kMedium);
      finding.resource = item["resource"].string_or_empty();
      finding.says = item["says"].string_or_empty();
      finding.remedy = item["remedy"].string_or_empty();
    }
    return all;
  };
  const auto relation = [](const Json& item) {
    return Relation{.source = item["source"].string_or_empty(),
                    .kind = item["kind"].string_or_empty(),
                    .target = item["target"].string_or_empty(),
                    .origin = Origin::kDerived};
  };
  CheckReport report{.objects = static_cast<size_t>(json["objects"].int_or(0)),
                     .rules = static_cast<size_t>(json["rules"].int_or(0)),
                     .broken = findings(json["broken"]),
                     .mended = findings(json["mended"]),
                     .consequences = {},
                     .problems = {},
                     .changed = {}};
  for (const Json& item : json["broken"].items()) {
    if (!item.contains("document")) continue;
    report.spots[item["id"].string_or_empty()] = {.document = static_cast<size_t>(item["document"].int_or(0)),
                                                  .place = item["place"].string_or_empty(),
                                                  .where = where_from(item)};
  }
  for (const Json& note : json["notes"].items()) report.notes.push_back(note.string_or_empty());
  for (const Json& item : json["lost_relations"].items()) {
    Consequence& consequence = report.consequences.emplace_back();
    consequence.change = {.relation = relation(item), .is_new = false};
    for (const Json& one : item["counted_on_by"].items()) consequence.counted_on_by.push_back(relation(one));
  }
  for (const Json& item : json["problems"].items()) {
    report.problems.push_back({ErrorCode::kInvalidArgument, item["message"].string_or_empty(), where_from(item)});
  }
  return report;
}

Json to_sarif(const CheckReport& report, std::string_view version) {
  std::map<std::string, const Finding*> rules;
  Json results = Json::array();
  for (const Finding& finding : report.broken) {
    rules.emplace(finding.rule, &finding);
    const std::string text =
        finding.remedy.empty() ? finding.says.text : finding.says.text + "\nRemedy: " + finding.remedy.text;
    results.push_back(Json::object({{"ruleId", finding.rule},
                                    {"level", sarif_level(finding.severity)},
                                    {"message", Json::object({{"text", text}})},
                                    {"partialFingerprints", Json::object({{"capstan/v1", finding.id}})},
                                    {"locations", Json::array({sarif_location(report, finding)})}}));
  }
  Json descriptors = Json::array();
  for (const auto& [name, finding] : rules) descriptors.push_back(Json::object({{"id", name}}));
  const Json driver = Json::object({{"name", "capstan"}, {"version", version}, {"rules", std::move(descriptors)}});
  return Json::object(
      {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
       {"version", "2.1.0"},
       {"runs",
        Json::array({Json::object({{"tool", Json::object({{"driver", driver}})}, {"results", std::move(results)}})})}});
}

std::string to_junit(const CheckReport& report, Severity at_least) {
  size_t failures = 0;
  std::string cases;
  for (const Finding& finding : report.broken) {
    const bool fails = finding.severity >= at_least;
    failures += fails ? 1 : 0;
    std::string text =
        finding.remedy.empty() ? finding.says.text : finding.says.text + "\nRemedy: " + finding.remedy.text;
    const Spot* spot = spot_of(report, finding);
    if (spot != nullptr && !spot->where.file.empty()) text += "\nAt: " + text_of(spot->where);
    cases += fmt::format("    <testcase classname=\"{}\" name=\"{}\">\n", xml(finding.rule), xml(finding.resource));
    cases += fails ? fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                                 to_string(finding.severity), xml(finding.says.text), xml(text))
                   : fmt::format("      <system-out>{}</system-out>\n", xml(text));
    cases += "    </testcase>\n";
  }
  // A suite without a case looks like one that did not run.
  if (cases.empty()) cases = "    <testcase classname=\"capstan\" name=\"nothing would break\"/>\n";
  size_t tests = std::max<size_t>(report.broken.size(), 1);
  std::string errors;
  for (const Error& problem : report.problems) {
    errors += fmt::format(
        "    <testcase classname=\"capstan\" name=\"{}\">\n      <error message=\"{}\"/>\n    </testcase>\n",
        xml(problem.where.file), xml(problem.to_string()));
    ++tests;
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"capstan check\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\">\n{}{}  </testsuite>\n</testsuites>\n",
      tests, failures, report.problems.size(), cases, errors);
}

}  // namespace capstan::foresee
