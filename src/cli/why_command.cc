// why: the chain of causes of something that was written down; and of a resource what policies decide over it and what
// was done to it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/url.h"
#include "cli/command.h"

namespace capstan::cli {
namespace {

void print_why(const Json& answer) {
  const std::string waits = cell(answer["waiting_for"]);
  const std::string frozen = cell(answer["frozen"]);
  if (!waits.empty() && waits != frozen) fmt::print("{}, waits for {}\n", cell(answer["state"]), waits);
  if (!frozen.empty()) fmt::print("{}\n", frozen);
  for (const Json& line : answer["lines"].items()) fmt::print("{}\n", cell(line["says"]));
}

void print_verdicts(const Json& answer) {
  for (const Json& verdict : answer["verdicts"].items()) {
    const std::string frozen = cell(verdict["frozen"]);
    fmt::print("{}{}: {}{}{}\n", cell(verdict["policy"]), verdict["paused"].bool_or(false) ? " (paused)" : "",
               verdict["acts"].bool_or(false) ? "will be acted on: " : "", cell(verdict["why"]),
               frozen.empty() ? "" : "; " + frozen);
  }
}

// Who beside policies has a word in it.
void print_managers(const Json& answer) {
  for (const Json& name : answer["scaled_by"].items()) fmt::print("scaled by {}\n", cell(name));
  for (const Json& name : answer["managed_by"].items())
    fmt::print("managed by {}, which puts back what its manifests say, replicas among it\n", cell(name));
}

// The question what was done to a resource, the newest first.
std::string done_to(std::string_view id) {
  std::string quoted;
  for (const char c : id) quoted += c == '\'' ? "''" : std::string(1, c);
  return fmt::format(
      "SELECT coalesce(a.finished, a.intended), a.verb, a.state, a.says, json_extract(a.body, '$.reason'), a.plan, "
      "p.origin FROM action a JOIN plan p ON p.id = a.plan WHERE a.target = '{}' "
      "AND a.state NOT IN ('proposed', 'approved', 'skipped') ORDER BY a.seq DESC LIMIT 5",
      quoted);
}

void print_done(const Json& answer) {
  for (const Json& row : answer["done"].items()) {
    const auto& cells = row.items();
    if (cells.size() != 7) continue;
    fmt::print("{} {} {}: {}; because {} ({} of {})\n", short_time(cells[0]), cell(cells[1]), cell(cells[2]),
               cell(cells[3]), cell(cells[4]), cell(cells[5]), cell(cells[6]));
  }
}

bool names_what_is_written(const std::string& id) {
  return id.starts_with("plan-") || id.starts_with("inc-") || id.starts_with("override-");
}

// What policies decided over it, where it is a resource, and the chain of causes that made it what it is.
int why_of(const CommonOptions& common, const std::string& id, const std::string& policy) {
  auto client = ApiClient::connect(common.data_directory);
  if (!client) return failed(client.error());
  auto verdicts = client->get(
      fmt::format("/capstan/v1/verdicts?resource={}&policy={}", percent_encode(id), percent_encode(policy)));
  if (!policy.empty()) return shown(common, verdicts, print_verdicts);
  const std::string subject = verdicts ? (*verdicts)["resource"].string_or_empty() : id;
  Result<Json> chain = client->get("/capstan/v1/why?id=" + percent_encode(subject));
  if (!chain) {
    // Whoever asks about a plan is told of plans, not of resources.
    const bool is_of_resource = !verdicts && chain.error().code == ErrorCode::kNotFound && !names_what_is_written(id);
    return failed(is_of_resource ? verdicts.error() : chain.error());
  }
  if (verdicts) {
    for (const char* part : {"verdicts", "scaled_by", "managed_by"}) chain->set(part, (*verdicts)[part]);
    if (const auto done = client->post("/capstan/v1/sql", Json::object({{"query", done_to(subject)}})))
      chain->set("done", (*done)["rows"]);
  }
  if (id.starts_with("plan-")) {
    // What has not ended is asked about most: why has it not.
    if (auto plan = client->get("/capstan/v1/plans/" + percent_encode(id))) {
      chain->set("state", (*plan)["state"]);
      chain->set("waiting_for", (*plan)["waiting_for"]);
      chain->set("frozen", (*plan)["frozen"]);
    }
  }
  return shown(common, chain, [](const Json& answer) {
    print_verdicts(answer);
    print_managers(answer);
    print_done(answer);
    print_why(answer);
  });
}

}  // namespace

void add_why(CLI::App& app, CommonOptions& common, Action& chosen) {
  static std::string id, policy;
  CLI::App* why = add_command(app, common, "why",
                              "The chain of causes of an incident, plan, action, finding, resource or fact; and what "
                              "policies decide over a resource, and what was done to it");
  why->add_option("id", id, "Its id, a resource's name, or a fact's number")->required();
  why->add_option("--policy", policy, "Only why this policy does, or does not, touch the resource");
  why->callback([&] { chosen = [&common] { return why_of(common, id, policy); }; });
}

}  // namespace capstan::cli
