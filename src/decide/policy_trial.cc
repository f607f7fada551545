#include "decide/policy_trial.h"

#include <fmt/format.h>

#include <algorithm>

#include "decide/decide.h"
#include "decide/freeze_reader.h"
#include "decide/scratch_sql.h"
#include "decide/trial_reader.h"

namespace capstan::decide {
namespace {

constexpr std::string_view kBelongsTo = "belongs_to";

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
  TrialRun(const Trial& trial, const TrialWorld& world, Time now) : trial_(trial), world_(world), now_(now) {}

  Status decide_all(const std::vector<Policy>& policies, const SqlSource& sql) {
    std::vector<catalog::KnownFinding> findings;
    for (const auto& [finding, held] : trial_.findings) {
      findings.push_back({.finding = finding, .open = true, .opened = now_ - held, .resolved = {}, .seq = 0});
    }
    for (const Policy& policy : policies) {
      const bool named =
          trial_.policies.empty() || std::ranges::find(trial_.policies, policy.name) != trial_.policies.end();
      if (!named) continue;
      TRY(decide_one(with_budget(policy), sql, findings));
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
  Policy with_budget(Policy policy) const {
    if (!trial_.budget) return policy;
    const Zone zone = policy.budget                          ? policy.budget->zone
                      : policy.ensure && policy.ensure->zone ? *policy.ensure->zone
                                                             : Zone();
    policy.budget = trial_.budget;
    policy.budget->zone = zone;
    return policy;
  }

  Status decide_one(const Policy& policy, const SqlSource& sql, const std::vector<catalog::KnownFinding>& findings) {
    const ScratchResources resources(trial_.resources);
    const History history;
    Situation situation{.candidates = TRY(select_candidates(policy, sql, resources, findings, {}, now_)),
                        .relations = trial_.relations,
                        .findings = findings,
                        .incidents = {},
                        .overrides = trial_.overrides,
                        .touches = {},
                        .history = &history,
                        .now = now_,
                        .in_force_since = Time()};
    for (const Candidate& candidate : situation.candidates) {
      const ResourceId& id = candidate.resource.id;
      situation.owners[id] = owners_of(id);
      if (policy.deletes_all()) situation.belongings[id] = belongings_of(id);
    }
    if (policy.budget) TRY(add_money(policy, situation));
    Decision decision = decide(policy, situation);
    if (decision.plan) {
      for (const Action& action : decision.plan->actions) take(policy, action, decision.verdicts);
    }
    std::ranges::move(decision.verdicts, std::back_inserter(verdicts_));
    return {};
  }

  Status add_money(const Policy& policy, Situation& situation) const {
    if (!world_.money_of) return fail(ErrorCode::kUnimplemented, "nobody knows what anything costs here");
    TRY(world_.money_of(policy, trial_.prices, trial_.resources, trial_.relations, situation));
    for (const auto& [id, spent] : trial_.spent) {
      const auto money = situation.money.find(id);
      if (money == situation.money.end() || money->second.currency != spent.currency) continue;
      money->second.today = spent.today;
      money->second.this_month = std::max(spent.this_month, spent.today);
    }
    return {};
  }

  // What a freeze holds back does not happen, and says so.
  void take(const Policy& policy, const Action& action, std::vector<Verdict>& verdicts) {
    const auto verb = std::ranges::find(world_.words.verbs, action.verb, &VerbSpec::name);
    const auto target = std::ranges::find(trial_.resources, action.target, &Resource::id);
    const HeldAction held{.policy = policy.name,
                          .verb = action.verb,
                          .kind = std::string_view(action.target).substr(0, action.target.find('/')),
                          .danger = verb == world_.words.verbs.end() ? Danger::kDestructive : (*verb)->danger,
                          .labels = target == trial_.resources.end() ? nullptr : &target->labels};
    for (const Frozen& frozen : frozen_at(trial_.freezes, now_)) {
      if (!frozen.freeze->covers(held)) continue;
      verdicts.push_back({.resource = action.target,
                          .name = action.target,
                          .verb = action.verb,
                          .why = fmt::format("{}: {}", frozen.says(), action.reason)});
      return;
    }
    actions_.push_back({action.verb, action.target, action.reason});
  }

  // The nearest first.
  std::vector<ResourceId> owners_of(const ResourceId& id) const {
    std::vector<ResourceId> owners;
    for (ResourceId at = id;;) {
      const auto up = std::ranges::find_if(
          trial_.relations, [&](const Relation& each) { return each.kind == kBelongsTo && each.source == at; });
      if (up == trial_.relations.end() || std::ranges::find(owners, up->target) != owners.end()) return owners;
      at = up->target;
      owners.push_back(at);
    }
  }

  std::vector<Resource> belongings_of(const ResourceId& id) const {
    std::vector<Resource> all;
    for (const Resource& each : trial_.resources) {
      const std::vector<ResourceId> owners = owners_of(each.id);
      if (each.id != id && std::ranges::find(owners, id) != owners.end()) all.push_back(each);
    }
    std::ranges::sort(all, {}, &Resource::id);
    return all;
  }

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
  const TrialWorld& world_;
  Time now_;
  std::vector<Verdict> verdicts_;
  std::vector<Happened> actions_;
};

}  // namespace

std::string PolicyTestReport::Failure::to_string() const {
  return fmt::format("{}:{}: {}\n  expected: {}\n  got:      {}", where.file, where.line, test, expected, got);
}

bool is_policy_test(const ConfigNode& document) { return document.find("test") != nullptr; }

namespace {

// Freezes that a test names; those that are not there are problems.
void find_freezes(Trial& trial, const std::vector<Freeze>& known, std::vector<Error>& problems) {
  for (const auto& [name, where] : trial.named_freezes) {
    const auto found = std::ranges::find(known, name, &Freeze::name);
    if (found != known.end())
      trial.freezes.push_back(*found);
    else
      problems.push_back({ErrorCode::kNotFound, fmt::format("no freeze is named '{}'", name), where});
  }
}

}  // namespace

PolicyTestReport run_policy_tests(std::span<const ConfigNode> documents, const TrialWorld& world) {
  PolicyTestReport report;
  std::vector<ConfigNode> policies;
  std::ranges::copy_if(documents, std::back_inserter(policies), [](const ConfigNode& each) { return is_policy(each); });
  ReadPolicies read = read_policies(policies, world.words);
  std::ranges::move(read.problems, std::back_inserter(report.problems));
  ReadFreezes freezes = read_freezes(documents, world.words);
  std::ranges::move(freezes.problems, std::back_inserter(report.problems));
  for (const ConfigNode& document : documents) {
    if (!is_policy_test(document)) continue;
    std::expected<Trial, std::vector<Error>> trial = read_trial(document, world.words, world.kinds);
    if (!trial) {
      std::ranges::move(trial.error(), std::back_inserter(report.problems));
      continue;
    }
    find_freezes(*trial, freezes.freezes, report.problems);
    const Result<std::unique_ptr<ScratchSql>> sql = ScratchSql::make(trial->resources, trial->relations, world.kinds);
    if (!sql) {
      report.problems.push_back({sql.error().code, sql.error().message, trial->where});
      continue;
    }
    for (const std::string& name : trial->policies) {
      if (std::ranges::find(read.policies, name, &Policy::name) != read.policies.end()) continue;
      report.problems.push_back({ErrorCode::kNotFound, fmt::format("no policy is named '{}'", name), trial->where});
    }
    const size_t failures = report.failures.size();
    const size_t problems = report.problems.size();
    for (Time now : trial->times) {
      TrialRun run(*trial, world, now);
      if (Status decided = run.decide_all(read.policies, **sql); !decided) {
        const Where& at = decided.error().where.file.empty() ? trial->where : decided.error().where;
        report.problems.push_back({decided.error().code, decided.error().message, at});
      } else {
        run.compare(report);
      }
    }
    if (report.failures.size() == failures && report.problems.size() == problems) ++report.passed;
  }
  return report;
}

}  // namespace capstan::decide
