// services: who calls whom, how often, how well and how fast.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <map>

#include "base/url.h"
#include "cli/command.h"

namespace capstan::cli {
namespace {

struct ServicesArguments {
  std::string cluster;
  std::string space;
  std::string window = "5m";
  std::string output = "text";
};

// With the three digits that say something: "1234", "12.3", "0.00123".
std::string short_number(double value) {
  return value < 999.5 ? fmt::format("{:.3g}", value) : fmt::format("{:.0f}", value);
}

std::string rate(const Json& value) { return value.is_null() ? "-" : short_number(value.number_or(0)); }

std::string share(const Json& value) { return value.is_null() ? "-" : short_number(value.number_or(0) * 100) + "%"; }

std::string latency(const Json& value) {
  if (value.is_null()) return "-";
  const double seconds = value.number_or(0);
  return seconds < 1 ? short_number(seconds * 1000) + "ms" : short_number(seconds) + "s";
}

std::string bytes(const Json& value) {
  if (value.is_null()) return "-";
  double amount = value.number_or(0);
  for (const char* unit : {"B/s", "KiB/s", "MiB/s"}) {
    if (amount < 1024) return short_number(amount) + unit;
    amount /= 1024;
  }
  return short_number(amount) + "GiB/s";
}

// "shop/web", with the cluster before it where there are several; "?" behind what the catalog knows nothing of.
std::map<std::string, std::string> names_of(const Json& answer) {
  std::map<std::string, bool> clusters;
  for (const Json& service : answer["services"].items()) clusters[service["cluster"].string_or_empty()] = true;
  std::map<std::string, std::string> names;
  for (const Json& service : answer["services"].items()) {
    std::string name;
    if (clusters.size() > 1 && !service["cluster"].string_or_empty().empty()) name = cell(service["cluster"]) + "/";
    if (!service["namespace"].string_or_empty().empty()) name += cell(service["namespace"]) + "/";
    name += cell(service["name"]);
    if (!service["known"].bool_or(false)) name += " ?";
    names[service["id"].string_or_empty()] = std::move(name);
  }
  return names;
}

std::string joined(const Json& list) {
  std::string text;
  for (const Json& item : list.items()) text += (text.empty() ? "" : ",") + cell(item);
  return text;
}

void print_problems(const Json& answer) {
  for (const Json& source : answer["sources"].items()) {
    if (source["error"].string_or_empty().empty()) continue;
    fmt::print("{} could not be asked for all: {}\n", cell(source["name"]), cell(source["error"]));
  }
}

void print_graph(const Json& answer) {
  if (answer["calls"].items().empty()) {
    fmt::print("no calls are known: scrape what a mesh or a collector of traces counts, or watch a cluster\n");
    return print_problems(answer);
  }
  std::map<std::string, std::string> names = names_of(answer);
  std::vector<std::vector<std::string>> rows;
  Json::Array calls = answer["calls"].items();
  std::ranges::stable_sort(calls, std::greater(),
                           [](const Json& call) { return call["requests_per_second"].number_or(-1); });
  for (const Json& call : calls) {
    rows.push_back({names[call["from"].string_or_empty()], names[call["to"].string_or_empty()], cell(call["protocol"]),
                    rate(call["requests_per_second"]), share(call["error_ratio"]), latency(call["p50_seconds"]),
                    latency(call["p95_seconds"]), latency(call["p99_seconds"]), bytes(call["bytes_per_second"]),
                    joined(call["known_by"])});
  }
  print_table({"FROM", "TO", "PROTOCOL", "REQ/S", "ERRORS", "P50", "P95", "P99", "BYTES/S", "KNOWN BY"}, rows);
  fmt::print("{} calls of {} services, over {} s", rows.size(), names.size(), cell(answer["window_seconds"]));
  if (const int64_t left_out = answer["left_out"].int_or(0); left_out > 0) fmt::print("; {} calls left out", left_out);
  fmt::print("\n");
  print_problems(answer);
}

int run_services(const ServicesArguments& arguments, const CommonOptions& common) {
  auto client = ApiClient::connect(common.data_directory);
  if (!client) return failed(client.error());
  const auto answer = client->get(fmt::format("/capstan/v1/service_graph?cluster={}&namespace={}&window={}",
                                              percent_encode(arguments.cluster), percent_encode(arguments.space),
                                              percent_encode(arguments.window)));
  if (!answer) return failed(answer.error());
  if (arguments.output == "json") {
    fmt::print("{}\n", answer->pretty());
  } else {
    print_graph(*answer);
  }
  return 0;
}

}  // namespace

void add_services(CLI::App& app, CommonOptions& common, Action& chosen) {
  static ServicesArguments arguments;
  CLI::App* command = app.add_subcommand("services", "Who calls whom: requests, errors, latency, and how it is known");
  command->add_option("--cluster", arguments.cluster, "Only calls from or to this cluster");
  command->add_option("-n,--namespace", arguments.space, "Only calls from or to this namespace");
  command->add_option("--window", arguments.window, "Over how long it is counted")->capture_default_str();
  command->add_option("--data", common.data_directory, "The data directory of the running Capstan");
  command->add_option("-o,--output", arguments.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([&] { chosen = [&common] { return run_services(arguments, common); }; });
}

}  // namespace capstan::cli
