// Relabelling: rules that rewrite, keep or drop a label set, as Prometheus' relabel_configs mean them.
// Source: "relabel_config" of the Prometheus configuration documentation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/result.h"
#include "model/labels.h"

namespace re2 {
class RE2;
}

namespace capstan::prometheus {

enum class RelabelAction {
  kReplace,
  kKeep,
  kDrop,
  kKeepEqual,
  kDropEqual,
  kHashMod,
  kLabelMap,
  kLabelDrop,
  kLabelKeep,
  kLowercase,
  kUppercase,
};

struct RelabelRule {
  RelabelAction action = RelabelAction::kReplace;
  std::vector<std::string> source_labels;
  std::string separator = ";";
  std::string target_label;
  std::string regex_text = "(.*)";
  std::shared_ptr<const re2::RE2> regex;  // Fully anchored; shared by copies.
  std::string replacement = "$1";
  uint64_t modulus = 0;

  // Equal texts mean equal rules: what a reload compares.
  std::string to_string() const;
};

// A list of rules, with all their mistakes.
Result<std::vector<RelabelRule>> read_relabel_rules(const ConfigNode& list, std::string_view key);

// Applies the rules in order. False when a rule drops the label set.
bool relabel(Labels& labels, const std::vector<RelabelRule>& rules);

}  // namespace capstan::prometheus
