// What all commands share: where Capstan keeps its data, and how a command reaches the one that runs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_client.h"
#include "base/json.h"
#include "base/result.h"

namespace CLI {
class App;
}

namespace capstan::cli {

inline constexpr std::string_view kVersion = "0.1.0";

struct CommonOptions {
  std::string data_directory;  // --data
  bool json = false;           // --json: the API's answer as it is.
};

// The default of --data: $CAPSTAN_DATA, else "data" in the working directory.
std::string default_data_directory();

// Files that this process makes from now on are readable by their owner only, whoever made the data directory: facts,
// evidence and the output of scripts are for those who may log in. For commands that open the data directory.
void keep_files_private();

// Talks to the running Capstan over its local socket.
class ApiClient {
 public:
  // kUnavailable, saying how to start one, when none runs on this data directory.
  static Result<ApiClient> connect(const std::string& data_directory);

  Result<Json> get(const std::string& path, Duration timeout = std::chrono::seconds(30));
  Result<Json> post(const std::string& path, const Json& body, Duration timeout = std::chrono::seconds(30));

 private:
  explicit ApiClient(std::string socket) : socket_(std::move(socket)) {}
  Result<Json> send(HttpRequest request);

  std::string socket_;
  std::unique_ptr<HttpClient> http_ = std::make_unique<CurlHttpClient>();
};

// What a person wrote into a file, "-" for the standard input; an error where there is nothing in it.
Result<std::string> read_document(const std::string& file);

// Rows of cells with a head, padded to the widest cell and cut to the terminal.
void print_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);

// On one line, with control characters escaped: names and log lines come from outside and must not drive the terminal
// on which a person reads what to approve.
std::string printable(std::string_view text);

// A JSON value as a cell: printable.
std::string cell(const Json& value);

// A time of the API in the terminal's short form: "18:00:04" today, else the date too.
std::string short_time(const Json& value);

// Prints an error and gives the exit code of a command that failed.
int failed(const Error& error, int code = 1);

// Prints an answer of the API with `print`, or as JSON where that is asked for; gives the exit code.
using Print = std::function<void(const Json&)>;
int shown(const CommonOptions& common, const Result<Json>& answer, const Print& print);
// Gets a path, or posts to it, and shows the answer.
int show(const CommonOptions& common, const std::string& path, const Print& print);
int change(const CommonOptions& common, const std::string& path, const Json& body, const Print& print);

// A command with the options that all of them have that talk to the running Capstan.
CLI::App* add_command(CLI::App& app, CommonOptions& common, const char* name, const char* help);

// Runs when a command was chosen; its result is the exit code.
using Action = std::function<int()>;

// Each adds one or more commands. `chosen` is set when one of them is parsed.
void add_run(CLI::App& app, CommonOptions& common, Action& chosen);
void add_token(CLI::App& app, CommonOptions& common, Action& chosen);
void add_looking(CLI::App& app, CommonOptions& common, Action& chosen);
void add_why(CLI::App& app, CommonOptions& common, Action& chosen);
void add_asking(CLI::App& app, CommonOptions& common, Action& chosen);
void add_acting(CLI::App& app, CommonOptions& common, Action& chosen);
void add_output(CLI::App& app, CommonOptions& common, Action& chosen);
void add_check(CLI::App& app, CommonOptions& common, Action& chosen);
void add_fleet(CLI::App& app, CommonOptions& common, Action& chosen);
void add_policies(CLI::App& app, CommonOptions& common, Action& chosen);
void add_freezes(CLI::App& app, CommonOptions& common, Action& chosen);
void add_scaling(CLI::App& app, CommonOptions& common, Action& chosen);
void add_services(CLI::App& app, CommonOptions& common, Action& chosen);
void add_backtest(CLI::App& app, CommonOptions& common, Action& chosen);
void add_savings(CLI::App& app, CommonOptions& common, Action& chosen);
void add_drift(CLI::App& app, CommonOptions& common, Action& chosen);
void add_diagnose(CLI::App& app, CommonOptions& common, Action& chosen);
void add_manual(CLI::App& app, CommonOptions& common, Action& chosen);
void add_manifests(CLI::App& app, CommonOptions& common, Action& chosen);
void add_policy_test(CLI::App& app, CommonOptions& common, Action& chosen);
void add_secret(CLI::App& app, CommonOptions& common, Action& chosen);
void add_slack(CLI::App& app, CommonOptions& common, Action& chosen);
void add_verify(CLI::App& app, CommonOptions& common, Action& chosen);
void add_aws(CLI::App& app, Action& chosen);

}  // namespace capstan::cli
