// The programs that documents describe as verbs: read when the configuration changes, and what they print for whoever
// looks on.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "act/run_board.h"
#include "base/clock.h"
#include "base/random.h"
#include "connect/exec/program_verb.h"
#include "loop/config_tree.h"
#include "model/secret.h"
#include "model/verb.h"

namespace capstan::loop {

class ProgramDesk {
 public:
  struct Parts {
    const Clock& clock;
    Random& random;
    const SecretStore& secrets;
    VerbRegistry& verbs;
    std::filesystem::path records;  // A directory; it may not exist.
  };
  explicit ProgramDesk(const Parts& parts);

  // Puts descriptions and settings in force, also while running; from the loop's thread. Gives what is wrong.
  std::vector<Error> apply(const ConfigTree& config, const exec::ExecSettings& settings,
                           const std::vector<KindSpec>& kinds);

  // Thread-safe.
  const act::RunBoard& board() const { return board_; }

 private:
  Parts parts_;
  act::RunBoard board_;
  exec::RunRecords records_;
  exec::ProgramSurroundings around_;
  Json signature_;
  std::vector<Error> problems_;  // Of the last time.
};

}  // namespace capstan::loop
