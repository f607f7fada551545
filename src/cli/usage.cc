#include "cli/usage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <span>
#include <string_view>
#include <vector>

#include "base/suggest.h"

namespace capstan::cli {
namespace {

using Words = std::span<const char* const>;

std::vector<std::string> names_of(const std::vector<const CLI::App*>& commands) {
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  return names;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  return did_you_mean(word, candidates);
}

// How far the words name commands, and the first that does not.
struct Reached {
  const CLI::App* command;
  std::string path;     // "capstan token"
  std::string above;    // "capstan"
  std::string unknown;  // Where a command is still to be named: what stands there.
};

Reached follow(const CLI::App& app, Words words) {
  Reached at{.command = &app, .path = app.get_name(), .above = {}, .unknown = {}};
  for (const std::string_view word : words) {
    const auto commands = commands_of(*at.command);
    if (commands.empty()) return at;
    const auto named =
        std::ranges::find_if(commands, [&](const CLI::App* each) { return each->check_name(std::string(word)); });
    if (named != commands.end()) {
      at.command = *named;
      at.above = at.path;
      at.path += fmt::format(" {}", word);
    } else if (!word.starts_with('-')) {
      at.unknown = word;
      return at;
    }
  }
  return at;
}

// The first option among the words that the command does not have, with what it has that is near.
std::string unknown_option(const CLI::App& command, Words words) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  for (std::string_view word : words) {
    word = word.substr(0, word.find('='));
    if (word.starts_with("--") && word.size() > 2 && std::ranges::find(names, word) == names.end())
      return fmt::format("there is no option {}{}", word, suggestion(word, names));
  }
  return "";
}

std::string usage_line(const Reached& at) {
  const std::string help = at.command->help(at.above);
  const size_t begin = help.find("Usage: ");
  return begin == std::string::npos ? "" : help.substr(begin, help.find('\n', begin) - begin) + "\n";
}

std::string explain(const CLI::App& app, const CLI::ParseError& error, Words words) {
  const Reached at = follow(app, words);
  if (const auto commands = commands_of(*at.command); !commands.empty()) {
    const std::vector<std::string> names = names_of(commands);
    const std::string what = at.unknown.empty()
                                 ? "a command is missing"
                                 : fmt::format("there is no command '{}'{}", at.unknown, suggestion(at.unknown, names));
    return at.command == &app ? fmt::format("{}: {}; `{} --help` lists them\n", at.path, what, at.path)
                              : fmt::format("{}: {}; it has {}\n", at.path, what, fmt::join(names, ", "));
  }
  const std::string option = unknown_option(*at.command, words);
  return fmt::format("{}: {}\n{}`{} --help` says more\n", at.path, option.empty() ? error.what() : option,
                     usage_line(at), at.path);
}

}  // namespace

std::optional<int> parse(CLI::App& app, int argc, const char* const* argv, std::string& complaint) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // Help, or the version.
    complaint = explain(app, error, Words(argv, static_cast<size_t>(argc)).subspan(std::min(argc, 1)));
    return kMisused;
  }
}

}  // namespace capstan::cli
