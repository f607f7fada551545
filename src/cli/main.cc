// The program: finds the command that is wanted and runs it. Each command lives in a file of its own.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/crypto.h"
#include "cli/command.h"
#include "cli/usage.h"

int main(int argc, char** argv) {
  capstan::start_crypto();
  CLI::App app{"Capstan watches a fleet, says what is wrong and why, does something safe about it, and tells people.",
               "capstan"};
  app.set_version_flag("--version", std::string(capstan::cli::kVersion));
  app.require_subcommand(1);

  capstan::cli::CommonOptions common{.data_directory = capstan::cli::default_data_directory()};
  capstan::cli::Action chosen;
  capstan::cli::add_run(app, common, chosen);
  capstan::cli::add_looking(app, common, chosen);
  capstan::cli::add_why(app, common, chosen);
  capstan::cli::add_asking(app, common, chosen);
  capstan::cli::add_acting(app, common, chosen);
  capstan::cli::add_output(app, common, chosen);
  capstan::cli::add_token(app, common, chosen);
  capstan::cli::add_secret(app, common, chosen);
  capstan::cli::add_slack(app, common, chosen);
  capstan::cli::add_verify(app, common, chosen);
  capstan::cli::add_check(app, common, chosen);
  capstan::cli::add_fleet(app, common, chosen);
  capstan::cli::add_policies(app, common, chosen);
  capstan::cli::add_freezes(app, common, chosen);
  capstan::cli::add_scaling(app, common, chosen);
  capstan::cli::add_services(app, common, chosen);
  capstan::cli::add_backtest(app, common, chosen);
  capstan::cli::add_savings(app, common, chosen);
  capstan::cli::add_drift(app, common, chosen);
  capstan::cli::add_diagnose(app, common, chosen);
  capstan::cli::add_manual(app, common, chosen);
  capstan::cli::add_manifests(app, common, chosen);
  capstan::cli::add_policy_test(app, common, chosen);
  capstan::cli::add_aws(app, chosen);
  std::string complaint;
  const std::optional<int> ended = capstan::cli::parse(app, argc, argv, complaint);
  std::fputs(complaint.c_str(), stderr);
  if (ended) return *ended;
  return chosen ? chosen() : capstan::cli::kMisused;
}
