// Asks at the terminal for what nobody may read over a shoulder.
#pragma once

#include <string>

#include "base/result.h"

namespace capstan::cli {

// One line of the terminal, without showing it.
Result<std::string> ask_hidden(const std::string& field);

}  // namespace capstan::cli
