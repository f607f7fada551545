// A picture with the rules of packs and of a user's directory, to check changes against: where no Capstan runs, or
// beside one.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "base/result.h"
#include "catalog/picture.h"
#include "detect/picture_rules.h"
#include "foresee/check.h"

namespace capstan::foresee {

struct Workbench {
  std::unique_ptr<catalog::Picture> picture;
  std::unique_ptr<detect::PictureRules> rules;
  std::unique_ptr<Checker> checker;
  std::vector<Error> problems;  // What is wrong in the directories; the rest is in force.
};

// Directories hold packs (<directory>/<pack>/kinds.yaml, relations.yaml, rules.yaml) or rules of their own
// (<directory>/rules.yaml).
Result<Workbench> open_workbench(const std::vector<std::filesystem::path>& directories);

}  // namespace capstan::foresee
