// Freezes as the files of the configuration say them.
#include <fmt/format.h>

#include <algorithm>

#include "decide/freeze_reader.h"
#include "loop/config_tree.h"
#include "loop/freeze_board.h"

namespace capstan::loop {

std::vector<Error> FreezeBoard::load(const ConfigTree& config, const decide::Vocabulary& vocabulary) {
  std::vector<Error> problems;
  std::map<std::filesystem::path, std::vector<decide::Freeze>> good;
  for (const auto& [path, file] : config.files()) {
    if (!file.has(DocumentKind::kFreeze)) continue;
    decide::ReadFreezes read = decide::read_freezes(file.of(DocumentKind::kFreeze), vocabulary);
    std::ranges::copy(read.problems, std::back_inserter(problems));
    const auto old = good_.find(path);
    // Of a file that was never good, what can be read of it is better in force than nothing.
    if (!read.problems.empty() && old != good_.end())
      good[path] = std::move(old->second);
    else
      good[path] = std::move(read.freezes);
  }
  good_ = std::move(good);
  std::vector<decide::Freeze> all;
  for (const auto& [path, freezes] : good_) {
    for (const decide::Freeze& freeze : freezes) {
      const auto known = std::ranges::find(all, freeze.name, &decide::Freeze::name);
      if (known == all.end())
        all.push_back(freeze);
      else
        problems.push_back({ErrorCode::kAlreadyExists,
                            fmt::format("a freeze named '{}' is already in {}", freeze.name, known->at.file),
                            freeze.at});
    }
  }
  set(std::move(all));
  return problems;
}

}  // namespace capstan::loop
