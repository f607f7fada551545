// approve, reject, cancel, undo, resolve, pause, resume: what a person decides.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/url.h"
#include "cli/command.h"
#include "cli/plan_text.h"

namespace capstan::cli {
namespace {

void print_done(const Json& answer) {
  if (!answer.contains("state")) {
    fmt::print("done\n");
    return;
  }
  fmt::print("{}: {}{}\n", cell(answer["plan"]["id"]), cell(answer["state"]),
             cell(answer["waiting_for"]).empty() ? "" : ", waiting for " + cell(answer["waiting_for"]));
}

std::string plan_path(const std::string& id, const char* what) {
  return "/capstan/v1/plans/" + percent_encode(id) + "/" + what;
}

// Approval binds to what the person saw: the plan's hash. Without one it is shown, and asked for.
int approve(const CommonOptions& common, const std::string& id, std::string hash, bool yes) {
  auto client = ApiClient::connect(common.data_directory);
  if (!client) return failed(client.error());
  const auto status = client->get("/capstan/v1/plans/" + percent_encode(id));
  if (!status) return failed(status.error());
  const Json& plan = (*status)["plan"];
  if (hash.empty()) {
    print_plan(*status);
    if (!yes) {
      fmt::print("Approve? [y/N] ");
      std::fflush(stdout);
      char answer[8] = {};
      if (!std::fgets(answer, sizeof(answer), stdin) || (answer[0] != 'y' && answer[0] != 'Y')) {
        fmt::print("not approved\n");
        return 1;
      }
    }
    hash = plan["hash"].string_or_empty();
  }
  return change(common, plan_path(id, "approve"), Json::object({{"hash", hash}}), print_done);
}

}  // namespace

void add_acting(CLI::App& app, CommonOptions& common, Action& chosen) {
  static std::string id, hash, reason, decision;
  static bool yes = false;
  const auto add = [&](const char* name, const char* help) { return add_command(app, common, name, help); };
  CLI::App* approve_command = add("approve", "Let a plan run");
  approve_command->add_option("plan", id, "The plan's id")->required();
  approve_command->add_option("--hash", hash, "Only if the plan still has this hash");
  approve_command->add_flag("-y,--yes", yes, "Do not ask");
  approve_command->callback([&] { chosen = [&common] { return approve(common, id, hash, yes); }; });

  CLI::App* reject = add("reject", "Say no to a plan");
  reject->add_option("plan", id, "The plan's id")->required();
  reject->add_option("--reason", reason, "Why");
  reject->callback([&] {
    chosen = [&common] {
      return change(common, plan_path(id, "reject"), Json::object({{"reason", reason}}), print_done);
    };
  });

  CLI::App* cancel = add("cancel",
                         "Stop a plan: nothing new starts, what runs is ended where it can be, else finished, and what "
                         "was done is undone where it can be");
  cancel->add_option("plan", id, "The plan's id")->required();
  cancel->callback(
      [&] { chosen = [&common] { return change(common, plan_path(id, "cancel"), Json::object(), print_done); }; });

  CLI::App* undo = add("undo", "Take back what a plan has done, as far as it can be taken back");
  undo->add_option("plan", id, "The plan's id")->required();
  undo->add_option("--reason", reason, "Why");
  undo->callback([&] {
    chosen = [&common] {
      return change(common, plan_path(id, "undo"), Json::object({{"reason", reason}}), print_done);
    };
  });

  CLI::App* resolve = add("resolve", "Say how an action ended whose end nobody knows");
  resolve->add_option("action", id, "The action's id")->required();
  resolve->add_option("decision", decision, "happened, retry or abandon")
      ->required()
      ->check(CLI::IsMember({"happened", "retry", "abandon"}));
  resolve->callback([&] {
    chosen = [&common] {
      return change(common, "/capstan/v1/actions/" + percent_encode(id) + "/resolve",
                    Json::object({{"decision", decision}}), print_done);
    };
  });

  CLI::App* pause = add("pause", "Stop everything that acts");
  pause->add_option("--reason", reason, "Why");
  pause->callback([&] {
    chosen = [&common] { return change(common, "/capstan/v1/pause", Json::object({{"reason", reason}}), print_done); };
  });

  CLI::App* resume = add("resume", "Let it act again");
  resume->callback(
      [&] { chosen = [&common] { return change(common, "/capstan/v1/resume", Json::object(), print_done); }; });
}

}  // namespace capstan::cli
