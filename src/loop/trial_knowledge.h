// What the tests of policies (decide/policy_trial.h) may refer to when nothing runs: the kinds, verbs, prices and
// effects that packs and the files of a user describe, and the calendars beside these.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "decide/policy_trial.h"
#include "decide/verb_effects.h"
#include "model/verb.h"
#include "money/price.h"

namespace capstan::loop {

class TrialKnowledge {
 public:
  // `paths` are a user's files and directories, `packs` the directory of packs: what is in both counts as in the first.
  // The first file that cannot be read.
  static Result<TrialKnowledge> read(const std::vector<std::filesystem::path>& paths,
                                     const std::filesystem::path& packs);

  // Of the user's files.
  const std::vector<ConfigNode>& documents() const { return documents_; }
  // With the verbs that are part of the program, too. Lives as long as this and they do.
  decide::TrialWorld world(std::vector<const VerbSpec*> built_in) const;
  // What is wrong with what the user's files describe.
  const std::vector<Error>& problems() const { return problems_; }

 private:
  Result<std::vector<money::Price>> prices_of(const std::vector<ConfigNode>& own, const std::vector<KindSpec>& kinds,
                                              const SqlSource& sql) const;
  Status add_money(const decide::Policy& policy, const std::vector<ConfigNode>& prices,
                   const std::vector<Resource>& resources, const std::vector<Relation>& relations,
                   decide::Situation& situation) const;

  std::vector<ConfigNode> documents_;
  std::vector<KindSpec> kinds_;
  std::vector<VerbSpec> verbs_;
  decide::VerbEffects effects_;
  std::vector<money::PriceText> prices_;
  decide::Calendars calendars_;
  std::vector<Error> problems_;
};

}  // namespace capstan::loop
