// One test of policies as its document says it.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/config.h"
#include "decide/budget.h"
#include "decide/freeze.h"
#include "decide/override.h"
#include "decide/policy_reader.h"
#include "model/finding.h"

namespace capstan::decide {

struct Expectation {
  std::string verb;     // "" for no action.
  ResourceId resource;  // "" for any.
  std::string because;
  Where where;

  std::string to_string() const;
};

struct Trial {
  std::string name;
  Where where;
  std::vector<std::string> policies;
  std::vector<Resource> resources;
  std::vector<Relation> relations;
  std::vector<std::pair<Finding, Duration>> findings;  // With how long each has held.
  std::vector<Override> overrides;
  std::vector<Freeze> freezes;
  std::vector<std::pair<std::string, Where>> named_freezes;  // Of those beside the policies.
  std::optional<Budget> budget;
  std::vector<ConfigNode> prices;
  std::map<ResourceId, TargetMoney> spent;  // Its sums of the day and the month.
  std::vector<Time> times;
  std::vector<Expectation> expected;
};

// All mistakes of one test, each with its line. `words` are what its freezes and expectations may refer to. Of `kinds`
// the columns are known; others have what the test gives them.
std::expected<Trial, std::vector<Error>> read_trial(const ConfigNode& document, const Vocabulary& words,
                                                    std::span<const KindSpec> kinds);

}  // namespace capstan::decide
