// What is to be run over the past, with what it depends on of the present.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "decide/freeze.h"
#include "decide/policy_reader.h"
#include "decide/verb_effects.h"
#include "model/verb.h"

namespace capstan::loop {

struct BacktestInput {
  std::vector<decide::Policy> policies;
  std::vector<decide::Freeze> freezes;  // In force now; those of the text in place of others of the same name.
  std::map<std::string, VerbSpec, std::less<>> verbs;
  decide::VerbEffects effects;  // What they leave behind.
};

// Of policies, and freezes where they are to be tried with them, in YAML. The first mistake, where there is one.
Result<BacktestInput> read_backtest(std::string_view text, const std::string& file, const decide::Vocabulary& words,
                                    const std::vector<decide::Freeze>& in_force, const decide::VerbEffects& effects);

}  // namespace capstan::loop
