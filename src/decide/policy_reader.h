// Reads policies from YAML, and says what is wrong with them: file, line and what was expected.
//
// Every key either works or is refused: what the language knows but this version cannot do is kUnimplemented ("not
// supported yet") at its line. The keys are described in docs/reference/policies.md.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/config.h"
#include "decide/calendar.h"
#include "decide/policy.h"
#include "model/signal.h"
#include "model/table.h"
#include "model/verb.h"

namespace capstan::decide {

// What a policy may refer to. What is null is not checked (an editor's check without a running instance).
struct Vocabulary {
  std::vector<const VerbSpec*> verbs;
  std::vector<std::string> kinds;  // Empty: unknown, not checked.
  const Calendars* calendars = nullptr;
  const SqlSource* sql = nullptr;         // Checks conditions.
  const SignalSource* signals = nullptr;  // Checks PromQL.
};

struct ReadPolicies {
  std::vector<Policy> policies;  // Those without a mistake.
  std::vector<Error> problems;   // In the order of the file.
};

// Whether a document of a file is a policy: it has the key `policy`, and is no test of one.
bool is_policy(const ConfigNode& document);

// All mistakes of one policy.
std::expected<Policy, std::vector<Error>> read_policy(const ConfigNode& document, const Vocabulary& vocabulary);

// The policies among the documents; others (rules, tests) are left to their readers. A name that comes twice is a
// problem.
ReadPolicies read_policies(std::span<const ConfigNode> documents, const Vocabulary& vocabulary);

}  // namespace capstan::decide
