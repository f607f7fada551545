// Capstan's own log: one line an event, to standard error. Never pass a secret.
#pragma once

#include <string_view>

#include "base/result.h"

namespace capstan::log {

enum class Level { kDebug, kInfo, kWarning, kError };

// Lines below this level are dropped. Thread-safe, as all functions here.
void set_level(Level level);

// `part` is the folder that speaks ("ledger"); control characters in `message` are escaped.
void debug(std::string_view part, std::string_view message);
void info(std::string_view part, std::string_view message);
void warning(std::string_view part, std::string_view message);
void error(std::string_view part, std::string_view message);

}  // namespace capstan::log
