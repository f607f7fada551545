// verify: recomputes the ledger's chain.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/random.h"
#include "cli/command.h"
#include "ledger/data_directory.h"
#include "ledger/ledger.h"
#include "loop/answers.h"

namespace capstan::cli {
namespace {

Result<Json> verify(const std::string& data) {
  if (TRY(ledger::DataDirectory::holder(data))) {
    ApiClient client = TRY(ApiClient::connect(data));
    return client.get("/capstan/v1/verify", std::chrono::hours(6));  // It reads the whole ledger.
  }
  keep_files_private();
  const ledger::DataDirectory directory = TRY(ledger::DataDirectory::lock(data));
  const SystemClock clock;
  SystemRandom random;
  const auto ledger = TRY(ledger::Ledger::open(directory.file("ledger.db"), {.copies = true}, clock, random));
  return loop::verification_json(TRY(ledger->verify()));
}

int print_verification(const CommonOptions& common) {
  const auto found = verify(common.data_directory);
  if (!found) return failed(found.error());
  if (common.json) fmt::print("{}\n", found->pretty());
  const Json& broken = (*found)["broken"];
  if (!broken.is_null()) {
    if (!common.json) fmt::print("BROKEN at fact {}: {}\n", cell(broken["seq"]), cell(broken["reason"]));
    return 1;
  }
  if (!common.json) {
    fmt::print("facts {} to {}: the chain holds; {} redacted\n", cell((*found)["first"]), cell((*found)["last"]),
               cell((*found)["redacted"]));
  }
  return 0;
}

}  // namespace

void add_verify(CLI::App& app, CommonOptions& common, Action& chosen) {
  CLI::App* command = app.add_subcommand("verify", "Recompute the chain of the ledger's facts: what was changed shows");
  command->add_option("--data", common.data_directory, "The data directory");
  command->add_flag("--json", common.json, "Print the result as JSON");
  command->callback([&] { chosen = [&common] { return print_verification(common); }; });
}

}  // namespace capstan::cli
