// status, incidents, plans, policies, facts, resources: what the page shows, on the terminal.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "base/suggest.h"
#include "base/url.h"
#include "cli/command.h"
#include "cli/plan_text.h"

namespace capstan::cli {
namespace {

void print_status(const Json& overview) {
  const Json& counts = overview["counts"];
  fmt::print("host       {}\nversion    {}, since {}\nfacts      {}\n", cell(overview["host"]["name"]),
             cell(overview["version"]), short_time(overview["started"]), cell(overview["last_seq"]));
  fmt::print("incidents  {} open\nplans      {} wait for approval, {} actions unknown\n",
             cell(counts["incidents_open"]), cell(counts["plans_waiting"]), cell(counts["actions_unknown"]));
  if (const Json& leads = overview["leads"]; !leads.is_null())
    fmt::print("leads      as {}, epoch {}\n", cell(leads["node"]), cell(leads["epoch"]));
  if (!overview["paused"].is_null()) {
    fmt::print("paused     by {}: {}\n", cell(overview["paused"]["by"]), cell(overview["paused"]["reason"]));
  }
  for (const Json& source : overview["sources"].items()) {
    if (source["state"].string_or_empty() != "ok")
      fmt::print("failing    {}: {}\n", cell(source["name"]), cell(source["error"]));
  }
  for (const Json& problem : overview["problems"].items()) {
    fmt::print("problem    {}:{}: {}\n", cell(problem["file"]), cell(problem["line"]), cell(problem["message"]));
  }
}

void print_incidents(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& incident : answer["incidents"].items()) {
    const auto& causes = incident["causes"].items();
    rows.push_back({cell(incident["id"]), cell(incident["state"]), cell(incident["severity"]),
                    short_time(incident["opened"]), cell(incident["title"]),
                    causes.empty() ? "" : cell(causes.front()["says"])});
  }
  print_table({"ID", "STATE", "SEVERITY", "OPENED", "WHAT", "LIKELY CAUSE"}, rows);
}

// "about 41.10 USD so far, 13.70 USD a day"; "" where no price is known.
std::string cost_text(const Json& cost) {
  if (cost.is_null()) return "";
  const std::string& currency = cost["currency"].string_or_empty();
  const double a_day = cost["per_hour"].number_or(0) * 24;
  return fmt::format("about {:.2f} {} so far{}", cost["so_far"].number_or(0), currency,
                     a_day > 0 ? fmt::format(", {:.2f} {} a day", a_day, currency) : "");
}

void print_findings(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& finding : answer["findings"].items()) {
    rows.push_back({cell(finding["severity"]), short_time(finding["opened"]), cell(finding["rule"]),
                    cell(finding["resource"]), cell(finding["says"]), cost_text(finding["cost"])});
  }
  print_table({"SEVERITY", "SINCE", "RULE", "ON", "WHAT", "ITS COST SINCE"}, rows);
}

void print_incident(const Json& answer) {
  const Json& incident = answer["incident"];
  fmt::print("{} [{}] {} since {}\n{}\n", cell(incident["id"]), cell(incident["severity"]), cell(incident["state"]),
             short_time(incident["opened"]), cell(incident["title"]));
  if (const std::string cost = cost_text(answer["cost"]); !cost.empty())
    fmt::print("what it is about costs {}\n", cost);
  for (const Json& cause : incident["causes"].items()) {
    fmt::print("  {:3.0f} %  {}\n", cause["score"].number_or(0) * 100, cell(cause["says"]));
    for (const Json& evidence : cause["evidence"].items()) {
      for (const Json& line : evidence["lines"].items()) fmt::print("         {}\n", cell(line));
    }
  }
  for (const Json& plan : answer["plans"].items()) print_plan(plan);
}

void print_policies(const Json& answer) {
  for (const Json& policy : answer["policies"].items()) {
    fmt::print("{}{}  {}{}\n", cell(policy["name"]), policy["paused"].bool_or(false) ? " (paused)" : "",
               cell(policy["summary"]),
               policy["error"].string_or_empty().empty() ? "" : "  ERROR " + cell(policy["error"]));
    for (const Json& resource : policy["resources"].items()) {
      fmt::print("    {} {}: {}\n", resource["matched"].bool_or(false) ? "*" : "-", cell(resource["name"]),
                 cell(resource["why"]));
    }
  }
}

void print_facts(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& fact : answer["facts"].items()) {
    rows.push_back({cell(fact["seq"]), short_time(fact["at"]), cell(fact["kind"]), cell(fact["subject"]),
                    cell(fact["actor"]), cell(fact["cause"]),
                    fact["redacted"].bool_or(false) ? "(redacted)" : cell(fact["body"])});
  }
  print_table({"SEQ", "AT", "KIND", "SUBJECT", "ACTOR", "CAUSE", "BODY"}, rows);
}

void print_resources(const Json& answer) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& resource : answer["resources"].items()) {
    rows.push_back({cell(resource["kind"]), cell(resource["name"]), cell(resource["id"]), cell(resource["fields"])});
  }
  print_table({"KIND", "NAME", "ID", "FIELDS"}, rows);
}

int show_resources(const CommonOptions& common, const std::string& kind, const std::string& search) {
  auto client = ApiClient::connect(common.data_directory);
  if (!client) return failed(client.error());
  const auto answer = client->get(
      fmt::format("/capstan/v1/resources?limit=1000&kind={}&search={}", percent_encode(kind), percent_encode(search)));
  if (answer && !kind.empty()) {
    // One that there is not would look like one of which there is nothing.
    std::vector<std::string> names;
    for (const Json& each : (*answer)["kinds"].items()) names.push_back(each["name"].string_or_empty());
    const std::vector<std::string_view> kinds(names.begin(), names.end());
    if (std::ranges::find(kinds, kind) == kinds.end())
      return failed(
          {ErrorCode::kNotFound, fmt::format("there is no kind '{}'{}", kind, did_you_mean(kind, kinds)), {}});
  }
  return shown(common, answer, print_resources);
}

void print_config(const Json& answer) {
  for (const Json& file : answer["files"].items()) {
    const Json& error = file["error"];
    fmt::print("{}  {}{}\n", cell(file["state"]), cell(file["path"]),
               error.is_null()
                   ? ""
                   : fmt::format(":{}:{}: {}", cell(error["line"]), cell(error["column"]), cell(error["message"])));
  }
}

}  // namespace

void add_looking(CLI::App& app, CommonOptions& common, Action& chosen) {
  const auto add = [&](const char* name, const char* help) { return add_command(app, common, name, help); };
  const auto simple = [&](const char* name, const char* help, const char* path, void (*print)(const Json&)) {
    add(name, help)->callback([&common, &chosen, path, print] {
      chosen = [&common, path, print] { return show(common, path, print); };
    });
  };
  simple("status", "What Capstan sees and how it is doing", "/capstan/v1/overview", print_status);
  simple("policies", "What each policy would do now, and why", "/capstan/v1/policies", print_policies);
  simple("config", "The configuration files and what is wrong with them", "/capstan/v1/config", print_config);

  // Each keeps its own argument; the app outlives the parsing.
  static std::string incident_state = "open", finding_state = "open", incident_id, plan_state = "all", fact_subject,
                     fact_kind, kind, search;
  static int fact_limit = 50;
  CLI::App* incidents = add("incidents", "The incidents, or one of them");
  incidents->add_option("id", incident_id, "An incident: inc-12");
  incidents->add_option("--state", incident_state, "open, closed or all")
      ->check(CLI::IsMember({"open", "closed", "all"}));
  incidents->callback([&] {
    chosen = [&common] {
      if (!incident_id.empty())
        return show(common, "/capstan/v1/incidents/" + percent_encode(incident_id), print_incident);
      return show(common, "/capstan/v1/incidents?limit=100&state=" + incident_state, print_incidents);
    };
  });
  CLI::App* findings = add("findings", "What was found, and what the resources have cost since");
  findings->add_option("--state", finding_state, "open, closed or all")
      ->check(CLI::IsMember({"open", "closed", "all"}));
  findings->callback([&] {
    chosen = [&common] {
      return show(common, "/capstan/v1/findings?limit=1000&state=" + finding_state, print_findings);
    };
  });
  CLI::App* plans = add("plans", "The plans: waiting for a person, running, finished");
  plans->add_option("--state", plan_state, "waiting, running, finished or all")
      ->check(CLI::IsMember({"waiting", "running", "finished", "all"}));
  plans->callback([&] {
    chosen = [&common] {
      return show(common, "/capstan/v1/plans?state=" + plan_state,
                  [](const Json& answer) { print_plan_list(answer["plans"]); });
    };
  });
  CLI::App* facts = add("facts", "The ledger, newest first");
  facts->add_option("--subject", fact_subject, "Only about this");
  facts->add_option("--kind", fact_kind, "Only of this kind, or of all that begin with it and a dot: action.");
  facts->add_option("--limit", fact_limit, "At most so many")->check(CLI::Range(1, 1'000));
  facts->callback([&] {
    chosen = [&common] {
      return show(common,
                  fmt::format("/capstan/v1/facts?limit={}&subject={}&kind={}", fact_limit, percent_encode(fact_subject),
                              percent_encode(fact_kind)),
                  print_facts);
    };
  });
  CLI::App* resources = add("resources", "What is known to exist");
  resources->add_option("--kind", kind, "Only this kind");
  resources->add_option("--search", search, "Only with this in id, name or labels");
  resources->callback([&] { chosen = [&common] { return show_resources(common, kind, search); }; });
}

}  // namespace capstan::cli
