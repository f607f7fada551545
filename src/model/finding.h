// A finding: something detection holds to be wrong, with the evidence it saw.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/fact.h"
#include "model/labels.h"
#include "model/resource.h"
#include "model/sample.h"
#include "model/words.h"

namespace capstan {

enum class Severity { kInfo, kLow, kMedium, kHigh, kCritical };
std::string_view to_string(Severity severity);
// Also takes Prometheus' habits: "warning" is medium, "page" is critical, P1..P5.
std::optional<Severity> parse_severity(std::string_view text);

// A piece of what was seen, copied because the original may be gone when it is read.
struct Evidence {
  enum class Kind { kFact, kSeries, kLines };
  Kind kind = Kind::kFact;
  Words text;                      // One sentence: "started 4 s before the CPU was saturated".
  Seq fact = 0;                    // For kFact.
  std::string query;               // For kSeries: the PromQL whose plot shows it.
  std::vector<Series> series;      // For kSeries: at most a few dozen samples.
  std::vector<std::string> lines;  // For kLines: at most ten.

  Json to_json() const;
  static Evidence from_json(const Json& json);
};

struct Finding {
  std::string id;    // Stable while it lasts: rule and labels, hashed.
  std::string rule;  // "HostCpuSaturated"
  Severity severity = Severity::kMedium;
  ResourceId resource;     // What suffers or is wrong; "" when no resource of the catalog matches.
  Labels labels;           // What tells findings of one rule apart.
  Words title;             // A few words for people: "Processors of web1 are saturated". May be empty.
  Words says;              // The sentence for people.
  Words remedy;            // What usually helps; may be empty.
  bool is_advice = false;  // How something is set up could be better, and nothing suffers: no incident.
  double value = 0;        // The measured value, where there is one.
  std::string query;       // The PromQL or SQL that found it.
  Time since;              // When the condition began to hold, as far as is known.
  std::string causes_by;   // PromQL whose series carry a `process` or `resource` label and a part of the symptom.
  std::vector<std::string> verbs;  // Verbs that usually help when done to the cause, best first.
  std::vector<Evidence> evidence;
  // What the logs say because of it, patterns in which % is anything: a finding that explains others by such lines.
  std::vector<std::string> explains = {};

  Json to_json() const;
  static Finding from_json(const Json& json);
};

// What one round of detection says.
struct Findings {
  std::string source;  // "alerts:host/cpu.yaml", "sql:rules.yaml", "log-errors"
  Time at;
  std::vector<Finding> holding;
  // Where it is whole, `holding` is all that holds now, and what the source said before and is not there is resolved.
  // Else it is what is new or differs, `ended` is what no longer holds, and the rest is as before.
  bool is_whole = true;
  std::vector<std::string> ended = {};  // Ids of findings.
};

}  // namespace capstan
