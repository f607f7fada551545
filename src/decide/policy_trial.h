// Tests that users write for their policies, as YAML documents beside them:
//
//   test: machines go to sleep in the evening
//   policy: office-hours                      # One or a list; all policies of the files unless said.
//   resources:
//     - { id: ec2/i-1, labels: { env: dev }, fields: { state: running } }
//   findings:
//     - { rule: HighCpu, resource: ec2/i-1, severity: high, held: 5m }
//   at: 2026-01-08T18:00+09:00                # Or a list: the same is expected at each time.
//   expect:
//     - { action: stop, on: ec2/i-1, because: outside }
//     - { no_action_on: ec2/i-2, because: not selected }
//   # or: expect: nothing
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/config.h"
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

// Runs the tests among the documents against the policies among them. Pure: resources exist only on paper.
PolicyTestReport run_policy_tests(std::span<const ConfigNode> documents, const Vocabulary& vocabulary);

}  // namespace capstan::decide
