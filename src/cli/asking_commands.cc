// sql and query: questions in SQL over the catalog and in PromQL over the metrics.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/url.h"
#include "cli/command.h"

namespace capstan::cli {
namespace {

int ask_sql(const CommonOptions& common, const std::string& text) {
  auto client = ApiClient::connect(common.data_directory);
  if (!client) return failed(client.error());
  const auto answer = client->post("/capstan/v1/sql", Json::object({{"query", text}}));
  if (!answer) return failed(answer.error());
  if (common.json) {
    fmt::print("{}\n", answer->pretty());
    return 0;
  }
  std::vector<std::string> head;
  for (const Json& column : (*answer)["columns"].items()) head.push_back(cell(column));
  std::vector<std::vector<std::string>> rows;
  for (const Json& row : (*answer)["rows"].items()) {
    std::vector<std::string> cells;
    for (const Json& value : row.items()) cells.push_back(cell(value));
    rows.push_back(std::move(cells));
  }
  print_table(head, rows);
  if ((*answer)["truncated"].bool_or(false)) fmt::print("(cut at {} rows)\n", rows.size());
  return 0;
}

int ask_promql(const CommonOptions& common, const std::string& expression) {
  auto client = ApiClient::connect(common.data_directory);
  if (!client) return failed(client.error());
  const auto answer = client->get("/api/v1/query?query=" + percent_encode(expression));
  if (!answer) return failed(answer.error());
  const Json& data = (*answer)["data"];
  if (common.json || data["resultType"].string_or_empty() != "vector") {
    fmt::print("{}\n", common.json ? answer->pretty() : data["result"].pretty());
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (const Json& series : data["result"].items()) {
    const auto& value = series["value"].items();
    rows.push_back({value.size() == 2 ? cell(value[1]) : "", cell(series["metric"])});
  }
  print_table({"VALUE", "SERIES"}, rows);
  return 0;
}

}  // namespace

void add_asking(CLI::App& app, CommonOptions& common, Action& chosen) {
  static std::string sql_text, promql_text;
  const auto add = [&](const char* name, const char* help, const char* argument, std::string& text) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_option(argument, text, help)->required();
    command->add_option("--data", common.data_directory, "The data directory of the running Capstan");
    command->add_flag("--json", common.json, "Print the API's answer as it is");
    return command;
  };
  add("sql", "Ask the catalog in SQL, read only", "statement", sql_text)->callback([&] {
    chosen = [&common] { return ask_sql(common, sql_text); };
  });
  add("query", "Ask the metrics in PromQL", "expression", promql_text)->callback([&] {
    chosen = [&common] { return ask_promql(common, promql_text); };
  });
}

}  // namespace capstan::cli
