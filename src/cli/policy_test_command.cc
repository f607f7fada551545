// test: runs the tests that users write for their policies.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "cli/command.h"
#include "connect/host/host_verbs.h"
#include "decide/policy_trial.h"

namespace capstan::cli {
namespace {

Result<std::vector<ConfigNode>> read_documents(const std::vector<std::string>& paths) {
  std::vector<std::filesystem::path> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.emplace_back(path);
      continue;
    }
    for (std::string_view suffix : {".yaml", ".yml"}) {
      for (std::filesystem::path& found : TRY(list_files(path, suffix))) files.push_back(std::move(found));
    }
  }
  std::vector<ConfigNode> documents;
  for (const std::filesystem::path& file : files) {
    for (ConfigNode& document : TRY(parse_yaml(TRY(read_file(file)), file.string())))
      documents.push_back(std::move(document));
  }
  return documents;
}

// 0: all held. 1: a test failed. 2: something could not be read, or there was no test.
int test_policies(const std::vector<std::string>& paths) {
  const auto documents = read_documents(paths);
  if (!documents) return failed(documents.error()), 2;
  const SystemClock clock;
  VerbRegistry verbs;
  const host::CurrentHostConfig host_config(host::default_host_config());
  if (const Status added = host::add_host_verbs(verbs, host_config, "", clock); !added) return failed(added.error());
  const decide::PolicyTestReport report = decide::run_policy_tests(*documents, {.verbs = verbs.specs()});
  for (const Error& problem : report.problems) (void)failed(problem);
  for (const auto& failure : report.failures) fmt::print("FAILED {}\n", failure.to_string());
  fmt::print("{} passed, {} failed\n", report.passed, report.failures.size());
  if (!report.problems.empty()) return 2;
  if (!report.failures.empty()) return 1;
  return report.passed > 0 ? 0 : 2;
}

}  // namespace

void add_policy_test(CLI::App& app, CommonOptions&, Action& chosen) {
  static std::vector<std::string> paths = {"config"};
  CLI::App* command = app.add_subcommand("test", "Run the tests of policies: documents with `test:` beside them");
  command->add_option("paths", paths, "Files and directories")->capture_default_str();
  command->callback([&] { chosen = [] { return test_policies(paths); }; });
}

}  // namespace capstan::cli
