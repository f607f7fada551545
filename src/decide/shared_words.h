// Sentences that many verdicts have in common, made once: of a fleet nearly everything is as it should be, and for the
// same reason.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "model/words.h"

namespace capstan::decide {

// Lives as long as one decision.
class SharedWords {
 public:
  // The phrase of `key` with `text` at `place` and the reason at "why". What is made of the same reason is shared.
  Words phrase(std::string_view key, std::string_view place, std::string_view text, const Words& why);

 private:
  // By key, text and reason, which the sentence itself keeps alive.
  std::map<std::tuple<std::string, std::string, const Words::Making*>, Words, std::less<>> made_;
};

}  // namespace capstan::decide
