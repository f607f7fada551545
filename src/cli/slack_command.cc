// slack: which Slack accounts act as which users.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/url.h"
#include "cli/command.h"
#include "cli/hidden_prompt.h"

namespace capstan::cli {
namespace {

struct SlackArguments {
  std::string code, user, account;
};

// A pipe gives the password as its first line.
Result<std::string> read_password(const std::string& user) {
  if (::isatty(STDIN_FILENO)) return ask_hidden("Password of " + user);
  std::string line;
  if (std::getline(std::cin, line)) return line;
  return fail(ErrorCode::kInvalidArgument, "the standard input is empty: expected the password of " + user);
}

// The code proves the Slack side; the password, who is to be linked: root on this machine is nobody's Slack account.
int link(const CommonOptions& common, const SlackArguments& arguments) {
  const Result<std::string> password = read_password(arguments.user);
  if (!password) return failed(password.error());
  const Json body = Json::object({{"code", arguments.code}, {"user", arguments.user}, {"password", *password}});
  return change(common, "/capstan/v1/slack/links", body, [](const Json& link) {
    fmt::print("The Slack account {} acts as {} from now on\n", cell(link["account"]), cell(link["user"]));
  });
}

int unlink(const CommonOptions& common, const SlackArguments& arguments) {
  return change(common, "/capstan/v1/slack/links/" + percent_encode(arguments.account) + "/end", Json::object(),
                [](const Json& link) {
                  fmt::print("The Slack account {} no longer acts as {}\n", cell(link["account"]), cell(link["user"]));
                });
}

void print_links(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& link : answer["links"].items())
    rows.push_back({cell(link["account"]), cell(link["user"]), short_time(link["linked"])});
  if (rows.empty()) {
    fmt::print("No Slack account is linked by a code; what the settings declare is there\n");
    return;
  }
  print_table({"account", "user", "linked"}, rows);
}

}  // namespace

void add_slack(CLI::App& app, CommonOptions& common, Action& chosen) {
  static SlackArguments arguments;
  CLI::App* slack = app.add_subcommand("slack", "Which Slack accounts act as which users");
  slack->require_subcommand(1);
  CLI::App* link_command = add_command(*slack, common, "link", "Link a Slack account to a user, who gives a password");
  link_command->add_option("code", arguments.code, "What /capstan link has shown in Slack")->required();
  link_command->add_option("--user", arguments.user, "The Capstan user who is to be linked")->required();
  link_command->callback([&] { chosen = [&common] { return link(common, arguments); }; });
  CLI::App* unlink_command = add_command(*slack, common, "unlink", "End the link of a Slack account");
  unlink_command->add_option("account", arguments.account, "As Slack names it: U012AB3CD")->required();
  unlink_command->callback([&] { chosen = [&common] { return unlink(common, arguments); }; });
  CLI::App* links = add_command(*slack, common, "links", "The accounts that were linked by a code");
  links->callback([&] { chosen = [&common] { return show(common, "/capstan/v1/slack/links", print_links); }; });
}

}  // namespace capstan::cli
