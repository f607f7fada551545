// Capstan's own log: one line an event, to standard error. Never pass a secret.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace capstan::log {

enum class Level { kDebug, kInfo, kWarning, kError };

// Lines below this level are dropped. Thread-safe, as all functions here.
void set_level(Level level);

// Every message goes through `filter` from now on, which takes out what must not be said; an empty one takes out
// nothing.
void set_filter(std::function<std::string(std::string_view)> filter);

// `part` is the folder that speaks ("ledger"); control characters in `message` are escaped.
void debug(std::string_view part, std::string_view message);
void info(std::string_view part, std::string_view message);
void warning(std::string_view part, std::string_view message);
void error(std::string_view part, std::string_view message);

}  // namespace capstan::log
