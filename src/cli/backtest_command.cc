// backtest: what policies would have done over the recorded past, and what that would have saved or cost.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <thread>

#include "base/url.h"
#include "cli/command.h"

namespace capstan::cli {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks{250};
constexpr std::ptrdiff_t kMostOverBudget = 10;  // That are printed.

struct BacktestArguments {
  std::string file;
  std::string since = "30d";
  std::string until;
  std::string step = "1m";
  size_t limit = 40;
  std::string output = "text";
};

std::string signed_text(double value, std::string_view unit, int digits) {
  return fmt::format("{:.{}f} {}", value, digits, unit);
}

void print_money(const Json& policy) {
  for (const Json& sum : policy["money"].items()) {
    const double saved = sum["saved"]["money"].number_or(0), hours = sum["saved"]["hours"].number_or(0);
    const std::string currency = cell(sum["currency"]);
    fmt::print("  {}: {} of {} in all ({}, {} h running instead of {})\n",
               saved >= 0 ? "would have saved" : "would have cost more", signed_text(std::abs(saved), currency, 2),
               signed_text(sum["real"]["money"].number_or(0), currency, 2),
               signed_text(std::abs(hours), hours >= 0 ? "h less" : "h more", 1),
               fmt::format("{:.1f}", sum["would_be"]["hours"].number_or(0)),
               fmt::format("{:.1f}", sum["real"]["hours"].number_or(0)));
  }
  if (policy["money"].items().empty()) fmt::print("  what it is about has no price (docs/money.md)\n");
}

void print_held(const Json& policy) {
  for (const Json& held : policy["held"].items()) {
    const auto dropped = held["dropped"].int_or(0);
    fmt::print("  held by the freeze {}: {} actions{}\n", cell(held["freeze"]), cell(held["actions"]),
               dropped > 0 ? fmt::format(", of which nobody called for {} any more at its end", dropped) : "");
  }
  const Json& over = policy["over_budget"];
  if (over["count"].int_or(0) == 0) return;
  fmt::print("  over the budget: {} times a resource was not acted on\n", cell(over["count"]));
  for (const Json& each : over["resources"].items()) {
    fmt::print("    {}, {} to {}: {}\n", cell(each["name"]), short_time(each["from"]), short_time(each["to"]),
               cell(each["why"]));
    if (&each - &over["resources"].items().front() == kMostOverBudget - 1) break;
  }
}

void print_policy(const Json& policy, const Json& job, const BacktestArguments& arguments) {
  fmt::print("{}, {} to {}: {} actions in {} plans on {} resources", cell(policy["name"]), short_time(job["from"]),
             short_time(job["to"]), cell(policy["action_count"]), cell(policy["plans"]), cell(policy["selected"]));
  if (policy["asks"].int_or(0) > 0) fmt::print("; {} plans would have asked a person", cell(policy["asks"]));
  fmt::print("\n");
  print_money(policy);
  print_held(policy);
  std::vector<std::vector<std::string>> rows;
  for (const Json& action : policy["actions"].items()) {
    if (rows.size() >= arguments.limit) break;
    rows.push_back({short_time(action["at"]), (action["undo"].bool_or(false) ? "undo " : "") + cell(action["verb"]),
                    cell(action["name"]), cell(action["reason"])});
  }
  if (!rows.empty()) print_table({"  AT", "ACTION", "ON", "BECAUSE"}, rows);
  const auto count = static_cast<size_t>(policy["action_count"].int_or(0));
  if (count > rows.size()) fmt::print("  and {} more (--limit, or -o json)\n", count - rows.size());
  for (const Json& note : policy["notes"].items()) fmt::print("  note: {}\n", cell(note["says"]));
}

void show_progress(const Json& job) {
  if (isatty(STDERR_FILENO) != 0)
    fmt::print(stderr, "\r{} {:3.0f} %", cell(job["state"]), job["done"].number_or(0) * 100);
}

int run_backtest(const BacktestArguments& arguments, const CommonOptions& common) {
  const auto text = read_document(arguments.file);
  if (!text) return failed(text.error());
  auto client = ApiClient::connect(common.data_directory);
  if (!client) return failed(client.error());
  auto job = client->post("/capstan/v1/backtest", Json::object({{"policies", *text},
                                                                {"file", arguments.file},
                                                                {"since", arguments.since},
                                                                {"until", arguments.until},
                                                                {"step", arguments.step}}));
  // Whoever leaves here (Ctrl-C) leaves a backtest that nobody asks after: it ends by itself.
  while (job && ((*job)["state"].string_or_empty() == "waiting" || (*job)["state"].string_or_empty() == "running")) {
    show_progress(*job);
    std::this_thread::sleep_for(kBetweenLooks);
    job = client->get("/capstan/v1/backtest/" + percent_encode((*job)["id"].string_or_empty()));
  }
  if (isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r              \r");
  if (!job) return failed(job.error());
  if ((*job)["state"].string_or_empty() != "done") {
    const std::string why = (*job)["error"]["message"].string_or_empty();
    return failed({ErrorCode::kFailedPrecondition, why.empty() ? "the backtest was cancelled" : why, {}});
  }
  if (arguments.output == "json") {
    fmt::print("{}\n", job->pretty());
    return 0;
  }
  for (const Json& policy : (*job)["result"]["policies"].items()) print_policy(policy, *job, arguments);
  return 0;
}

}  // namespace

void add_backtest(CLI::App& app, CommonOptions& common, Action& chosen) {
  static BacktestArguments arguments;
  CLI::App* command = app.add_subcommand(
      "backtest", "What policies would have done over the recorded past, and what that would have saved");
  command->add_option("file", arguments.file, "A file of policies (- for stdin); they need not be in force")
      ->required();
  command->add_option("--since", arguments.since, "A span such as 30d, a day or a time")->capture_default_str();
  command->add_option("--until", arguments.until, "The same; now where nothing is said");
  command->add_option("--step", arguments.step, "How often a policy looks, at the most: from 10s")
      ->capture_default_str();
  command->add_option("--limit", arguments.limit, "How many actions to print")->capture_default_str();
  command->add_option("--data", common.data_directory, "The data directory of the running Capstan");
  command->add_option("-o,--output", arguments.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([&] { chosen = [&common] { return run_backtest(arguments, common); }; });
}

}  // namespace capstan::cli
