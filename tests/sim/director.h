// Decides for every policy and hands the plans to the executor, as the loop's board of policies does. What it knows of
// the past is a projection of the facts, and built anew from them after a restart.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "act/executor.h"
#include "decide/decide.h"
#include "decide/policy_reader.h"
#include "sim/policies.h"

namespace capstan::sim {

class Director {
 public:
  // The policies must be free of mistakes.
  Director(const std::vector<WatchedPolicy>& policies, const VerbRegistry& verbs, const SignalSource& signals);

  // In the order of the ledger.
  void apply(const Fact& fact);
  // The process died: everything is forgotten.
  void forget();

  void decide(act::Executor& executor, const SqlSource& sql, const ResourceSource& resources,
              const std::vector<catalog::KnownFinding>& findings, Time now, Time in_force_since);

 private:
  std::vector<decide::Policy> policies_;
  std::map<std::string, std::string> versions_;
  decide::History history_;
  decide::StandingApprovals approvals_;
};

}  // namespace capstan::sim
