#include "detect/rule_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

#include "model/labels.h"

namespace capstan::detect {
namespace {

bool is_name(std::string_view text, bool colons) {
  const auto is_letter = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':');
  };
  if (text.empty() || !is_letter(text.front())) return false;
  return std::ranges::all_of(text, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

// Where something within a value lies in the file. For a value written on one line that is exact; a block scalar's text
// begins in the line after its mark.
Where within(const ConfigNode& value, const Where& inner) {
  Where where = value.where;
  if (inner.line <= 0) return where;
  if (value.scalar.find('\n') == std::string::npos) {
    where.column += inner.column - 1 + (value.quoted ? 1 : 0);
  } else {
    where.line += inner.line;
    where.column = inner.column;
  }
  return where;
}

class FileReader {
 public:
  explicit FileReader(const SignalSource& signals) : signals_(signals) {}

  RuleFile read(std::string_view text, std::string_view file) {
    const Result<std::vector<ConfigNode>> documents = parse_yaml(text, file);
    if (!documents) {
      out_.problems.push_back(documents.error());
      return std::move(out_);
    }
    for (const ConfigNode& document : *documents) read_document(document, file);
    return std::move(out_);
  }

 private:
  void take(MapReader& reader) {
    for (Error& problem : reader.problems()) out_.problems.push_back(std::move(problem));
  }

  void read_document(const ConfigNode& document, std::string_view file) {
    MapReader reader(document, "a rule file");
    const ConfigNode* groups = reader.required_node("groups", ConfigNode::Kind::kSequence);
    take(reader);
    if (!groups) return;
    for (const ConfigNode& node : groups->items) read_group(node, file);
  }

  void read_group(const ConfigNode& node, std::string_view file) {
    MapReader reader(node, "a group of rules");
    RuleGroup group;
    group.file = file;
    group.name = reader.required_string("name");
    group.interval = reader.duration_or("interval", Duration(0));
    group.query_offset = reader.duration_or("query_offset", Duration(0));
    group.limit = reader.int_or("limit", 0, 0, std::numeric_limits<int32_t>::max());
    const std::vector<RuleTemplate> shared = read_templates(reader, "labels", true);
    if (!group.name.empty() && !names_.insert(group.name).second) {
      reader.problem(node, fmt::format("the group '{}' appears twice in this file", group.name));
    }
    if (reader.node("partial_response_strategy")) {
      reader.problem(reader.at("partial_response_strategy"),
                     "'partial_response_strategy' is a setting of Thanos, not supported here");
    }
    const ConfigNode* rules = reader.node("rules");
    if (rules && !rules->is_sequence())
      reader.problem(*rules, fmt::format("'rules' must be a list, found {}", rules->describe()));
    take(reader);
    if (!rules) return;
    for (const ConfigNode& item : rules->items) read_rule(item, shared, group);
    out_.groups.push_back(std::move(group));
  }

  void read_rule(const ConfigNode& node, const std::vector<RuleTemplate>& shared, RuleGroup& group) {
    MapReader reader(node, "a rule");
    MetricRule rule;
    rule.where = node.where;
    const bool is_alert = reader.has("alert");
    const bool is_record = reader.has("record");
    if (node.is_map() && is_alert == is_record) reader.problem(node, "a rule needs either 'alert' or 'record'");
    rule.kind = is_record ? MetricRule::Kind::kRecord : MetricRule::Kind::kAlert;
    const std::string alert = is_alert ? reader.required_string("alert") : "";
    const std::string record = is_record ? reader.required_string("record") : "";
    rule.name = is_record ? record : alert;
    if (is_record && !record.empty() && !is_metric_name(record)) {
      reader.problem(reader.at("record"), fmt::format("'{}' is no metric name", record));
    }
    read_expression(reader, rule);
    // A label of the rule wins over the same of its group.
    rule.labels = shared;
    for (RuleTemplate& own : read_templates(reader, "labels", true)) {
      std::erase_if(rule.labels, [&](const RuleTemplate& one) { return one.name == own.name; });
      rule.labels.push_back(std::move(own));
    }
    read_alert_keys(reader, is_record, rule);
    take(reader);
    group.rules.push_back(std::move(rule));
  }

  void read_alert_keys(MapReader& reader, bool is_record, MetricRule& rule) {
    rule.hold = reader.duration_or("for", Duration(0));
    rule.keep_firing_for = reader.duration_or("keep_firing_for", Duration(0));
    rule.annotations = read_templates(reader, "annotations", true);
    if (!is_record) return;
    for (std::string_view key : {"for", "keep_firing_for", "annotations"}) {
      if (const ConfigNode* at = reader.node(key)) {
        reader.problem(*at, fmt::format("'{}' has no meaning in a recording rule", key));
      }
    }
  }

  void read_expression(MapReader& reader, MetricRule& rule) {
    rule.expression = reader.required_string("expr");
    const ConfigNode* node = reader.node("expr");
    if (!node || rule.expression.empty()) return;
    if (const Status good = signals_.check(rule.expression); !good) {
      reader.problem({good.error().code, "in 'expr': " + good.error().message, within(*node, good.error().where)});
    }
  }

  std::vector<RuleTemplate> read_templates(MapReader& reader, std::string_view key, bool check_names) {
    std::vector<RuleTemplate> templates;
    for (auto& [name, text] : reader.string_map(key)) {
      const ConfigNode& at = *reader.node(key)->find(name);
      if (check_names && !is_label_name(name))
        reader.problem(at, fmt::format("'{}' is no name for one of the {}", name, key));
      if (key == "labels" && name == kMetricName) reader.problem(at, "a rule cannot set the metric name as a label");
      Result<Template> parsed = Template::parse(text);
      if (!parsed) {
        reader.problem({parsed.error().code, fmt::format("in the template of '{}': {}", name, parsed.error().message),
                        within(at, parsed.error().where)});
        continue;
      }
      templates.push_back({std::move(name), std::move(*parsed)});
    }
    return templates;
  }

  const SignalSource& signals_;
  RuleFile out_;
  std::set<std::string> names_;
};

}  // namespace

bool is_metric_name(std::string_view text) { return is_name(text, true); }
bool is_label_name(std::string_view text) { return is_name(text, false); }

RuleFile read_rule_file(std::string_view text, std::string_view file, const SignalSource& signals) {
  return FileReader(signals).read(text, file);
}

}  // namespace capstan::detect
