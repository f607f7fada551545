#include "loop/backtest_input.h"

#include <algorithm>

#include "decide/freeze_reader.h"
#include "loop/config_tree.h"

namespace capstan::loop {

Result<BacktestInput> read_backtest(std::string_view text, const std::string& file, const decide::Vocabulary& words,
                                    const std::vector<decide::Freeze>& in_force, const decide::VerbEffects& effects) {
  const std::vector<ConfigNode> documents = TRY(parse_documents(text, file));
  decide::ReadPolicies policies = decide::read_policies(documents, words);
  if (!policies.problems.empty()) return fail(policies.problems.front());
  if (policies.policies.empty()) return fail(ErrorCode::kInvalidArgument, "there is no policy in it", {file, 1, 1});
  decide::ReadFreezes freezes = decide::read_freezes(documents, words);
  if (!freezes.problems.empty()) return fail(freezes.problems.front());
  BacktestInput input{.policies = std::move(policies.policies), .freezes = in_force, .verbs = {}, .effects = effects};
  for (decide::Freeze& freeze : freezes.freezes) {
    std::erase_if(input.freezes, [&](const decide::Freeze& old) { return old.name == freeze.name; });
    input.freezes.push_back(std::move(freeze));
  }
  for (const VerbSpec* verb : words.verbs) input.verbs.emplace(verb->name, *verb);
  return input;
}

}  // namespace capstan::loop
