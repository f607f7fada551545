#include "connect/prometheus/relabel.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/regex_replacement.h"
#include "base/suggest.h"
#include "connect/prometheus/series_text.h"

namespace capstan::prometheus {
namespace {

struct ActionName {
  std::string_view name;
  RelabelAction action;
};
constexpr std::array<ActionName, 11> kActions = {{{"replace", RelabelAction::kReplace},
                                                  {"keep", RelabelAction::kKeep},
                                                  {"drop", RelabelAction::kDrop},
                                                  {"keepequal", RelabelAction::kKeepEqual},
                                                  {"dropequal", RelabelAction::kDropEqual},
                                                  {"hashmod", RelabelAction::kHashMod},
                                                  {"labelmap", RelabelAction::kLabelMap},
                                                  {"labeldrop", RelabelAction::kLabelDrop},
                                                  {"labelkeep", RelabelAction::kLabelKeep},
                                                  {"lowercase", RelabelAction::kLowercase},
                                                  {"uppercase", RelabelAction::kUppercase}}};

bool needs_target(RelabelAction action) {
  switch (action) {
    case RelabelAction::kReplace:
    case RelabelAction::kKeepEqual:
    case RelabelAction::kDropEqual:
    case RelabelAction::kHashMod:
    case RelabelAction::kLowercase:
    case RelabelAction::kUppercase: return true;
    default: return false;
  }
}

using Groups = std::vector<re2::StringPiece>;

// Matches all of `text`; groups[0] is the whole match.
bool match(const re2::RE2& regex, std::string_view text, Groups& groups) {
  groups.assign(static_cast<size_t>(regex.NumberOfCapturingGroups()) + 1, {});
  return regex.Match(text, 0, text.size(), re2::RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()));
}

// The last eight bytes of the MD5 sum, as Prometheus spreads targets; not for secrets.
uint64_t md5_tail(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_md5(), nullptr);
  uint64_t value = 0;
  for (size_t i = 8; i < 16; ++i) value = value << 8 | digest[i];
  return value;
}

std::string change_case(std::string text, bool upper) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) c = static_cast<char>(upper ? toupper(byte) : tolower(byte));
  }
  return text;
}

void replace(Labels& labels, const RelabelRule& rule, const std::string& value) {
  Groups groups;
  if (!match(*rule.regex, value, groups)) return;
  const std::string target = RegexReplacement(rule.target_label, *rule.regex).expand(groups);
  if (!is_label_name(target)) return;  // As Prometheus: what would be no label is not set.
  labels.set(target, RegexReplacement(rule.replacement, *rule.regex).expand(groups));
}

void map_names(Labels& labels, const RelabelRule& rule) {
  const Labels before = labels;
  const RegexReplacement replacement(rule.replacement, *rule.regex);
  Groups groups;
  for (const auto& [name, value] : before) {
    if (match(*rule.regex, name, groups)) labels.set(replacement.expand(groups), value);
  }
}

void drop_names(Labels& labels, const RelabelRule& rule, bool drop_matching) {
  const Labels before = labels;
  Groups groups;
  for (const auto& [name, value] : before) {
    if (match(*rule.regex, name, groups) == drop_matching) labels.set(name, "");
  }
}

bool apply(Labels& labels, const RelabelRule& rule) {
  std::string value;
  for (size_t i = 0; i < rule.source_labels.size(); ++i) {
    if (i > 0) value += rule.separator;
    value += labels.get(rule.source_labels[i]);
  }
  Groups groups;
  switch (rule.action) {
    case RelabelAction::kReplace: replace(labels, rule, value); return true;
    case RelabelAction::kKeep: return match(*rule.regex, value, groups);
    case RelabelAction::kDrop: return !match(*rule.regex, value, groups);
    case RelabelAction::kKeepEqual: return labels.get(rule.target_label) == value;
    case RelabelAction::kDropEqual: return labels.get(rule.target_label) != value;
    case RelabelAction::kHashMod:
      labels.set(rule.target_label, std::to_string(md5_tail(value) % rule.modulus));
      return true;
    case RelabelAction::kLabelMap: map_names(labels, rule); return true;
    case RelabelAction::kLabelDrop: drop_names(labels, rule, true); return true;
    case RelabelAction::kLabelKeep: drop_names(labels, rule, false); return true;
    case RelabelAction::kLowercase: labels.set(rule.target_label, change_case(std::move(value), false)); return true;
    case RelabelAction::kUppercase: labels.set(rule.target_label, change_case(std::move(value), true)); return true;
  }
  return true;
}

RelabelAction read_action(MapReader& reader) {
  const std::string name = change_case(reader.string_or("action", "replace"), false);
  std::vector<std::string_view> names;
  for (const ActionName& entry : kActions) {
    if (entry.name == name) return entry.action;
    names.push_back(entry.name);
  }
  reader.problem(reader.at("action"), fmt::format("'{}' is no relabel action{}; expected one of {}", name,
                                                  did_you_mean(name, names), fmt::join(names, ", ")));
  return RelabelAction::kReplace;
}

Result<RelabelRule> read_rule(const ConfigNode& node) {
  MapReader reader(node, "a relabel rule");
  RelabelRule rule;
  rule.action = read_action(reader);
  rule.source_labels = reader.strings("source_labels");
  rule.separator = reader.string_or("separator", rule.separator);
  rule.target_label = reader.string_or("target_label", "");
  rule.regex_text = reader.string_or("regex", rule.regex_text);
  rule.replacement = reader.string_or("replacement", rule.replacement);
  rule.modulus = static_cast<uint64_t>(reader.int_or("modulus", 0, 1, INT64_MAX));
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_dot_nl(true);
  rule.regex = std::make_shared<const re2::RE2>(rule.regex_text, options);
  if (!rule.regex->ok()) {
    const ConfigNode* at = reader.node("regex");
    reader.problem(at ? *at : node, fmt::format("'regex' is no regular expression: {}", rule.regex->error()));
  }
  if (needs_target(rule.action) && rule.target_label.empty()) reader.problem(node, "this action needs 'target_label'");
  if (rule.action == RelabelAction::kHashMod && rule.modulus == 0) {
    reader.problem(node, "the action hashmod needs a 'modulus' above 0");
  }
  if (rule.action != RelabelAction::kReplace && needs_target(rule.action) && !rule.target_label.empty() &&
      !is_label_name(rule.target_label)) {
    reader.problem(node, fmt::format("'target_label': '{}' is no label name", rule.target_label));
  }
  TRY(reader.finish());
  return rule;
}

}  // namespace

std::string RelabelRule::to_string() const {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}", static_cast<int>(action), fmt::join(source_labels, ","), separator,
                     target_label, regex_text, replacement, modulus);
}

Result<std::vector<RelabelRule>> read_relabel_rules(const ConfigNode& list, std::string_view key) {
  if (!list.is_sequence()) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' must be a list, found {}", key, list.describe()),
                list.where);
  }
  std::vector<RelabelRule> rules;
  for (const ConfigNode& item : list.items) rules.push_back(TRY(read_rule(item)));
  return rules;
}

bool relabel(Labels& labels, const std::vector<RelabelRule>& rules) {
  return std::ranges::all_of(rules, [&](const RelabelRule& rule) { return apply(labels, rule); });
}

}  // namespace capstan::prometheus
