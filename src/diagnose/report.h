// The outcome of a diagnosis: what was looked at in which order, what was found, and which of it is the answer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "diagnose/diagnosis_file.h"
#include "diagnose/testimony.h"
#include "model/manual.h"
#include "model/words.h"

namespace capstan::diagnose {

// Something that a step found.
struct Saying {
  Verdict verdict = Verdict::kWrong;
  ResourceId resource;
  std::string rule;  // "" for a question of the step's own.
  Words says;
  Words remedy;     // In words.
  std::string fix;  // As a command.
  std::vector<ManualEntry> manual;
  std::vector<std::string> evidence;  // Events and lines of logs.
};

struct StepReport {
  std::string name;
  Words title;
  std::string looks_at;
  Verdict verdict = Verdict::kOk;  // The worst of what was found.
  std::vector<ResourceId> looked_at;
  std::vector<Saying> sayings;  // The worst first; at most a few.
  int64_t more = 0;             // How many there were beyond those.
};

struct Report {
  ResourceId subject;
  std::string name;  // "deployment/web"
  Verdict verdict = Verdict::kOk;
  std::vector<StepReport> steps;    // Those that had something to look at.
  std::optional<size_t> answer;     // The step whose first saying is the first thing wrong, or suspicious.
  std::vector<ResourceId> affects;  // Who counts on what the answer is about.
  std::vector<LogTail> logs;
  bool is_live = false;
  std::vector<Error> problems;  // What could not be looked at.
};

std::string to_text(const Report& report);
Json to_json(const Report& report);
// The other way round, for who got one from the API.
Report report_from_json(const Json& json);

}  // namespace capstan::diagnose
