// savings: what policies with a schedule saved of running all the time, planned and real.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <map>

#include "base/url.h"
#include "cli/command.h"

namespace capstan::cli {
namespace {

struct SavingsArguments {
  std::string policy;
  std::string account;
  std::string since = "30d";
  std::string until;
  std::string zone;
  std::string by = "policy";
  std::string output = "text";
};

std::string hours(const Json& value) { return fmt::format("{:.1f}", value.number_or(0)); }
std::string money(const Json& value) { return fmt::format("{:.2f}", value.number_or(0)); }
std::string share(const Json& value) {
  return value.is_null() ? "-" : fmt::format("{:.1f} %", value.number_or(0) * 100);
}

std::string_view reason(const Json& what) {
  static const std::map<std::string, std::string_view, std::less<>> kReasons = {
      {"start_up", "ran before its hours, on into them"},
      {"late", "ran on after its hours until it was stopped"},
      {"kept", "was kept up by a person"},
      {"restarted", "was started, or first seen running, outside of its hours"},
      {"unstoppable", "costs all the same: it cannot be stopped"},
      {"unobserved", "was not observed outside of its hours"},
      {"unused", "did not run within its hours"}};
  const auto found = kReasons.find(what.string_or_empty());
  return found == kReasons.end() ? "something else" : found->second;
}

void print_why(const Json& figures) {
  const double gap_hours = figures["planned"]["hours"].number_or(0) - figures["real"]["hours"].number_or(0);
  const double gap_money = figures["planned"]["money"].number_or(0) - figures["real"]["money"].number_or(0);
  if (figures["why"].items().empty()) return;
  fmt::print("\nFrom the plan to what was saved, {:.1f} h and {:.2f} {}:\n", gap_hours, gap_money,
             cell(figures["currency"]));
  std::vector<std::vector<std::string>> rows;
  for (const Json& why : figures["why"].items())
    rows.push_back({hours(why["hours"]), money(why["money"]), std::string(reason(why["what"]))});
  print_table({"HOURS", "MONEY", "IT"}, rows);
}

void print_savings(const Json& answer, const SavingsArguments& arguments) {
  const std::string list = arguments.by == "policy" ? "policies" : arguments.by + "s";
  if (answer["totals"].items().empty()) {
    fmt::print("nothing was measured: it takes prices (docs/money.md) and a policy with 'during' on what they price\n");
  } else {
    std::vector<std::vector<std::string>> rows;
    for (const Json& each : answer[list].items()) {
      std::string name = cell(arguments.by == "resource" ? each["name"] : each[arguments.by]);
      rows.push_back({name.empty() ? "-" : name, hours(each["baseline"]["hours"]), share(each["planned_hours_share"]),
                      share(each["real_hours_share"]), money(each["baseline"]["money"]), money(each["cost"]),
                      share(each["planned_money_share"]), share(each["real_money_share"]), cell(each["currency"])});
    }
    print_table({"OF", "HOURS", "PLANNED", "SAVED", "24X7", "COST", "PLANNED", "SAVED", ""}, rows);
    for (const Json& total : answer["totals"].items()) print_why(total);
  }
  for (const Json& problem : answer["problems"].items()) fmt::print("{}\n", cell(problem));
}

int run_savings(const SavingsArguments& arguments, const CommonOptions& common) {
  auto client = ApiClient::connect(common.data_directory);
  if (!client) return failed(client.error());
  const auto answer = client->get(fmt::format("/capstan/v1/savings?policy={}&account={}&since={}&until={}&zone={}",
                                              percent_encode(arguments.policy), percent_encode(arguments.account),
                                              percent_encode(arguments.since), percent_encode(arguments.until),
                                              percent_encode(arguments.zone)));
  if (!answer) return failed(answer.error());
  if (arguments.output == "json")
    fmt::print("{}\n", answer->pretty());
  else
    print_savings(*answer, arguments);
  return 0;
}

}  // namespace

void add_savings(CLI::App& app, CommonOptions& common, Action& chosen) {
  static SavingsArguments arguments;
  CLI::App* command = app.add_subcommand("savings", "What policies saved of running all the time, planned and real");
  command->add_option("--policy", arguments.policy, "Only of this policy");
  command->add_option("--account", arguments.account, "Only of what belongs to this");
  command->add_option("--since", arguments.since, "A span such as 30d, a day or a time")->capture_default_str();
  command->add_option("--until", arguments.until, "The same; now where nothing is said");
  command->add_option("--zone", arguments.zone, "What a day is; that of the policy where nothing is said");
  command->add_option("--by", arguments.by, "policy, account or resource")
      ->check(CLI::IsMember({"policy", "account", "resource"}))
      ->capture_default_str();
  command->add_option("--data", common.data_directory, "The data directory of the running Capstan");
  command->add_option("-o,--output", arguments.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([&] { chosen = [&common] { return run_savings(arguments, common); }; });
}

}  // namespace capstan::cli
