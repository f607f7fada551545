// freezes, lift: when nothing may act, and letting one plan act all the same.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "base/url.h"
#include "cli/command.h"

namespace capstan::cli {
namespace {

// "policies emergency-*; alice; role admin"
std::string exceptions_of(const Json& freeze) {
  std::vector<std::string> texts;
  const auto add = [&](std::string_view key, std::string_view before) {
    for (const Json& each : freeze["except"][key].items()) texts.push_back(fmt::format("{}{}", before, cell(each)));
  };
  add("policies", "policy ");
  add("people", "");
  add("roles", "role ");
  return texts.empty() ? "nobody" : fmt::format("{}", fmt::join(texts, ", "));
}

std::string standing_of(const Json& freeze) {
  if (freeze["in_force"].bool_or(false))
    return freeze["until"].is_null() ? "in force until it is mended" : "in force until " + short_time(freeze["until"]);
  return freeze["next"].is_null() ? "over" : "from " + short_time(freeze["next"]["from"]);
}

void print_freezes(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& freeze : answer["freezes"].items()) {
    rows.push_back({cell(freeze["name"]), standing_of(freeze), cell(freeze["times"]), cell(freeze["zone"]),
                    cell(freeze["covers"]), exceptions_of(freeze)});
  }
  if (rows.empty()) return fmt::print("no freeze is written down\n");
  print_table({"FREEZE", "NOW", "TIMES", "ZONE", "COVERS", "EXCEPT"}, rows);
  for (const Json& freeze : answer["freezes"].items()) {
    for (const Json& plan : freeze["lifted_for"].items())
      fmt::print("{} may act in spite of {}\n", cell(plan), cell(freeze["name"]));
    if (!freeze["mistake"].string_or_empty().empty())
      fmt::print("{} covers whatever it may mean: {}\n", cell(freeze["name"]), cell(freeze["mistake"]));
    if (!freeze["as_of"].is_null())
      fmt::print("{} holds as it was read at {}: its file has a mistake now\n", cell(freeze["name"]),
                 short_time(freeze["as_of"]));
  }
}

struct LiftArguments {
  std::string freeze, plan, reason;
};

}  // namespace

void add_freezes(CLI::App& app, CommonOptions& common, Action& chosen) {
  static LiftArguments arguments;
  CLI::App* freezes = add_command(app, common, "freezes", "When nothing, or nothing of a selection, may act");
  freezes->callback([&] { chosen = [&common] { return show(common, "/capstan/v1/freezes", print_freezes); }; });
  CLI::App* lift = add_command(app, common, "lift", "Let one plan act in spite of a freeze, for a reason");
  lift->add_option("freeze", arguments.freeze, "The freeze")->required();
  lift->add_option("plan", arguments.plan, "The plan; it still has to be approved")->required();
  lift->add_option("--reason", arguments.reason, "Why it cannot wait")->required();
  lift->callback([&] {
    chosen = [&common] {
      return change(common, "/capstan/v1/freezes/" + percent_encode(arguments.freeze) + "/lift",
                    Json::object({{"plan", arguments.plan}, {"reason", arguments.reason}}), [](const Json& status) {
                      const std::string waits = cell(status["waiting_for"]);
                      fmt::print("{} may act in spite of {}{}\n", cell(status["plan"]["id"]), arguments.freeze,
                                 waits == "approval" ? "; it still waits for approval" : "");
                    });
    };
  });
}

}  // namespace capstan::cli
