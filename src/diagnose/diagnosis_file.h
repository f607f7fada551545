// How a diagnosis goes, as packs say it (packs/<pack>/diagnosis.yaml, docs/diagnose.md). A document is a walk, which
// says what belongs to the thing that is diagnosed, or a step, which says what is looked at and when it is wrong:
//
//   walk: callers                 # itself, needs or callers; a list for several
//   on: k8s_pod                   # From these kinds (or a place that kinds have in common)
//   follow: selects               # a relation leads to
//   backwards: true               # (from its target to its source)
//   to: k8s_service               # these kinds. In place of follow and to: find: SELECT … AS id FROM this …
//   ---
//   step: start
//   title: Containers start and stay up
//   looks_at: state, last end and restarts of every container
//   after: images                 # Else it comes after the one before it in the file.
//   checks:
//     - rule: KubeContainerCrashLooping       # A rule about configuration by its name,
//       fix: "kubectl {{in}} logs {{object}} -c {{container}} --previous"
//       manual: ["kubernetes: {{last_exit_code}}"]
//     - on: k8s_pod                           # or a question of its own.
//       find: SELECT this.id, … FROM this JOIN … WHERE …
//       verdict: suspicious
//       says: "…"                             # {{in}}: -n shop; {{object}}: pod/web-0; {{workload}}: deployment/web
//   logs: { on: k8s_pod, find: "SELECT this.id, s.name AS container, 1 AS previous FROM this JOIN …" }
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/resource.h"

namespace capstan::diagnose {

// A question about `this`, which are resources of some kinds.
struct Question {
  std::vector<std::string> on;
  std::string find;
  Where where;
};

enum class Part {
  kItself,   // What is diagnosed, with what it is made of.
  kNeeds,    // What that needs.
  kCallers,  // Who counts on it.
};

struct Walk {
  std::vector<Part> parts;
  Question from;         // `find` is "" where a relation is followed.
  std::string relation;  // "selects"
  bool backwards = false;
  std::vector<std::string> to;  // Kinds.
};

enum class Verdict { kOk, kUnknown, kSuspicious, kWrong };
std::string_view to_string(Verdict verdict);
std::optional<Verdict> parse_verdict(std::string_view text);

struct Check {
  std::string rule;  // "" for a question of its own.
  Question question;
  std::optional<Verdict> verdict;  // None: by the severity of the rule.
  std::string says;
  std::string remedy;        // In words; of a rule its own where this is "".
  std::string says_ko = {};  // The same two in Korean; "" where they are said as they stand.
  std::string remedy_ko = {};
  std::string fix;                  // A command.
  std::vector<std::string> manual;  // "product: text", to be looked up.
};

struct Step {
  std::string name;
  std::string title;
  std::string title_ko = {};
  std::string looks_at;
  std::string after;
  std::vector<Check> checks;
  std::optional<Question> logs;
  Where where;
};

struct DiagnosisBook {
  std::vector<Walk> walks;
  std::vector<Step> steps;  // In the order in which they are taken.
};

struct DiagnosisText {
  std::string path;  // For errors.
  std::string text;
};

struct ReadDiagnosis {
  DiagnosisBook book;
  std::vector<Error> problems;  // With file and line. A file with a problem is left out as a whole.
};

// Of several files, first those of packs. A step with the name of an earlier one replaces it.
ReadDiagnosis read_diagnosis(std::span<const DiagnosisText> files, std::span<const KindSpec> kinds);

// What is wrong with the SQL, asked of an empty picture of these kinds.
std::vector<Error> check_sql(const DiagnosisBook& book, const std::vector<KindSpec>& kinds);

}  // namespace capstan::diagnose
