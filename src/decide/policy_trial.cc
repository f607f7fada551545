#include "decide/policy_trial.h"

#include <fmt/format.h>

#include <algorithm>

#include "decide/decide.h"
#include "decide/period.h"
#include "decide/scratch_sql.h"

namespace capstan::decide {
namespace {

struct Expectation {
  std::string verb;     // "" for no action.
  ResourceId resource;  // "" for any.
  std::string because;
  Where where;

  std::string to_string() const {
    std::string text = verb.empty() ? fmt::format("no action on {}", resource.empty() ? "anything" : resource)
                                    : fmt::format("{} on {}", verb, resource);
    return because.empty() ? text : text + fmt::format(" because \"{}\"", because);
  }
};

struct Trial {
  std::string name;
  Where where;
  std::vector<std::string> policies;
  std::vector<Resource> resources;
  std::vector<Relation> relations;
  std::vector<std::pair<Finding, Duration>> findings;  // With how long each has held.
  std::vector<Override> overrides;
  std::vector<Time> times;
  std::vector<Expectation> expected;
};

// Reads one test document.
class TrialReader {
 public:
  explicit TrialReader(const ConfigNode& document) : map_(document, "a test") { trial_.where = document.where; }

  std::expected<Trial, std::vector<Error>> read() {
    trial_.name = map_.required_string("test");
    trial_.policies = map_.strings("policy");
    for_each("resources", [this](const ConfigNode& node) { read_resource(node); });
    for_each("relations", [this](const ConfigNode& node) { read_relation(node); });
    for_each("findings", [this](const ConfigNode& node) { read_finding(node); });
    for_each("overrides", [this](const ConfigNode& node) { read_override(node); });
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
    }
    absorb(reader);
    trial_.resources.push_back(std::move(resource));
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
    absorb(reader);
    trial_.overrides.push_back(std::move(override));
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
      expectation.because = reader.string_or("because", "");
      absorb(reader);
      trial_.expected.push_back(std::move(expectation));
    }
  }

  MapReader map_;
  Trial trial_;
};

struct Happened {
  std::string verb;
  ResourceId resource;
  std::string why;
};

bool is_verb(const std::string& full, const std::string& wanted) {
  return full == wanted || full.substr(full.rfind('.') + 1) == wanted;
}

// Decides a trial at one time, and compares.
class TrialRun {
 public:
  TrialRun(const Trial& trial, Time now) : trial_(trial), now_(now) {}

  Status decide_all(const std::vector<Policy>& policies, const SqlSource& sql) {
    const ScratchResources resources(trial_.resources);
    std::vector<catalog::KnownFinding> findings;
    for (const auto& [finding, held] : trial_.findings) {
      findings.push_back({.finding = finding, .open = true, .opened = now_ - held, .resolved = {}, .seq = 0});
    }
    const History history;
    for (const Policy& policy : policies) {
      const bool named =
          trial_.policies.empty() || std::ranges::find(trial_.policies, policy.name) != trial_.policies.end();
      if (!named) continue;
      Situation situation{.candidates = TRY(select_candidates(policy, sql, resources, findings, {}, now_)),
                          .relations = trial_.relations,
                          .findings = findings,
                          .incidents = {},
                          .overrides = trial_.overrides,
                          .touches = {},
                          .history = &history,
                          .now = now_,
                          .in_force_since = Time()};
      Decision decision = decide(policy, situation);
      std::ranges::move(decision.verdicts, std::back_inserter(verdicts_));
      if (!decision.plan) continue;
      for (const Action& action : decision.plan->actions)
        actions_.push_back({action.verb, action.target, action.reason});
    }
    return {};
  }

  void compare(PolicyTestReport& report) {
    for (const Expectation& expectation : trial_.expected) {
      if (!holds(expectation)) fail_at(expectation.where, expectation.to_string(), report);
    }
    for (const Happened& action : actions_) {
      const bool expected = std::ranges::any_of(trial_.expected, [&](const Expectation& each) {
        // Where nothing at all was expected, that has been told already.
        const bool nothing = each.verb.empty() && (each.resource.empty() || each.resource == action.resource);
        return nothing || (is_verb(action.verb, each.verb) && each.resource == action.resource);
      });
      if (!expected) fail_at(trial_.where, fmt::format("no {} on {}", action.verb, action.resource), report);
    }
  }

 private:
  bool holds(const Expectation& expectation) const {
    const auto same = [&](const std::string& resource, const std::string& why) {
      return (expectation.resource.empty() || resource == expectation.resource) &&
             why.find(expectation.because) != std::string::npos;
    };
    if (!expectation.verb.empty()) {
      return std::ranges::any_of(actions_, [&](const Happened& each) {
        return is_verb(each.verb, expectation.verb) && same(each.resource, each.why);
      });
    }
    const bool acted = std::ranges::any_of(actions_, [&](const Happened& each) {
      return expectation.resource.empty() || each.resource == expectation.resource;
    });
    return !acted && (expectation.because.empty() || std::ranges::any_of(verdicts_, [&](const Verdict& each) {
                        return same(each.resource, each.why);
                      }));
  }

  void fail_at(const Where& where, std::string expected, PolicyTestReport& report) const {
    std::string got;
    for (const Happened& each : actions_)
      got += fmt::format("{}{} on {} because \"{}\"", got.empty() ? "" : "; ", each.verb, each.resource, each.why);
    for (const Verdict& each : verdicts_) {
      if (!each.acts)
        got += fmt::format("{}no action on {} because \"{}\"", got.empty() ? "" : "; ", each.resource, each.why);
    }
    if (got.empty()) got = "nothing was looked at";
    report.failures.push_back(
        {trial_.name, where, fmt::format("at {}: {}", format_time(now_), expected), std::move(got)});
  }

  const Trial& trial_;
  Time now_;
  std::vector<Verdict> verdicts_;
  std::vector<Happened> actions_;
};

}  // namespace

std::string PolicyTestReport::Failure::to_string() const {
  return fmt::format("{}:{}: {}\n  expected: {}\n  got:      {}", where.file, where.line, test, expected, got);
}

bool is_policy_test(const ConfigNode& document) { return document.find("test") != nullptr; }

PolicyTestReport run_policy_tests(std::span<const ConfigNode> documents, const Vocabulary& vocabulary) {
  PolicyTestReport report;
  std::vector<ConfigNode> policies;
  std::ranges::copy_if(documents, std::back_inserter(policies), [](const ConfigNode& each) { return is_policy(each); });
  ReadPolicies read = read_policies(policies, vocabulary);
  std::ranges::move(read.problems, std::back_inserter(report.problems));
  for (const ConfigNode& document : documents) {
    if (!is_policy_test(document)) continue;
    std::expected<Trial, std::vector<Error>> trial = TrialReader(document).read();
    if (!trial) {
      std::ranges::move(trial.error(), std::back_inserter(report.problems));
      continue;
    }
    const Result<std::unique_ptr<ScratchSql>> sql = ScratchSql::make(trial->resources, trial->relations);
    if (!sql) {
      report.problems.push_back({sql.error().code, sql.error().message, trial->where});
      continue;
    }
    for (const std::string& name : trial->policies) {
      if (std::ranges::find(read.policies, name, &Policy::name) != read.policies.end()) continue;
      report.problems.push_back({ErrorCode::kNotFound, fmt::format("no policy is named '{}'", name), trial->where});
    }
    const size_t failures = report.failures.size();
    for (Time now : trial->times) {
      TrialRun run(*trial, now);
      if (Status decided = run.decide_all(read.policies, **sql); !decided) {
        report.problems.push_back({decided.error().code, decided.error().message, trial->where});
      } else {
        run.compare(report);
      }
    }
    if (report.failures.size() == failures) ++report.passed;
  }
  return report;
}

}  // namespace capstan::decide
