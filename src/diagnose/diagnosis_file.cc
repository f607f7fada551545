#include "diagnose/diagnosis_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/config.h"
#include "base/suggest.h"
#include "catalog/picture.h"
#include "diagnose/question.h"

namespace capstan::diagnose {
namespace {

constexpr std::array<std::string_view, 4> kVerdicts = {"ok", "unknown", "suspicious", "wrong"};
constexpr size_t kMostChecks = 200;

// A name is a kind, or a place that kinds have in common.
std::vector<std::string> read_kinds_named(MapReader& reader, std::string_view key, std::span<const KindSpec> kinds) {
  std::vector<std::string> found;
  for (const std::string& name : reader.strings(key)) {
    const size_t before = found.size();
    std::vector<std::string_view> known;
    for (const KindSpec& kind : kinds) {
      if (kind.is_part()) continue;
      known.push_back(kind.name);
      if (kind.name == name || kind.places.contains(name)) found.push_back(kind.name);
    }
    if (found.size() == before) {
      reader.problem(reader.at(key), fmt::format("no kind '{}'{}", name, did_you_mean(name, known)));
    }
  }
  return found;
}

Question read_question(MapReader& reader, const ConfigNode& node, std::span<const KindSpec> kinds) {
  Question question{
      .on = read_kinds_named(reader, "on", kinds), .find = reader.string_or("find", ""), .where = node.where};
  if (reader.has("find")) question.where = reader.at("find").where;
  if (question.on.empty() && node.is_map() && !reader.has("on")) reader.problem(node, "'on' is missing: which kinds?");
  return question;
}

class FileReader {
 public:
  FileReader(std::span<const KindSpec> kinds, DiagnosisBook& book, std::vector<Error>& problems)
      : kinds_(kinds), book_(book), problems_(problems) {}

  void read(const ConfigNode& document) {
    if (!document.is_map()) return;
    if (document.find("walk") != nullptr) {
      read_walk(document);
    } else if (document.find("step") != nullptr) {
      read_step(document);
    }
  }

 private:
  void take_problems(MapReader& reader) {
    for (Error& problem : reader.problems()) problems_.push_back(std::move(problem));
  }

  void read_walk(const ConfigNode& document) {
    MapReader reader(document, "a walk");
    Walk walk;
    for (const std::string& part : reader.strings("walk")) {
      if (part == "itself") {
        walk.parts.push_back(Part::kItself);
      } else if (part == "needs") {
        walk.parts.push_back(Part::kNeeds);
      } else if (part == "callers") {
        walk.parts.push_back(Part::kCallers);
      } else {
        reader.problem(reader.at("walk"), fmt::format("'{}' is none of itself, needs, callers", part));
      }
    }
    walk.from = read_question(reader, document, kinds_);
    walk.relation = reader.string_or("follow", "");
    walk.backwards = reader.bool_or("backwards", false);
    walk.to = read_kinds_named(reader, "to", kinds_);
    if (walk.relation.empty() == walk.from.find.empty()) {
      reader.problem(document,
                     "a walk needs either 'follow' (a relation) with 'to', or 'find' (SELECT … AS id FROM this …)");
    }
    if (!walk.relation.empty() && !reader.has("to")) reader.problem(document, "'to' is missing: which kinds?");
    take_problems(reader);
    book_.walks.push_back(std::move(walk));
  }

  void read_step(const ConfigNode& document) {
    MapReader reader(document, "a step");
    Step step;
    step.where = document.where;
    step.name = reader.required_string("step");
    step.title = reader.string_or("title", step.name);
    step.title_ko = reader.string_or("title_ko", "");
    step.looks_at = reader.string_or("looks_at", "");
    step.after = reader.string_or("after", "");
    if (const ConfigNode* checks = reader.required_node("checks", ConfigNode::Kind::kSequence)) {
      if (checks->items.size() > kMostChecks) {
        reader.problem(*checks, fmt::format("a step has at most {} checks", kMostChecks));
      }
      for (const ConfigNode& node : checks->items) step.checks.push_back(read_check(node));
    }
    if (const ConfigNode* logs = reader.node("logs")) {
      MapReader of_logs(*logs, "logs");
      step.logs = read_question(of_logs, *logs, kinds_);
      if (step.logs->find.empty()) of_logs.problem(*logs, "'find' is missing: SELECT this.id, … AS container …");
      take_problems(of_logs);
    }
    take_problems(reader);
    add(std::move(step));
  }

  Check read_check(const ConfigNode& node) {
    MapReader reader(node, "a check");
    Check check;
    check.rule = reader.string_or("rule", "");
    if (check.rule.empty()) {
      check.question = read_question(reader, node, kinds_);
      if (check.question.find.empty()) reader.problem(node, "a check needs a 'rule', or 'on' and 'find'");
      check.says = reader.required_string("says");
      check.verdict = Verdict::kWrong;
    } else {
      check.question.where = node.where;
      check.says = reader.string_or("says", "");
    }
    if (const std::string text = reader.string_or("verdict", ""); !text.empty()) {
      check.verdict = parse_verdict(text);
      if (!check.verdict) {
        reader.problem(reader.at("verdict"), fmt::format("'{}' is none of {}{}", text, fmt::join(kVerdicts, ", "),
                                                         did_you_mean(text, kVerdicts)));
      }
    }
    check.remedy = reader.string_or("remedy", "");
    check.says_ko = reader.string_or("says_ko", "");
    check.remedy_ko = reader.string_or("remedy_ko", "");
    check.fix = reader.string_or("fix", "");
    check.manual = reader.strings("manual");
    take_problems(reader);
    return check;
  }

  void add(Step step) {
    const auto known = std::ranges::find(book_.steps, step.name, &Step::name);
    if (known != book_.steps.end()) {
      *known = std::move(step);
    } else {
      book_.steps.push_back(std::move(step));
    }
  }

  std::span<const KindSpec> kinds_;
  DiagnosisBook& book_;
  std::vector<Error>& problems_;
};

// Each step that says so comes behind the one it names, those behind the same one in the order of the files.
void put_in_order(std::vector<Step>& steps, std::vector<Error>& problems) {
  std::vector<Step> ordered;
  std::vector<Step> waiting;
  for (Step& step : steps) (step.after.empty() ? ordered : waiting).push_back(std::move(step));
  for (bool moved = true; moved && !waiting.empty();) {
    moved = false;
    for (auto step = waiting.begin(); step != waiting.end();) {
      auto place = std::ranges::find(ordered, step->after, &Step::name);
      if (place == ordered.end()) {
        ++step;
        continue;
      }
      do ++place;
      while (place != ordered.end() && place->after == step->after);
      ordered.insert(place, std::move(*step));
      step = waiting.erase(step);
      moved = true;
    }
  }
  std::vector<std::string_view> names;
  for (const Step& step : ordered) names.push_back(step.name);
  for (Step& step : waiting) {
    problems.push_back({ErrorCode::kInvalidArgument,
                        fmt::format("the step '{}' is to come after '{}', which is no step{}", step.name, step.after,
                                    did_you_mean(step.after, names)),
                        step.where});
  }
  for (Step& step : waiting) ordered.push_back(std::move(step));
  steps = std::move(ordered);
}

}  // namespace

std::string_view to_string(Verdict verdict) { return kVerdicts[static_cast<size_t>(verdict)]; }

std::optional<Verdict> parse_verdict(std::string_view text) {
  const auto found = std::ranges::find(kVerdicts, text);
  if (found == kVerdicts.end()) return std::nullopt;
  return static_cast<Verdict>(found - kVerdicts.begin());
}

ReadDiagnosis read_diagnosis(std::span<const DiagnosisText> files, std::span<const KindSpec> kinds) {
  ReadDiagnosis read;
  for (const DiagnosisText& file : files) {
    const Result<std::vector<ConfigNode>> documents = parse_yaml(file.text, file.path);
    if (!documents) {
      read.problems.push_back(documents.error());
      continue;
    }
    DiagnosisBook with_file = read.book;
    std::vector<Error> problems;
    FileReader reader(kinds, with_file, problems);
    for (const ConfigNode& document : *documents) reader.read(document);
    if (problems.empty()) read.book = std::move(with_file);
    std::ranges::move(problems, std::back_inserter(read.problems));
  }
  put_in_order(read.book.steps, read.problems);
  return read;
}

std::vector<Error> check_sql(const DiagnosisBook& book, const std::vector<KindSpec>& kinds) {
  auto picture = catalog::Picture::create(kinds, {});
  if (!picture) return {picture.error()};
  if (const Status made = make_event_table(**picture); !made) return {made.error()};
  std::vector<Error> problems;
  const auto check = [&](const Question& question) {
    if (question.find.empty()) return;
    const auto asked = ask(**picture, question, {});
    if (!asked) problems.push_back({asked.error().code, "in the SQL: " + asked.error().message, question.where});
  };
  for (const Walk& walk : book.walks) check(walk.from);
  for (const Step& step : book.steps) {
    for (const Check& one : step.checks) check(one.question);
    if (step.logs) check(*step.logs);
  }
  return problems;
}

}  // namespace capstan::diagnose
