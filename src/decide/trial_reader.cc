#include "decide/trial_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/suggest.h"
#include "decide/freeze_reader.h"
#include "decide/money_sum.h"
#include "decide/period.h"

namespace capstan::decide {
namespace {

// Reads one test document.
class TrialReader {
 public:
  TrialReader(const ConfigNode& document, const Vocabulary& words, std::span<const KindSpec> kinds)
      : map_(document, "a test"), words_(words), kinds_(kinds) {
    trial_.where = document.where;
  }

  std::expected<Trial, std::vector<Error>> read() {
    trial_.name = map_.required_string("test");
    trial_.policies = map_.strings("policy");
    for_each("resources", [this](const ConfigNode& node) { read_resource(node); });
    for_each("relations", [this](const ConfigNode& node) { read_relation(node); });
    for_each("findings", [this](const ConfigNode& node) { read_finding(node); });
    for_each("overrides", [this](const ConfigNode& node) { read_override(node); });
    read_freezes_of();
    read_money();
    for (const std::string& text : map_.strings("at")) {
      const Result<Time> time = parse_time(text);
      if (time)
        trial_.times.push_back(*time);
      else
        map_.problem(map_.at("at"), time.error().message);
    }
    if (trial_.times.empty()) map_.problem(map_.at("test"), "a test needs 'at': one time or several");
    read_expectations();
    std::vector<Error> problems = map_.problems();
    if (!problems.empty()) return std::unexpected(std::move(problems));
    return std::move(trial_);
  }

 private:
  template <class F>
  void for_each(std::string_view key, F&& use) {
    const ConfigNode* list = map_.node(key);
    if (!list) return;
    if (!list->is_sequence()) return map_.problem(*list, fmt::format("'{}' must be a list", key));
    std::ranges::for_each(list->items, use);
  }

  void absorb(MapReader& reader) {
    for (Error& error : reader.problems()) map_.problem(std::move(error));
  }

  void read_resource(const ConfigNode& node) {
    MapReader reader(node, "a resource");
    Resource resource;
    resource.id = reader.required_string("id");
    resource.kind = reader.string_or("kind", std::string_view(resource.id).substr(0, resource.id.find('/')));
    resource.name = reader.string_or("name", resource.id);
    for (const auto& [name, value] : reader.string_map("labels")) resource.labels.insert_or_assign(name, value);
    resource.fields = Json::object();
    if (const ConfigNode* fields = reader.node("fields")) {
      if (fields->is_map())
        resource.fields = fields->to_json();
      else
        reader.problem(*fields, "'fields' must be a map");
      check_fields(*fields, resource.kind, reader);
    }
    absorb(reader);
    trial_.resources.push_back(std::move(resource));
  }

  // Kinds that only the test knows have what it gives them.
  void check_fields(const ConfigNode& fields, const std::string& name, MapReader& reader) {
    const auto kind = std::ranges::find(kinds_, name, &KindSpec::name);
    if (kind == kinds_.end()) return;
    std::vector<std::string_view> columns;
    for (const auto& column : kind->columns) columns.push_back(column.name);
    for (const auto& [key, value] : fields.members) {
      if (std::ranges::find(columns, key.scalar) == columns.end())
        reader.problem(key,
                       fmt::format("'{}' is no column of {}{}", key.scalar, name, did_you_mean(key.scalar, columns)));
    }
  }

  // A resource that the test speaks of is one that it has.
  void check_resource(std::string_view key, MapReader& reader) {
    const ConfigNode& node = reader.at(key);
    std::vector<std::string_view> ids;
    for (const Resource& resource : trial_.resources) ids.push_back(resource.id);
    if (!node.is_scalar() || std::ranges::find(ids, node.scalar) != ids.end()) return;
    reader.problem(node,
                   fmt::format("'{}' is none of the test's resources{}", node.scalar, did_you_mean(node.scalar, ids)));
  }

  // With or without its service: "vm.stop" or "stop".
  void check_verb(std::string_view key, MapReader& reader) {
    const ConfigNode& node = reader.at(key);
    if (!node.is_scalar() || words_.verbs.empty()) return;
    std::vector<std::string_view> names;
    for (const VerbSpec* verb : words_.verbs) {
      const std::string_view name = verb->name;
      if (name == node.scalar || name.substr(name.rfind('.') + 1) == node.scalar) return;
      names.push_back(name);
    }
    reader.problem(node, fmt::format("there is no verb '{}'{}", node.scalar, did_you_mean(node.scalar, names)));
  }

  void read_relation(const ConfigNode& node) {
    MapReader reader(node, "a relation");
    trial_.relations.push_back(
        {reader.required_string("source"), reader.required_string("kind"), reader.required_string("target")});
    absorb(reader);
  }

  Duration period(MapReader& reader, std::string_view key) {
    const ConfigNode* node = reader.node(key);
    if (!node) return Duration(0);
    const Result<Duration> value = parse_period(node->scalar);
    if (!value) reader.problem(*node, value.error().message);
    return value.value_or(Duration(0));
  }

  void read_finding(const ConfigNode& node) {
    MapReader reader(node, "a finding");
    Finding finding;
    finding.rule = reader.required_string("rule");
    finding.resource = reader.string_or("resource", "");
    finding.id = finding.rule + "@" + finding.resource;
    finding.severity =
        parse_severity(reader.one_of("severity", {"info", "low", "medium", "high", "critical"}, "medium"))
            .value_or(Severity::kMedium);
    const Duration held = period(reader, "held");
    if (!finding.resource.empty()) check_resource("resource", reader);
    absorb(reader);
    trial_.findings.emplace_back(std::move(finding), held);
  }

  void read_override(const ConfigNode& node) {
    MapReader reader(node, "an override");
    Override override;
    override.policy = reader.string_or("policy", "");
    override.resource = reader.string_or("resource", "");
    override.state = reader.string_or("keep", "");
    override.by = reader.string_or("by", "somebody");
    override.id = fmt::format("override-{}", trial_.overrides.size());
    const Result<Time> until = parse_time(reader.required_string("until"));
    if (until)
      override.until = *until;
    else
      reader.problem(node, until.error().message);
    if (!override.resource.empty()) check_resource("resource", reader);
    absorb(reader);
    trial_.overrides.push_back(std::move(override));
  }

  // Whole freezes, and names of those beside the policies.
  void read_freezes_of() {
    std::vector<ConfigNode> documents;
    for_each("freezes", [&](const ConfigNode& node) {
      if (node.is_scalar())
        trial_.named_freezes.emplace_back(node.scalar, node.where);
      else if (node.find("freeze"))
        documents.push_back(node);
      else
        map_.problem(node, "a freeze of a test is the name of one beside the policies, or a map with the key 'freeze'");
    });
    ReadFreezes read = read_freezes(documents, words_);
    for (Error& error : read.problems) map_.problem(std::move(error));
    trial_.freezes = std::move(read.freezes);
  }

  void read_money() {
    if (const ConfigNode* budget = map_.node("budget")) {
      std::vector<Error> problems;
      trial_.budget = read_budget(*budget, std::nullopt, problems);
      for (Error& error : problems) map_.problem(std::move(error));
    }
    for_each("prices", [this](const ConfigNode& node) {
      if (node.find("price"))
        trial_.prices.push_back(node);
      else
        map_.problem(node, "a price is a map with the key 'price', as in prices.yaml");
    });
    const ConfigNode* spent = map_.node("spent");
    if (!spent) return;
    if (!spent->is_map()) return map_.problem(*spent, "'spent' is resources with { today, this_month }");
    for (const ConfigMember& member : spent->members) read_spent(member);
  }

  void read_spent(const ConfigMember& member) {
    MapReader reader(member.value, "what was spent");
    TargetMoney& money = trial_.spent[member.key.scalar];
    const auto read = [&](std::string_view key, double& into) {
      const ConfigNode* node = reader.node(key);
      if (!node) return;
      const Result<MoneySum> sum = parse_sum(node->scalar);
      if (!sum) return reader.problem(*node, sum.error().message);
      if (!money.currency.empty() && money.currency != sum->currency)
        return reader.problem(*node, "what was spent of one resource is in one currency");
      money.currency = sum->currency;
      into = sum->amount;
    };
    read("today", money.today);
    read("this_month", money.this_month);
    absorb(reader);
  }

  void read_expectations() {
    const ConfigNode* expect = map_.node("expect");
    if (!expect) return map_.problem(map_.at("test"), "a test needs 'expect'");
    if (expect->is_scalar() && expect->scalar == "nothing") {
      trial_.expected.push_back({"", "", "", expect->where});
      return;
    }
    if (!expect->is_sequence()) return map_.problem(*expect, "'expect' must be 'nothing' or a list");
    for (const ConfigNode& node : expect->items) {
      MapReader reader(node, "an expectation");
      Expectation expectation;
      expectation.where = node.where;
      const bool none = reader.has("no_action_on");
      expectation.resource = none ? reader.required_string("no_action_on") : reader.required_string("on");
      if (!none) expectation.verb = reader.required_string("action");
      if (!expectation.resource.empty()) check_resource(none ? "no_action_on" : "on", reader);
      if (!expectation.verb.empty()) check_verb("action", reader);
      expectation.because = reader.string_or("because", "");
      absorb(reader);
      trial_.expected.push_back(std::move(expectation));
    }
  }

  MapReader map_;
  const Vocabulary& words_;
  std::span<const KindSpec> kinds_;
  Trial trial_;
};

}  // namespace

std::string Expectation::to_string() const {
  std::string text = verb.empty() ? fmt::format("no action on {}", resource.empty() ? "anything" : resource)
                                  : fmt::format("{} on {}", verb, resource);
  return because.empty() ? text : text + fmt::format(" because \"{}\"", because);
}

std::expected<Trial, std::vector<Error>> read_trial(const ConfigNode& document, const Vocabulary& words,
                                                    std::span<const KindSpec> kinds) {
  return TrialReader(document, words, kinds).read();
}

}  // namespace capstan::decide
