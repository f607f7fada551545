// test: runs the tests that users write for their policies.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/packs.h"
#include "cli/temporary_directory.h"
#include "connect/host/host_verbs.h"
#include "loop/trial_knowledge.h"

namespace capstan::cli {
namespace {

// Packs are read once and then needed no more.
Result<loop::TrialKnowledge> knowledge_of(const std::vector<std::string>& paths) {
  const std::unique_ptr<TemporaryDirectory> directory = TRY(TemporaryDirectory::make());
  return loop::TrialKnowledge::read({paths.begin(), paths.end()}, TRY(unpack_packs(directory->path())));
}

// 0: all held. 1: a test failed. 2: something could not be read, or there was no test.
int test_policies(const std::vector<std::string>& paths) {
  const auto known = knowledge_of(paths);
  if (!known) return failed(known.error(), 2);
  for (const Error& problem : known->problems()) (void)failed(problem);
  const SystemClock clock;
  VerbRegistry verbs;
  const host::CurrentHostConfig host_config(host::default_host_config());
  if (const Status added = host::add_host_verbs(verbs, host_config, "", clock); !added) return failed(added.error());
  const decide::PolicyTestReport report = decide::run_policy_tests(known->documents(), known->world(verbs.specs()));
  for (const Error& problem : report.problems) (void)failed(problem);
  for (const auto& failure : report.failures) fmt::print("FAILED {}\n", failure.to_string());
  fmt::print("{} passed, {} failed\n", report.passed, report.failures.size());
  if (!report.problems.empty() || !known->problems().empty()) return 2;
  if (!report.failures.empty()) return 1;
  if (report.passed > 0) return 0;
  return failed({ErrorCode::kNotFound, fmt::format("there is no test in {}", fmt::join(paths, ", ")), {}}, 2);
}

}  // namespace

void add_policy_test(CLI::App& app, CommonOptions&, Action& chosen) {
  static std::vector<std::string> paths = {"config"};
  CLI::App* command = app.add_subcommand("test", "Run the tests of policies: documents with `test:` beside them");
  command->add_option("paths", paths, "Files and directories")->capture_default_str();
  command->callback([&] { chosen = [] { return test_policies(paths); }; });
}

}  // namespace capstan::cli
