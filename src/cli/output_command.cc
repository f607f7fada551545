// output: what an action prints, as it comes.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <thread>

#include "base/url.h"
#include "cli/command.h"

namespace capstan::cli {
namespace {

constexpr Duration kLookAgain{500};

// Line by line, as it may hold what drives a terminal.
void print_text(const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    fmt::print("{}{}", printable(std::string_view(text).substr(at, end - at)), end < text.size() ? "\n" : "");
    at = end + 1;
  }
  std::fflush(stdout);
}

void print_progress(const Json& progress) {
  if (!::isatty(STDERR_FILENO) || progress["done"].is_null()) return;
  fmt::print(stderr, "[{} of {}]\n", cell(progress["done"]), cell(progress["of"]));
}

int output(const CommonOptions& common, const std::string& id, bool follow) {
  auto client = ApiClient::connect(common.data_directory);
  if (!client) return failed(client.error());
  int64_t next = 0;
  while (true) {
    const auto answer = client->get(fmt::format("/capstan/v1/actions/{}/output?after={}", percent_encode(id), next));
    if (!answer) return failed(answer.error());
    if (common.json) {
      fmt::print("{}\n", answer->pretty());
      return 0;
    }
    const int64_t from = (*answer)["from"].int_or(next);
    if (from > next) fmt::print("… {} bytes are left out here …\n", from - next);
    print_text((*answer)["text"].string_or_empty());
    next = (*answer)["next"].int_or(next);
    if (next < (*answer)["size"].int_or(next)) continue;
    const bool running = (*answer)["running"].bool_or(false);
    if (!follow || !running) {
      if (!running) fmt::print(stderr, "{}: {}\n", cell((*answer)["state"]), cell((*answer)["says"]));
      return 0;
    }
    print_progress((*answer)["progress"]);
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace

void add_output(CLI::App& app, CommonOptions& common, Action& chosen) {
  static std::string id;
  static bool follow = false;
  CLI::App* command = app.add_subcommand("output", "Show what an action prints");
  command->add_option("--data", common.data_directory, "The data directory of the running Capstan");
  command->add_flag("--json", common.json, "Print the API's answer as it is");
  command->add_option("action", id, "The action's id")->required();
  command->add_flag("-f,--follow", follow, "Go on until it has ended");
  command->callback([&] { chosen = [&common] { return output(common, id, follow); }; });
}

}  // namespace capstan::cli
