// token: API tokens for Grafana and scripts.
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/random.h"
#include "base/url.h"
#include "cli/command.h"
#include "ledger/data_directory.h"
#include "ledger/ledger.h"
#include "serve/user_store.h"

namespace capstan::cli {
namespace {

Result<std::string> create_token_offline(const std::string& data, const std::string& name, const std::string& role) {
  keep_files_private();
  const ledger::DataDirectory directory = TRY(ledger::DataDirectory::lock(data));
  const SystemClock clock;
  SystemRandom random;
  const auto ledger = TRY(ledger::Ledger::open(directory.file("ledger.db"), {}, clock, random));
  const auto store = TRY(serve::UserStore::open(directory.path(), clock, random));
  const passwd* user = ::getpwuid(::geteuid());
  const std::string actor = "local:" + (user ? std::string(user->pw_name) : std::to_string(::geteuid()));
  std::string token = TRY(store->create_token(name, TRY(serve::parse_role(role)), actor));
  const auto recorded = ledger->append_one({.at = clock.now(),
                                            .kind = std::string(fact_kind::kTokenCreated),
                                            .subject = "token:" + name,
                                            .body = Json::object({{"name", name}, {"role", role}}),
                                            .actor = actor});
  if (recorded) return token;
  // Nobody has seen the token yet, so it need not stay.
  TRY(store->delete_token(name));
  return fail(recorded.error());
}

// While Capstan runs it makes the token itself; only when none runs is the directory opened.
Result<std::string> create_token(const std::string& data, const std::string& name, const std::string& role) {
  if (TRY(ledger::DataDirectory::holder(data))) {
    ApiClient client = TRY(ApiClient::connect(data));
    const Json answer = TRY(client.post("/capstan/v1/tokens", Json::object({{"name", name}, {"role", role}})));
    return answer["token"].string_or_empty();
  }
  return create_token_offline(data, name, role);
}

int print_token(const std::string& data, const std::string& name, const std::string& role) {
  const auto token = create_token(data, name, role);
  if (!token) return failed(token.error());
  fmt::print("{}\n", *token);
  return 0;
}

}  // namespace

void add_token(CLI::App& app, CommonOptions& common, Action& chosen) {
  static std::string name, role = "viewer";
  CLI::App* token = app.add_subcommand("token", "API tokens, for Grafana and scripts");
  token->require_subcommand(1);
  CLI::App* create = token->add_subcommand("create", "Make a token and print it; it is shown this once");
  create->add_option("--role", role, "viewer, operator or admin")
      ->check(CLI::IsMember({"viewer", "operator", "admin"}));
  create->add_option("--name", name, "What it is for");
  create->add_option("--data", common.data_directory, "The data directory");
  create->callback([&] {
    chosen = [&common] {
      if (name.empty()) {
        SystemRandom random;
        name = fmt::format("{}-{:06x}", role, random.below(1 << 24));
      }
      return print_token(common.data_directory, name, role);
    };
  });
}

}  // namespace capstan::cli
