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
  // Those with one, each as wide as what cannot be read of it may be: without times at all times (then for what
  // policies want alone), over everything, without exceptions. Whoever wrote it meant something to be held back.
  std::vector<Freeze> doubtful;
  std::vector<Error> problems;  // In the order of the documents.
};

// A freeze in place of what could not be read at all: it holds back what policies want, at all times.
Freeze unread_freeze(std::string name, std::string mistake, Where at);

// Of documents with the key `freeze`. Kinds, verbs and calendars are checked as far as `vocabulary` knows them.
ReadFreezes read_freezes(std::span<const ConfigNode> documents, const Vocabulary& vocabulary);

}  // namespace capstan::decide
