// What is said when a command line is not understood: which word it is, what was probably meant, and where help is.
#pragma once

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace capstan::cli {

// The exit code of a command line that is not understood.
inline constexpr int kMisused = 2;

// Parses the command line. Nothing where a command was chosen, else the exit code: 0 after help and version, kMisused
// after a mistake, which `complaint` says in whole lines (to be printed by the caller).
std::optional<int> parse(CLI::App& app, int argc, const char* const* argv, std::string& complaint);

}  // namespace capstan::cli
