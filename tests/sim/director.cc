#include "sim/director.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/config.h"

namespace capstan::sim {

Director::Director(const std::vector<WatchedPolicy>& policies, const VerbRegistry& verbs, const SignalSource& signals) {
  decide::Vocabulary vocabulary;
  vocabulary.verbs = verbs.specs();
  vocabulary.signals = &signals;
  for (const WatchedPolicy& policy : policies) {
    const auto documents = parse_yaml(policy.yaml, policy.name);
    if (!documents) throw std::invalid_argument(documents.error().to_string());
    decide::ReadPolicies read = decide::read_policies(*documents, vocabulary);
    if (!read.problems.empty()) throw std::invalid_argument(read.problems.front().to_string() + "\n" + policy.yaml);
    policies_.push_back(std::move(read.policies.front()));
    versions_[policy.name] = policies_.back().version;
  }
}

void Director::apply(const Fact& fact) {
  history_.apply(fact);
  approvals_.apply(fact);
}

void Director::forget() {
  history_ = decide::History();
  approvals_ = decide::StandingApprovals();
}

void Director::decide(act::Executor& executor, const SqlSource& sql, const ResourceSource& resources,
                      const std::vector<catalog::KnownFinding>& findings, Time now, Time in_force_since) {
  for (const decide::Policy& policy : policies_) {
    auto candidates = decide::select_candidates(policy, sql, resources, findings, {}, now);
    if (!candidates) continue;
    const std::string origin = "policy:" + policy.name;
    const decide::Situation situation{.candidates = std::move(*candidates),
                                      .findings = findings,
                                      .approvals = approvals_.all(),
                                      .versions = versions_,
                                      .history = &history_,
                                      .now = now,
                                      .in_force_since = in_force_since};
    const decide::Decision decision = decide::decide(policy, situation);
    if (executor.paused(origin)) continue;
    for (const std::string& plan : decision.withdraw) (void)executor.withdraw(plan, "no longer called for", now);
    for (const std::string& plan : decision.undo) (void)executor.undo(plan, "its alert has been quiet", origin, now);
    if (decision.plan) (void)executor.submit(*decision.plan, now);
  }
}

}  // namespace capstan::sim
