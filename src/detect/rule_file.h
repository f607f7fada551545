// Prometheus rule files: groups of alerting and recording rules, read with the position of every mistake.
// Source: "Alerting rules" and "Recording rules" of the Prometheus documentation.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "base/time.h"
#include "detect/template.h"
#include "model/signal.h"

namespace capstan::detect {

struct RuleTemplate {
  std::string name;
  Template text;
};

struct MetricRule {
  enum class Kind { kAlert, kRecord };
  Kind kind = Kind::kAlert;
  std::string name;  // Of the alert, or of the recorded metric.
  std::string expression;
  Duration hold{0};             // `for`: how long it must be true before it fires.
  Duration keep_firing_for{0};  // How long it goes on firing when it is no longer true.
  std::vector<RuleTemplate> labels;
  std::vector<RuleTemplate> annotations;
  Where where;
};

struct RuleGroup {
  std::string file;
  std::string name;
  Duration interval{0};      // 0: the evaluator's own.
  Duration query_offset{0};  // Looks that far back, for samples that come late.
  int64_t limit = 0;         // Alerts or series one rule may give; 0 for no limit of its own.
  std::vector<MetricRule> rules;
};

struct RuleFile {
  std::vector<RuleGroup> groups;
  std::vector<Error> problems;  // All of them, in the order of the file. A file with a problem is not to be used.
};

// Expressions are checked by `signals`, templates are parsed. `file` names the file in errors and in groups.
RuleFile read_rule_file(std::string_view text, std::string_view file, const SignalSource& signals);

bool is_metric_name(std::string_view text);
bool is_label_name(std::string_view text);

}  // namespace capstan::detect
