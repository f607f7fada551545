// Reads freezes from YAML, and says what is wrong with them: file, line and what was expected.
#pragma once

#include <expected>
#include <span>
#include <vector>

#include "base/config.h"
#include "decide/freeze.h"
#include "decide/policy_reader.h"

namespace capstan::decide {

struct ReadFreezes {
  std::vector<Freeze> freezes;  // Those without a mistake.
  std::vector<Error> problems;  // In the order of the documents.
};

// Of documents with the key `freeze`. Kinds, verbs and calendars are checked as far as `vocabulary` knows them.
ReadFreezes read_freezes(std::span<const ConfigNode> documents, const Vocabulary& vocabulary);

}  // namespace capstan::decide
