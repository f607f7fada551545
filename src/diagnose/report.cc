#include "diagnose/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace capstan::diagnose {
namespace {

constexpr size_t kMostEvidence = 6;

Json texts(const std::vector<std::string>& list) { return Json::Array(list.begin(), list.end()); }

std::vector<std::string> texts(const Json& json) {
  std::vector<std::string> list;
  for (const Json& item : json.items()) list.push_back(item.string_or_empty());
  return list;
}

Json saying_json(const Saying& saying) {
  Json manual = Json::array();
  for (const ManualEntry& entry : saying.manual) manual.push_back(to_json(entry));
  Json json = Json::object({{"verdict", to_string(saying.verdict)},
                            {"resource", saying.resource},
                            {"rule", saying.rule},
                            {"fix", saying.fix},
                            {"manual", std::move(manual)},
                            {"evidence", texts(saying.evidence)}});
  set_words(json, "says", saying.says);
  set_words(json, "remedy", saying.remedy);
  return json;
}

Saying saying_from_json(const Json& json) {
  Saying saying{.verdict = parse_verdict(json["verdict"].string_or_empty()).value_or(Verdict::kUnknown),
                .resource = json["resource"].string_or_empty(),
                .rule = json["rule"].string_or_empty(),
                .says = words_of(json, "says"),
                .remedy = words_of(json, "remedy"),
                .fix = json["fix"].string_or_empty(),
                .manual = {},
                .evidence = texts(json["evidence"])};
  for (const Json& entry : json["manual"].items()) saying.manual.push_back(manual_entry_from_json(entry));
  return saying;
}

// "2 pods, 1 service": how many of each kind.
std::string say_looked_at(const std::vector<ResourceId>& ids) {
  std::map<std::string, int> counts;
  for (const ResourceId& id : ids) {
    std::string kind = id.substr(0, id.find('/'));
    if (const size_t line = kind.find('_'); line != std::string::npos) kind.erase(0, line + 1);
    std::ranges::replace(kind, '_', ' ');
    ++counts[kind];
  }
  std::string text;
  for (const auto& [kind, count] : counts) {
    const bool ends_in_s = kind.ends_with('s');
    const std::string many = count == 1 ? "" : ends_in_s ? "es" : kind.ends_with("cy") ? "" : "s";
    const std::string shown = count > 1 && kind.ends_with("cy") ? kind.substr(0, kind.size() - 1) + "ies" : kind + many;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, shown);
  }
  return text;
}

std::string say_manual(const ManualEntry& entry, std::string_view indent) {
  std::string text = fmt::format("{}{}: {}\n", indent, name_of(entry), entry.means);
  for (const std::string& cause : entry.causes) text += fmt::format("{}  why: {}\n", indent, cause);
  for (const std::string& remedy : entry.remedies) text += fmt::format("{}  helps: {}\n", indent, remedy);
  if (!entry.see.empty()) text += fmt::format("{}  see {}\n", indent, entry.see);
  return text;
}

std::string say_answer(const Report& report) {
  const StepReport& step = report.steps[*report.answer];
  const Saying& saying = step.sayings.front();
  std::string text =
      fmt::format("\n{}: {}\n  {}\n  {}\n",
                  saying.verdict == Verdict::kWrong ? "The first thing wrong" : "What looks suspicious first",
                  step.title, saying.says, saying.resource);
  for (size_t i = 0; i < saying.evidence.size() && i < kMostEvidence; ++i) text += "    | " + saying.evidence[i] + "\n";
  if (!saying.remedy.empty()) text += "  what helps: " + saying.remedy.text + "\n";
  if (!saying.fix.empty()) text += "  $ " + saying.fix + "\n";
  for (const ManualEntry& entry : saying.manual) text += say_manual(entry, "  ");
  if (!report.affects.empty()) text += fmt::format("  who counts on it: {}\n", fmt::join(report.affects, ", "));
  return text;
}

std::string first_line(const Report& report) {
  switch (report.verdict) {
    case Verdict::kWrong: return "something is wrong";
    case Verdict::kSuspicious: return "nothing is wrong, but something looks suspicious";
    case Verdict::kUnknown: return "nothing is wrong as far as can be seen";
    case Verdict::kOk: return "all is well";
  }
  return "";
}

}  // namespace

std::string to_text(const Report& report) {
  std::string text = fmt::format("{} ({}): {}\n", report.name, report.subject, first_line(report));
  if (report.answer) text += say_answer(report);
  text += "\n";
  for (size_t i = 0; i < report.steps.size(); ++i) {
    const StepReport& step = report.steps[i];
    text += fmt::format("{:<10}  {}{}\n", to_string(step.verdict), step.title,
                        step.looked_at.empty() ? "" : fmt::format(" ({})", say_looked_at(step.looked_at)));
    for (size_t k = 0; k < step.sayings.size(); ++k) {
      const Saying& saying = step.sayings[k];
      text += fmt::format("            {}: {}\n", to_string(saying.verdict), saying.says);
      const bool is_answer = report.answer == i && k == 0;
      if (!is_answer && !saying.fix.empty()) text += fmt::format("              $ {}\n", saying.fix);
    }
    if (step.more > 0) text += fmt::format("            and {} more\n", step.more);
  }
  if (!report.is_live) text += "\nEvents and logs were not asked for: nothing here is live.\n";
  for (const Error& problem : report.problems) text += fmt::format("not looked at: {}\n", problem.to_string());
  return text;
}

Json to_json(const Report& report) {
  Json steps = Json::array();
  for (const StepReport& step : report.steps) {
    Json sayings = Json::array();
    for (const Saying& saying : step.sayings) sayings.push_back(saying_json(saying));
    steps.push_back(Json::object({{"step", step.name},
                                  {"looks_at", step.looks_at},
                                  {"verdict", to_string(step.verdict)},
                                  {"looked_at", texts(step.looked_at)},
                                  {"found", std::move(sayings)},
                                  {"more", step.more}}));
    set_words(steps.mutable_items().back(), "title", step.title);
  }
  Json answer;
  if (report.answer) {
    answer = saying_json(report.steps[*report.answer].sayings.front());
    answer.set("step", report.steps[*report.answer].name);
    answer.set("affects", texts(report.affects));
  }
  Json logs = Json::array();
  for (const LogTail& tail : report.logs) {
    logs.push_back(Json::object({{"resource", tail.request.resource},
                                 {"container", tail.request.container},
                                 {"previous", tail.request.previous},
                                 {"lines", texts(tail.lines)}}));
  }
  Json problems = Json::array();
  for (const Error& problem : report.problems) {
    problems.push_back(Json::object({{"message", problem.message},
                                     {"file", problem.where.file},
                                     {"line", problem.where.line},
                                     {"column", problem.where.column}}));
  }
  return Json::object({{"subject", report.subject},
                       {"name", report.name},
                       {"verdict", to_string(report.verdict)},
                       {"answer", std::move(answer)},
                       {"steps", std::move(steps)},
                       {"logs", std::move(logs)},
                       {"is_live", report.is_live},
                       {"problems", std::move(problems)}});
}

Report report_from_json(const Json& json) {
  Report report;
  report.subject = json["subject"].string_or_empty();
  report.name = json["name"].string_or_empty();
  report.verdict = parse_verdict(json["verdict"].string_or_empty()).value_or(Verdict::kUnknown);
  report.is_live = json["is_live"].bool_or(false);
  const std::string& answer = json["answer"]["step"].string_or_empty();
  for (const Json& item : json["steps"].items()) {
    StepReport step{.name = item["step"].string_or_empty(),
                    .title = words_of(item, "title"),
                    .looks_at = item["looks_at"].string_or_empty(),
                    .verdict = parse_verdict(item["verdict"].string_or_empty()).value_or(Verdict::kUnknown),
                    .looked_at = texts(item["looked_at"]),
                    .sayings = {},
                    .more = item["more"].int_or(0)};
    for (const Json& saying : item["found"].items()) step.sayings.push_back(saying_from_json(saying));
    if (step.name == answer && !step.sayings.empty() && !report.answer) report.answer = report.steps.size();
    report.steps.push_back(std::move(step));
  }
  report.affects = texts(json["answer"]["affects"]);
  for (const Json& tail : json["logs"].items()) {
    report.logs.push_back(
        {{tail["resource"].string_or_empty(), tail["container"].string_or_empty(), tail["previous"].bool_or(false)},
         texts(tail["lines"])});
  }
  for (const Json& problem : json["problems"].items()) {
    report.problems.push_back({ErrorCode::kInternal,
                               problem["message"].string_or_empty(),
                               {problem["file"].string_or_empty(), static_cast<int>(problem["line"].int_or(0)),
                                static_cast<int>(problem["column"].int_or(0))}});
  }
  return report;
}

}  // namespace capstan::diagnose
