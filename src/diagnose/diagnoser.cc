#include "diagnose/diagnoser.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "detect/sql_rule.h"
#include "diagnose/question.h"
#include "diagnose/subject.h"

namespace capstan::diagnose {
namespace {

constexpr size_t kMostSayings = 5;  // Of a step.
constexpr size_t kMostLogs = 3;
constexpr size_t kMostEvents = 3;   // Beside one saying,
constexpr size_t kMostLines = 5;    // the same for lines of a log,
constexpr size_t kMostEntries = 3;  // and for entries of manuals.
constexpr size_t kMostAffected = 20;
constexpr int kMostOwners = 5;  // A pod, its replica set, its deployment.

Verdict verdict_of(Severity severity) { return severity >= Severity::kHigh ? Verdict::kWrong : Verdict::kSuspicious; }

void add_column(std::string name, std::string value, std::vector<std::string>& columns, std::vector<SqlValue>& row) {
  if (std::ranges::find(columns, name) != columns.end()) return;
  columns.push_back(std::move(name));
  row.emplace_back(std::move(value));
}

void add_entry(ManualEntry entry, std::vector<ManualEntry>& entries) {
  const bool is_new = std::ranges::none_of(entries, [&](const ManualEntry& one) { return one.means == entry.means; });
  if (is_new && entries.size() < kMostEntries) entries.push_back(std::move(entry));
}

}  // namespace

std::vector<LogRequest> Diagnoser::logs_wanted(const Scope& scope) {
  std::vector<LogRequest> wanted;
  for (const Step& step : book_.steps) {
    if (!step.logs) continue;
    const auto rows = ask(picture_, *step.logs, scope.all());
    for (size_t row = 0; rows && row < rows->rows.size() && wanted.size() < kMostLogs; ++row) {
      LogRequest request{.resource = value_of(*rows, row, "id"),
                         .container = value_of(*rows, row, "container"),
                         .previous = value_of(*rows, row, "previous") == "1"};
      if (std::ranges::find(wanted, request) == wanted.end()) wanted.push_back(std::move(request));
    }
  }
  return wanted;
}

Report Diagnoser::diagnose(const Scope& scope, const Testimony& testimony) {
  Report report;
  report.subject = scope.subject;
  report.name = kubectl_name(picture_, scope.subject);
  report.is_live = testimony.is_live;
  report.logs = testimony.logs;
  report.problems = testimony.problems;
  if (const Status filled = fill_event_table(picture_, testimony); !filled) report.problems.push_back(filled.error());
  const std::vector<ResourceId> ids = scope.all();
  for (const Step& step : book_.steps) {
    StepReport taken = take(step, ids, testimony, report);
    if (!taken.looked_at.empty() || !taken.sayings.empty()) report.steps.push_back(std::move(taken));
  }
  StepReport otherwise = known_otherwise(ids, testimony);
  if (!otherwise.sayings.empty()) report.steps.push_back(std::move(otherwise));
  for (size_t i = 0; i < report.steps.size(); ++i) {
    if (report.steps[i].verdict < Verdict::kSuspicious) {
      report.verdict = std::max(report.verdict, report.steps[i].verdict);
    } else if (report.steps[i].verdict > report.verdict) {
      report.verdict = report.steps[i].verdict;
      report.answer = i;
    }
  }
  if (report.answer) {
    const ResourceId& about = report.steps[*report.answer].sayings.front().resource;
    std::vector<ResourceId> from = {about};
    if (const auto itself = reach(picture_, book_.walks, Part::kItself, from)) {
      from.insert(from.end(), itself->begin(), itself->end());
    }
    report.affects = reach(picture_, book_.walks, Part::kCallers, from).value_or(std::vector<ResourceId>());
    std::erase(report.affects, about);
    report.affects.resize(std::min(report.affects.size(), kMostAffected));
  }
  return report;
}

StepReport Diagnoser::take(const Step& step, const std::vector<ResourceId>& ids, const Testimony& testimony,
                           Report& report) {
  StepReport taken{.name = step.name, .title = Words::in_both(step.title, step.title_ko), .looks_at = step.looks_at};
  std::set<std::string> kinds;
  for (const Check& check : step.checks) {
    const std::vector<std::string> on = check.rule.empty() ? check.question.on : rules_.kinds_of(check.rule);
    kinds.insert(on.begin(), on.end());
    Result<std::vector<Saying>> found = ask_check(check, ids);
    if (!found) {
      Error problem = found.error();
      if (problem.where.file.empty()) problem.where = check.question.where;
      report.problems.push_back(std::move(problem));
      taken.verdict = std::max(taken.verdict, Verdict::kUnknown);
      continue;
    }
    for (Saying& saying : *found) taken.sayings.push_back(std::move(saying));
  }
  for (const ResourceId& id : ids) {
    if (kinds.contains(kind_of(id)) && picture_.find(id)) taken.looked_at.push_back(id);
  }
  std::ranges::stable_sort(taken.sayings, std::greater(), &Saying::verdict);
  if (taken.sayings.size() > kMostSayings) {
    taken.more = static_cast<int64_t>(taken.sayings.size() - kMostSayings);
    taken.sayings.erase(taken.sayings.begin() + kMostSayings, taken.sayings.end());
  }
  for (Saying& saying : taken.sayings) {
    taken.verdict = std::max(taken.verdict, saying.verdict);
    add_evidence(testimony, saying);
  }
  return taken;
}

Result<std::vector<Saying>> Diagnoser::ask_check(const Check& check, const std::vector<ResourceId>& ids) {
  std::vector<Saying> sayings;
  if (check.rule.empty()) {
    Table found = TRY(ask(picture_, check.question, ids));
    for (size_t row = 0; row < found.rows.size(); ++row) {
      const ResourceId resource = value_of(found, row, "id");
      sayings.push_back(make_saying(check, resource, found.columns, std::move(found.rows[row])));
    }
    return sayings;
  }
  for (detect::PictureRules::Saying& found :
       TRY(rules_.ask_about(check.rule, of_kinds(ids, rules_.kinds_of(check.rule))))) {
    Saying saying = make_saying(check, found.finding.resource, std::move(found.columns), std::move(found.row));
    saying.rule = check.rule;
    if (check.says.empty()) saying.says = found.finding.says;
    if (saying.remedy.empty()) saying.remedy = found.finding.remedy;
    if (!check.verdict) saying.verdict = verdict_of(found.finding.severity);
    sayings.push_back(std::move(saying));
  }
  return sayings;
}

Saying Diagnoser::make_saying(const Check& check, const ResourceId& resource, std::vector<std::string> columns,
                              std::vector<SqlValue> row) {
  const std::string space = space_of(picture_, resource);
  add_column("name", resource.substr(resource.rfind('/') + 1), columns, row);
  add_column("namespace", space.empty() ? "" : space.substr(3), columns, row);
  add_column("object", kubectl_name(picture_, resource), columns, row);
  add_column("in", space, columns, row);
  add_column("workload", kubectl_name(picture_, workload_of(resource)), columns, row);
  Saying saying{.verdict = check.verdict.value_or(Verdict::kWrong), .resource = resource};
  const auto fill = [&](const std::string& text) { return detect::fill_placeholders(text, columns, row); };
  saying.says = Words::in_both(fill(check.says), fill(check.says_ko));
  saying.remedy = Words::in_both(fill(check.remedy), fill(check.remedy_ko));
  saying.fix = detect::fill_placeholders(check.fix, columns, row);
  look_up(check, columns, row, saying);
  return saying;
}

void Diagnoser::look_up(const Check& check, const std::vector<std::string>& columns, const std::vector<SqlValue>& row,
                        Saying& saying) {
  for (const std::string& wanted : check.manual) {
    const size_t colon = wanted.find(':');
    const std::string product = colon == std::string::npos ? "" : wanted.substr(0, colon);
    const std::string text =
        detect::fill_placeholders(colon == std::string::npos ? wanted : wanted.substr(colon + 1), columns, row);
    for (ManualEntry& entry : manual_.look_up(text, product, 1)) add_entry(std::move(entry), saying.manual);
  }
}

void Diagnoser::add_evidence(const Testimony& testimony, Saying& saying) {
  for (const LogTail& tail : testimony.logs) {
    if (tail.request.resource != saying.resource) continue;
    // What the program itself said tells more than how it ended.
    std::vector<ManualEntry> entries;
    for (const std::string& line : tail.lines) {
      for (ManualEntry& entry : manual_.look_up(line, "", 1)) add_entry(std::move(entry), entries);
    }
    for (ManualEntry& entry : saying.manual) add_entry(std::move(entry), entries);
    saying.manual = std::move(entries);
    const size_t first = tail.lines.size() - std::min(tail.lines.size(), kMostLines);
    for (size_t i = first; i < tail.lines.size(); ++i) {
      saying.evidence.push_back(fmt::format("log of {}: {}", tail.request.container, tail.lines[i]));
    }
  }
  size_t events = 0;
  for (const Event& event : testimony.events) {
    if (event.resource != saying.resource || events++ >= kMostEvents) continue;
    saying.evidence.push_back(fmt::format("event {} ({}x): {}", event.reason, event.count, event.message));
    if (!saying.manual.empty()) continue;
    for (ManualEntry& entry : manual_.look_up(event.message, "", 1)) add_entry(std::move(entry), saying.manual);
  }
}

StepReport Diagnoser::known_otherwise(const std::vector<ResourceId>& ids, const Testimony& testimony) {
  StepReport step{.name = "known", .title = Words::phrase("diagnosis.known"), .looks_at = "findings that are open"};
  std::set<std::string> told;
  for (const Step& one : book_.steps) {
    for (const Check& check : one.checks) told.insert(check.rule);
  }
  const std::set<ResourceId> about(ids.begin(), ids.end());
  for (const Finding& finding : testimony.findings) {
    if (finding.severity < Severity::kMedium || told.contains(finding.rule) || !about.contains(finding.resource))
      continue;
    if (step.sayings.size() >= kMostSayings) {
      ++step.more;
      continue;
    }
    Saying saying{.verdict = verdict_of(finding.severity), .resource = finding.resource, .rule = finding.rule};
    saying.says = finding.says;
    saying.remedy = finding.remedy;
    step.verdict = std::max(step.verdict, saying.verdict);
    step.looked_at.push_back(finding.resource);
    step.sayings.push_back(std::move(saying));
  }
  std::ranges::stable_sort(step.sayings, std::greater(), &Saying::verdict);
  return step;
}

ResourceId Diagnoser::workload_of(const ResourceId& id) {
  ResourceId now = id;
  for (int i = 0; i < kMostOwners; ++i) {
    const std::vector<Relation> relations = picture_.relations_of(now);
    const auto owner = std::ranges::find_if(relations, [&](const Relation& relation) {
      return relation.kind == "owns" && relation.target == now && picture_.find(relation.source).has_value();
    });
    if (owner == relations.end()) break;
    now = owner->source;
  }
  return now;
}

}  // namespace capstan::diagnose
