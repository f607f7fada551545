// checks, mute, mutes, unmute, diff: what is wrong with how a fleet is set up, and what changed about a resource.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/url.h"
#include "cli/command.h"

namespace capstan::cli {
namespace {

struct FleetArguments {
  std::string rule, finding, resource, cluster, space, severity, owner, search, reason, lasts, id;
  uint64_t before = 0, after = 0;
  bool all = false;
};

void print_checks(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& finding : answer["findings"].items()) {
    rows.push_back({cell(finding["severity"]), cell(finding["rule"]), cell(finding["resource"]), cell(finding["owner"]),
                    short_time(finding["since"]),
                    (finding["muted"].is_null() ? "" : "(muted) ") + cell(finding["says"])});
  }
  print_table({"SEVERITY", "RULE", "RESOURCE", "OWNER", "SINCE", "WHAT"}, rows);
  fmt::print("{} of {} shown, {} muted, {} rules\n", rows.size(), cell(answer["total"]), cell(answer["muted"]),
             cell(answer["rules"]));
}

// What it covers, as words: "rule X on k8s_service/prod/shop/web".
std::string aim(const Json& mute) {
  std::string text;
  for (const char* part : {"finding", "rule", "resource", "cluster", "namespace"}) {
    if (mute[part].string_or_empty().empty()) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", part, cell(mute[part]));
  }
  return text;
}

void print_mute(const Json& mute) {
  fmt::print("{} {}: {}\n", cell(mute["id"]),
             mute["active"].bool_or(false) ? "until " + cell(mute["until"]) : std::string("has ended"), aim(mute));
}

void print_mutes(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& mute : answer["mutes"].items()) {
    rows.push_back({cell(mute["id"]), cell(mute["ended"].is_null() ? mute["until"] : mute["ended"]), aim(mute),
                    cell(mute["by"]), cell(mute["reason"])});
  }
  print_table({"ID", "ENDS", "COVERS", "BY", "REASON"}, rows);
}

void print_difference(const Json& answer) {
  const auto text = [](const Json& value) { return value.is_null() ? std::string("(nothing)") : cell(value); };
  for (const Json& change : answer["changes"].items()) {
    fmt::print("{}\n  - {}\n  + {}\n", cell(change["place"]), text(change["before"]), text(change["after"]));
  }
  if (answer["before"].is_null()) fmt::print("{}\n", answer["after"]["object"].pretty());
}

// Without versions named: the newest against the one before it.
int diff(const CommonOptions& common, FleetArguments arguments) {
  auto client = ApiClient::connect(common.data_directory);
  if (!client) return failed(client.error());
  const std::string id = percent_encode(arguments.id);
  if (arguments.after == 0 || arguments.before == 0) {
    const auto resource = client->get("/capstan/v1/resource?id=" + id);
    if (!resource) return failed(resource.error());
    std::vector<uint64_t> versions;
    for (const Json& version : (*resource)["history"].items()) {
      if (!version["seq"].is_null()) versions.push_back(static_cast<uint64_t>(version["seq"].int_or(0)));
    }
    if (arguments.after == 0 && !versions.empty()) arguments.after = versions.front();
    for (const uint64_t version : versions) {
      if (arguments.before == 0 && version < arguments.after) arguments.before = version;
    }
  }
  return shown(common,
               client->get(fmt::format("/capstan/v1/difference?id={}&before={}&after={}", id, arguments.before,
                                       arguments.after)),
               print_difference);
}

}  // namespace

void add_fleet(CLI::App& app, CommonOptions& common, Action& chosen) {
  static FleetArguments arguments;
  const auto add = [&](const char* name, const char* help) { return add_command(app, common, name, help); };
  CLI::App* checks = add("checks", "What violates rules about configuration");
  checks->add_option("--severity", arguments.severity, "Only of this severity");
  checks->add_option("--rule", arguments.rule, "Only of this rule");
  checks->add_option("--owner", arguments.owner, "Only of this owner; - for what is nobody's");
  checks->add_option("--cluster", arguments.cluster, "Only in this cluster");
  checks->add_option("-n,--namespace", arguments.space, "Only in this namespace");
  checks->add_option("--search", arguments.search, "Only with this in rule, resource or what it says");
  checks->add_flag("--all", arguments.all, "Those that are muted, too");
  checks->callback([&] {
    chosen = [&common] {
      return show(
          common,
          fmt::format("/capstan/v1/checks?limit=5000&severity={}&rule={}&owner={}&cluster={}&namespace={}"
                      "&search={}&muted={}",
                      percent_encode(arguments.severity), percent_encode(arguments.rule),
                      percent_encode(arguments.owner), percent_encode(arguments.cluster),
                      percent_encode(arguments.space), percent_encode(arguments.search), arguments.all ? "all" : "no"),
          print_checks);
    };
  });
  CLI::App* mute = add("mute", "Not to hear of a rule or a finding for a while: it opens no incident");
  mute->add_option("rule", arguments.rule, "The rule");
  mute->add_option("--finding", arguments.finding, "One finding, by its id");
  mute->add_option("--on", arguments.resource, "Only on this resource");
  mute->add_option("-n,--namespace", arguments.space, "Only in this namespace");
  mute->add_option("--cluster", arguments.cluster, "Only in this cluster");
  mute->add_option("--reason", arguments.reason, "Why, for those who wonder")->required();
  mute->add_option("--for", arguments.lasts, "How long: 4h, 7d")->required();
  mute->callback([&] {
    chosen = [&common] {
      return change(common, "/capstan/v1/mutes",
                    Json::object({{"rule", arguments.rule},
                                  {"finding", arguments.finding},
                                  {"resource", arguments.resource},
                                  {"namespace", arguments.space},
                                  {"cluster", arguments.cluster},
                                  {"reason", arguments.reason},
                                  {"for", arguments.lasts}}),
                    print_mute);
    };
  });
  CLI::App* mutes = add("mutes", "What is muted, by whom, why and until when");
  mutes->add_flag("--all", arguments.all, "Those that have ended, too");
  mutes->callback([&] {
    chosen = [&common] {
      return show(common, arguments.all ? "/capstan/v1/mutes?state=all" : "/capstan/v1/mutes", print_mutes);
    };
  });
  CLI::App* unmute = add("unmute", "End a mute before its time");
  unmute->add_option("id", arguments.id, "The mute's id: mute-812")->required();
  unmute->callback([&] {
    chosen = [&common] {
      return change(common, "/capstan/v1/mutes/" + percent_encode(arguments.id) + "/end", Json::object(), print_mute);
    };
  });
  CLI::App* difference = add("diff", "What changed about a resource, from one version to another");
  difference->add_option("id", arguments.id, "The resource's id")->required();
  difference->add_option("--before", arguments.before, "The fact that made the older version; default: the one before");
  difference->add_option("--after", arguments.after, "The fact that made the newer version; default: the newest");
  difference->callback([&] { chosen = [&common] { return diff(common, arguments); }; });
}

}  // namespace capstan::cli
