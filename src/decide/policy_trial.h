// Tests that users write for their policies, as YAML documents beside them:
//
//   test: machines go to sleep in the evening
//   policy: office-hours                      # One or a list; all policies of the files unless said.
//   resources:
//     - { id: ec2/i-1, labels: { env: dev }, fields: { state: running } }
//   findings:
//     - { rule: HighCpu, resource: ec2/i-1, severity: high, held: 5m }
//   freezes:                                  # As in freezes.yaml, or names of those beside the policies.
//     - { freeze: audit, during: 2026-01-08, zone: Asia/Seoul }
//   budget: { per_hour: 5 USD }               # In place of the policies' own; with prices as in prices.yaml.
//   prices: [ { price: vms, currency: USD, of: { kind: ec2 }, while: "state = 'running'", per_hour: 2 } ]
//   spent: { ec2/i-1: { today: 10 USD, this_month: 40 USD } }
//   at: 2026-01-08T18:00+09:00                # Or a list: the same is expected at each time.
//   expect:
//     - { action: stop, on: ec2/i-1, because: outside }
//     - { no_action_on: ec2/i-2, because: not selected }
//   # or: expect: nothing
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/config.h"
#include "decide/decide.h"
#include "decide/policy_reader.h"

namespace capstan::decide {

struct PolicyTestReport {
  struct Failure {
    std::string test;
    Where where;  // Of the expectation, or of the test.
    std::string expected;
    std::string got;

    std::string to_string() const;
  };
  int passed = 0;  // Tests of which every expectation held.
  std::vector<Failure> failures;
  std::vector<Error> problems;  // What could not be read; nothing is run then for that test.

  bool ok() const { return failures.empty() && problems.empty(); }
};

bool is_policy_test(const ConfigNode& document);

// What the tests may refer to beside the policies. What is empty is not known, and not checked.
struct TrialWorld {
  Vocabulary words;
  std::vector<KindSpec> kinds;  // Have tables, with or without resources.
  // Puts what the selected candidates of a policy with a budget cost, and what its actions would change of that, into a
  // situation; `prices` are documents of the test, which come before those that are known.
  using MoneyOf = std::function<Status(const Policy& policy, const std::vector<ConfigNode>& prices,
                                       const std::vector<Resource>& resources, const std::vector<Relation>& relations,
                                       Situation& situation)>;
  MoneyOf money_of;  // Empty: a test with a budget is a mistake.
};

// Runs the tests among the documents against the policies among them. Pure: resources exist only on paper.
PolicyTestReport run_policy_tests(std::span<const ConfigNode> documents, const TrialWorld& world);

}  // namespace capstan::decide
