// plan, calendar, approvals, allow, withdraw, keep, release, overrides: what would be done and why, and what a person
// wants instead for a while.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/url.h"
#include "cli/command.h"
#include "cli/plan_text.h"
#include "decide/until.h"

namespace capstan::cli {
namespace {

struct PolicyArguments {
  std::string id, file, policy, zone, reason;
  std::vector<std::string> words;
  bool each = false;
};

void print_coming(const Json& answer) {
  for (const Json& step : answer["coming"].items()) {
    fmt::print("coming  {}  {} on {} by {}: {}\n", short_time(step["at"]), cell(step["verb"]), cell(step["resource"]),
               cell(step["policy"]), cell(step["says"]));
  }
}

// What still has to be decided on or is under way. The list has what plans cost in all; each of them, what an action
// does.
int show_open_plans(const CommonOptions& common, bool each) {
  auto client = ApiClient::connect(common.data_directory);
  if (!client) return failed(client.error());
  const auto answer = client->get("/capstan/v1/plans?state=all");
  if (!answer || common.json) return shown(common, answer, print_coming);
  size_t count = 0;
  for (const Json& status : (*answer)["plans"].items()) {
    if (!status["finished"].is_null()) continue;
    const auto whole = client->get("/capstan/v1/plans/" + percent_encode(status["plan"]["id"].string_or_empty()));
    print_plan(whole ? *whole : status, each);
    ++count;
  }
  print_coming(*answer);
  if (count == 0 && (*answer)["coming"].items().empty()) fmt::print("nothing waits and nothing runs\n");
  return 0;
}

void print_previews(const Json& answer) {
  for (const Json& policy : answer["policies"].items()) {
    fmt::print("{}: {}\n", cell(policy["name"]), cell(policy["summary"]));
    if (!policy["plan"].is_null()) print_plan(policy["plan"]);
    for (const Json& resource : policy["resources"].items()) {
      if (!resource["acts"].bool_or(false)) fmt::print("  - {}: {}\n", cell(resource["id"]), cell(resource["why"]));
    }
  }
}

int preview(const CommonOptions& common, const std::string& file) {
  const auto text = read_document(file);
  if (!text) return failed(text.error());
  auto client = ApiClient::connect(common.data_directory);
  if (!client) return failed(client.error());
  return shown(common, client->post("/capstan/v1/preview", Json::object({{"policies", *text}, {"file", file}})),
               print_previews);
}

void print_override(const Json& override) {
  const std::string state = cell(override["state"]);
  fmt::print("{}: {}{} {} until {} UTC\n", cell(override["id"]), cell(override["resource"]),
             override["policy"].string_or_empty().empty() ? "" : " under " + cell(override["policy"]),
             state.empty() ? "left alone" : "kept " + state, short_time(override["until"]));
}

std::string decides(const Json& override) {
  std::string text;
  for (const Json& each : override["decides"].items()) {
    text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", cell(each["resources"]), cell(each["policy"]));
  }
  return text.empty() ? "nothing now" : text;
}

void print_overrides(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& each : answer["overrides"].items()) {
    rows.push_back({cell(each["id"]), cell(each["resource"]), cell(each["policy"]),
                    each["state"].string_or_empty().empty() ? "alone" : cell(each["state"]), short_time(each["until"]),
                    decides(each), cell(each["by"]), cell(each["reason"])});
  }
  print_table({"ID", "RESOURCE", "POLICY", "KEPT", "UNTIL (UTC)", "DECIDES OVER", "BY", "REASON"}, rows);
}

void print_approvals(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& approval : answer["approvals"].items()) {
    std::string policies;
    for (const Json& each : approval["policies"].items()) {
      policies += fmt::format("{}{}{}", policies.empty() ? "" : ", ", cell(each["policy"]),
                              each["holds"].bool_or(false) ? "" : " (has changed since: asks)");
    }
    const auto& resources = approval["resources"].items();
    rows.push_back({cell(approval["id"]), policies,
                    resources.empty() ? "all"
                    : resources.size() == 1
                        ? cell(resources.front())
                        : fmt::format("{} and {} more", cell(resources.front()), resources.size() - 1),
                    cell(approval["by"]), short_time(approval["at"])});
  }
  print_table({"ID", "POLICIES", "RESOURCES", "BY", "SINCE"}, rows);
}

bool ends_within_a_day(const Json& span) {
  const Result<Time> from = parse_time(span["from"].string_or_empty());
  const Result<Time> to = parse_time(span["to"].string_or_empty());
  return from && to && *to - *from < std::chrono::days(1);
}

// "11-27 09:00-18:00  11-28 09:00-12:00,14:00-18:00", "11-27 18:00 to 11-30 08:00": a day is named once.
std::string spans_of(const Json& row) {
  std::string text;
  std::string last_day;
  const auto day_of = [](const Json& time) { return time.string_or_empty().substr(5, 5); };
  const auto clock_of = [](const Json& time) { return time.string_or_empty().substr(11, 5); };
  for (const Json& span : row["spans"].items()) {
    const std::string day = day_of(span["from"]);
    const bool is_same = day == last_day;
    text += text.empty() ? "" : is_same ? "," : "  ";
    text += fmt::format("{}{}{}", is_same ? "" : day + " ", clock_of(span["from"]),
                        ends_within_a_day(span) ? "-" : " to " + day_of(span["to"]) + " ");
    text += clock_of(span["to"]);
    last_day = day;
  }
  for (const Json& time : row["times"].items())
    text += fmt::format("{}{} {}", text.empty() ? "" : "  ", day_of(time), clock_of(time));
  if (row["more"].bool_or(false)) text += "  and more";
  return text.empty() ? cell(row["error"]) : text;
}

std::string frozen_times(const Json& freeze) {
  std::string text;
  for (const Json& span : freeze["spans"].items())
    text += fmt::format("{}{} to {}", text.empty() ? "" : ", ", short_time(span["from"]), short_time(span["to"]));
  return text;
}

void print_calendar(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : answer["rows"].items())
    rows.push_back({cell(row["policy"]), cell(row["hours"]), cell(row["zone"]), cell(row["count"]), spans_of(row)});
  print_table({"POLICY", "HOURS", "ZONE", "RESOURCES", "IN UTC"}, rows);
  for (const Json& override : answer["overrides"].items()) print_override(override);
  for (const Json& freeze : answer["freezes"].items())
    fmt::print("frozen by {} ({}): {}\n", cell(freeze["name"]), cell(freeze["covers"]), frozen_times(freeze));
}

int keep(const CommonOptions& common, const PolicyArguments& arguments) {
  std::string text;
  for (const std::string& word : arguments.words) text += (text.empty() ? "" : " ") + word;
  const auto phrase = decide::parse_keep_phrase(text);
  if (!phrase) return failed(phrase.error());
  return change(common, "/capstan/v1/overrides",
                Json::object({{"resource", phrase->resource == "all" ? "" : phrase->resource},
                              {"policy", arguments.policy},
                              {"state", phrase->state.empty() ? "alone" : phrase->state},
                              {"until", phrase->until},
                              {"zone", arguments.zone},
                              {"reason", arguments.reason}}),
                print_override);
}

}  // namespace

void add_policies(CLI::App& app, CommonOptions& common, Action& chosen) {
  static PolicyArguments arguments;
  CLI::App* plan = add_command(app, common, "plan", "What is to be done, in which order, why, and at which risk");
  plan->add_option("id", arguments.id, "One plan; default: all that wait or run");
  plan->add_option("-f,--file", arguments.file, "What the policies of a file would do now (- for stdin)");
  plan->add_flag("--each", arguments.each, "A line for each action, also where many are alike");
  plan->callback([&] {
    chosen = [&common] {
      if (!arguments.file.empty()) return preview(common, arguments.file);
      if (arguments.id.empty()) return show_open_plans(common, arguments.each);
      return show(common, "/capstan/v1/plans/" + percent_encode(arguments.id),
                  [](const Json& status) { print_plan(status, arguments.each); });
    };
  });
  CLI::App* calendar = add_command(app, common, "calendar", "When policies want what, and what is kept otherwise");
  static int days = 7;
  calendar->add_option("--days", days, "How many")->capture_default_str();
  calendar->callback([&] {
    chosen = [&common] { return show(common, fmt::format("/capstan/v1/calendar?days={}", days), print_calendar); };
  });
  CLI::App* approvals =
      add_command(app, common, "approvals", "What policies may do because somebody has agreed in advance");
  approvals->callback([&] { chosen = [&common] { return show(common, "/capstan/v1/approvals", print_approvals); }; });
  CLI::App* allow = add_command(app, common, "allow", "Agree in advance to what a policy does (approve: standing)");
  allow->add_option("policy", arguments.policy, "The policy")->required();
  allow->add_option("--on", arguments.id, "Only on this resource and what belongs to it");
  allow->callback([&] {
    chosen = [&common] {
      return change(common, "/capstan/v1/approvals",
                    Json::object({{"policy", arguments.policy}, {"resource", arguments.id}}),
                    [](const Json& given) { fmt::print("{}\n", cell(given["id"])); });
    };
  });
  CLI::App* withdraw = add_command(app, common, "withdraw", "Take a standing approval back: its policies ask again");
  withdraw->add_option("id", arguments.id, "Its id")->required();
  withdraw->callback([&] {
    chosen = [&common] {
      return change(common, "/capstan/v1/approvals/" + percent_encode(arguments.id) + "/withdraw", Json::object(),
                    [](const Json& ended) { fmt::print("{} is withdrawn\n", cell(ended["id"])); });
    };
  });
  CLI::App* keep_command =
      add_command(app, common, "keep", "Keep a resource as you say for a while: keep trial_user07 up until 22:00");
  keep_command
      ->add_option(
          "what", arguments.words,
          "RESOURCE (or all, with --policy) up|down|alone until TIME, or for SPAN: until 22:00, until tomorrow "
          "09:00, for 2h")
      ->required();
  keep_command->add_option("--policy", arguments.policy, "Only instead of this policy");
  keep_command->add_option("--zone", arguments.zone, "Whose clock TIME is on; default: the resource's own");
  keep_command->add_option("--reason", arguments.reason, "Why, for those who wonder");
  keep_command->callback([&] { chosen = [&common] { return keep(common, arguments); }; });
  CLI::App* release = add_command(app, common, "release", "End an override before its time");
  release->add_option("id", arguments.id, "Its id: override-812")->required();
  release->callback([&] {
    chosen = [&common] {
      return change(common, "/capstan/v1/overrides/" + percent_encode(arguments.id) + "/end", Json::object(),
                    [](const Json& ended) { fmt::print("{} has ended\n", cell(ended["id"])); });
    };
  });
  CLI::App* overrides =
      add_command(app, common, "overrides", "What is kept otherwise than policies want, and until when");
  overrides->callback([&] { chosen = [&common] { return show(common, "/capstan/v1/overrides", print_overrides); }; });
}

}  // namespace capstan::cli
