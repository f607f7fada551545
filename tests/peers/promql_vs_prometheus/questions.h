// What both engines are asked.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"

namespace capstan::peers {

// One for every function, operator and kind of error that both versions know.
std::vector<std::string> written_questions();

// A random expression: an instant vector, of at most `depth` levels.
std::string random_question(SeededRandom& random, int depth);

}  // namespace capstan::peers
