// manual: what an error code or a message means, why it comes and what helps.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

#include "cli/command.h"
#include "cli/knowledge.h"
#include "cli/packs.h"
#include "cli/temporary_directory.h"
#include "manual/manual_shelf.h"
#include "manual/manual_text.h"

namespace capstan::cli {
namespace {

constexpr int kNothingKnown = 1;
constexpr int kNotAnswered = 2;
constexpr size_t kMostEntries = 5;
constexpr size_t kMostOfOneLine = 1;

struct ManualArguments {
  std::vector<std::string> words;
  std::string product;
  std::string config = "config";
};

Result<std::vector<Error>> load_manuals(const ManualArguments& arguments, manual::ManualShelf& shelf) {
  const std::unique_ptr<TemporaryDirectory> directory = TRY(TemporaryDirectory::make());
  return shelf.load(manual_texts(TRY(unpack_packs(directory->path())), arguments.config));
}

void print(const std::vector<ManualEntry>& entries, const CommonOptions& common) {
  if (common.json) {
    Json list = Json::array();
    for (const ManualEntry& entry : entries) list.push_back(to_json(entry));
    fmt::print("{}\n", Json::object({{"entries", std::move(list)}}).pretty());
    return;
  }
  for (size_t i = 0; i < entries.size(); ++i) fmt::print("{}{}", i > 0 ? "\n" : "", manual::to_text(entries[i]));
}

// Each entry once, with how many lines it is for and the first of them.
int look_up_lines(const manual::ManualShelf& shelf, const ManualArguments& arguments, const CommonOptions& common) {
  struct Told {
    ManualEntry entry;
    size_t lines = 0;
    std::string first;
  };
  std::vector<Told> told;
  std::map<std::string, size_t> known;
  for (std::string line; std::getline(std::cin, line);) {
    for (ManualEntry& entry : shelf.look_up(line, arguments.product, kMostOfOneLine)) {
      const auto [place, is_new] = known.try_emplace(entry.product + "\n" + entry.means, told.size());
      if (is_new) told.push_back({std::move(entry), 0, line});
      ++told[place->second].lines;
    }
  }
  if (common.json) {
    std::vector<ManualEntry> entries;
    for (Told& one : told) entries.push_back(std::move(one.entry));
    print(entries, common);
  } else {
    for (const Told& one : told) {
      fmt::print("{} x {}\n{}\n", one.lines, printable(one.first), manual::to_text(one.entry));
    }
  }
  return told.empty() ? kNothingKnown : 0;
}

int run_manual(const ManualArguments& arguments, const CommonOptions& common) {
  manual::ManualShelf shelf;
  const Result<std::vector<Error>> problems = load_manuals(arguments, shelf);
  if (!problems) return (void)failed(problems.error()), kNotAnswered;
  for (const Error& problem : *problems) (void)failed(problem);
  const std::string text = fmt::format("{}", fmt::join(arguments.words, " "));
  if (text.empty() || text == "-") return look_up_lines(shelf, arguments, common);
  const std::vector<ManualEntry> entries = shelf.look_up(text, arguments.product, kMostEntries);
  print(entries, common);
  if (!entries.empty()) return 0;
  if (!common.json) {
    fmt::print("no manual knows this; there are manuals of {}\n", fmt::join(shelf.products(), ", "));
  }
  return kNothingKnown;
}

}  // namespace

void add_manual(CLI::App& app, CommonOptions& common, Action& chosen) {
  static ManualArguments arguments;
  CLI::App* command = app.add_subcommand(
      "manual",
      "Say what an error code or a message means, why it comes and what helps (exit code 1: nothing is known)");
  command->add_option("text", arguments.words, "A code (137) or a message; - or nothing for lines from standard input");
  command->add_option("--product", arguments.product, "Only what the manual of this product says");
  command->add_option("-c,--config", arguments.config, "A directory with manuals of your own")->capture_default_str();
  command->add_flag("--json", common.json, "As JSON");
  command->callback([&] { chosen = [&common] { return run_manual(arguments, common); }; });
}

}  // namespace capstan::cli
